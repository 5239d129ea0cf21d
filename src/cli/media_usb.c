/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter media usb: a revision as the raw image of a USB stick, or written to one. */
#include "cli/commands.h"
#include "cli/medium_source.h"
#include "cli/progress.h"
#include "cli/size_word.h"
#include "image/device_write.h"
#include "image/export.h"
#include "image/usb.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct wish {
	const char *image, *client, *label, *output;
	enum partition_scheme scheme;
	uint64_t size_bytes;
	bool replace, force;
};

static int write_out(const struct cli *cli, const struct wish *wish, const struct view *view,
	enum export_method *ret_method, struct error *err)
{
	struct progress_phases phases;
	const struct progress_sink *progress = progress_phases_begin(&phases, cli);
	int rc =
		is_block_device(wish->output)
			? device_write(view, wish->output, wish->force, progress, err)
			: view_export(view, wish->output, wish->replace, progress, ret_method, err);
	progress_phases_end(&phases);
	return rc;
}

/* bootmgr is read by a boot sector of Microsoft's that no medium has as a file. */
static void print_advice(const struct wish *wish)
{
	(void)puts(
		"  not with BIOS: that takes Microsoft's boot sectors, which are not Pewter's to "
		"write;\n"
		"  a CD (pewter media iso) or the network starts BIOS machines");
	if (!is_block_device(wish->output))
		(void)printf("  onto a stick: dd if=%s of=/dev/sdX bs=4M oflag=direct conv=fsync\n",
			wish->output);
}

static int run(struct cli *cli, const struct wish *wish)
{
	CLEANUP(medium_source_clear) struct medium_source source = {.store = NULL};
	CLEANUP(view_unrefp) struct view *view = NULL;
	struct error err = ERROR_NULL;
	enum export_method method = EXPORT_COPY;
	char label[USB_LABEL_BYTES];
	if (medium_source_open(cli, wish->image, wish->client, wish->label, &source, &err) < 0)
		return cli_fail(cli, &err);
	const struct usb_request request = {
		.medium = &source.medium,
		.scheme = wish->scheme,
		.size_bytes = wish->size_bytes,
		.now_ms = source.now_ms,
	};
	if (usb_build(&request, &view, &err) < 0 || write_out(cli, wish, view, &method, &err) < 0)
		return cli_fail(cli, &err);
	usb_label(&source.medium, label);
	const struct medium_made made = {
		.path = wish->output,
		.kind = "usb",
		.size = view_size(view),
		.label = label,
		.method = export_method_name(method),
		.boots_uefi = true,
		.attention = "",
	};
	int code = medium_made_tell(cli, &source, &made);
	if (!cli->json)
		print_advice(wish);
	return code;
}

int cmd_media_usb(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"client", required_argument, NULL, 'c'},
		{"force", no_argument, NULL, 'f'},
		{"gpt", no_argument, NULL, 'g'},
		{"label", required_argument, NULL, 'l'},
		{"mbr", no_argument, NULL, 'm'},
		{"output", required_argument, NULL, 'o'},
		{"replace", no_argument, NULL, 'r'},
		{"size", required_argument, NULL, 's'},
		{NULL, 0, NULL, 0},
	};
	struct wish wish = {.scheme = PARTITION_MBR};
	int c;

	while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		switch (c) {
		case 'c': wish.client = optarg; break;
		case 'f': wish.force = true; break;
		case 'g': wish.scheme = PARTITION_GPT; break;
		case 'l': wish.label = optarg; break;
		case 'm': wish.scheme = PARTITION_MBR; break;
		case 'o': wish.output = optarg; break;
		case 'r': wish.replace = true; break;
		case 's':
			if (!size_word_read(optarg, &wish.size_bytes) || wish.size_bytes == 0)
				return cli_usage(cli,
					"--size %s: bytes, or a number with k, M, G, T (powers of "
					"1024), or kB, MB, GB, TB (powers of 1000)",
					optarg);
			break;
		default: return cli_usage(cli, "these are its options:");
		}
	}
	if (optind + 1 != argc)
		return cli_usage(cli, "name one image, or one of its revisions: win11@3");
	if (wish.output == NULL)
		return cli_usage(cli, "say where it goes: -o stick.img");
	if (wish.label != NULL && strlen(wish.label) >= USB_LABEL_BYTES)
		return cli_usage(cli, "--label %s: a FAT volume's has at most %d characters",
			wish.label, USB_LABEL_BYTES - 1);
	wish.image = argv[optind];
	return run(cli, &wish);
}
