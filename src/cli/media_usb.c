/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter media usb: a revision as the raw image of a USB stick, or written to one. */
#include "cli/commands.h"
#include "cli/medium_source.h"
#include "cli/medium_write.h"
#include "cli/size_word.h"
#include "image/usb.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct wish {
	const char *image, *client, *label;
	enum partition_scheme scheme;
	uint64_t size_bytes;
	struct medium_output output;
};

/* bootmgr is read by a boot sector of Microsoft's that no medium has as a file. */
static void print_advice(const struct medium_output *output)
{
	(void)puts(
		"  not with BIOS: that takes Microsoft's boot sectors, which are not Pewter's to "
		"write;\n"
		"  a CD (pewter media iso) or the network starts BIOS machines");
	medium_advise(output);
}

static int run(struct cli *cli, struct wish *wish)
{
	CLEANUP(medium_source_clear) struct medium_source source = {.store = NULL};
	CLEANUP(view_unrefp) struct view *view = NULL;
	struct error err = ERROR_NULL;
	char label[USB_LABEL_BYTES];
	if (medium_source_open(cli, wish->image, wish->client, wish->label, &source, &err) < 0)
		return cli_fail(cli, &err);
	const struct usb_request request = {
		.medium = &source.medium,
		.scheme = wish->scheme,
		.size_bytes = wish->size_bytes,
		.now_ms = source.now_ms,
	};
	if (usb_build(&request, &view, &err) < 0 ||
		medium_write(cli, view, &wish->output, &err) < 0)
		return cli_fail(cli, &err);
	usb_label(&source.medium, label);
	const struct medium_made made = {
		.path = wish->output.path,
		.kind = "usb",
		.size = view_size(view),
		.label = label,
		.method = export_method_name(wish->output.method),
		.boots_uefi = true,
		.attention = "",
	};
	int code = medium_made_tell(cli, &source, &made);
	if (!cli->json)
		print_advice(&wish->output);
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
		case 'f': wish.output.force = true; break;
		case 'g': wish.scheme = PARTITION_GPT; break;
		case 'l': wish.label = optarg; break;
		case 'm': wish.scheme = PARTITION_MBR; break;
		case 'o': wish.output.path = optarg; break;
		case 'r': wish.output.replace = true; break;
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
	if (wish.output.path == NULL)
		return cli_usage(cli, "say where it goes: -o stick.img");
	if (wish.label != NULL && strlen(wish.label) >= USB_LABEL_BYTES)
		return cli_usage(cli, "--label %s: a FAT volume's has at most %d characters",
			wish.label, USB_LABEL_BYTES - 1);
	wish.image = argv[optind];
	return run(cli, &wish);
}
