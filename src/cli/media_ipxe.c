/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter media ipxe: a PXE ROM on a stick or a CD, for machines that have none. */
#include "cli/commands.h"
#include "cli/medium_write.h"
#include "cli/table.h"
#include "cli/words.h"
#include "image/ipxe_medium.h"
#include "server/config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <time.h>

static json_t *medium_json(const struct ipxe_medium *medium, const struct medium_output *output)
{
	json_t *boots = json_array(), *warnings = json_array();
	if (medium->boots_uefi)
		(void)json_array_append_new(boots, json_string("uefi"));
	if (medium->boots_bios)
		(void)json_array_append_new(boots, json_string("bios"));
	if (medium->attention[0] != 0)
		(void)json_array_append_new(
			warnings, json_pack("{s:s}", "text", medium->attention));
	json_t *object =
		json_pack("{s:o, s:s, s:I, s:o, s:s, s:s}", "path", json_text(output->path), "kind",
			"ipxe", "size", (json_int_t)view_size(medium->view), "boots", boots,
			"label", "PEWTER_IPXE", "method", export_method_name(output->method));
	return json_pack("{s:o, s:o}", "medium", object, "warnings", warnings);
}

static void print_words(const struct ipxe_medium *medium, const struct medium_output *output)
{
	char size[SIZE_TEXT_BYTES];
	size_format(view_size(medium->view), size);
	(void)printf("%s: iPXE, %s, starts with %s%s%s, as stick, disk or CD\n", output->path, size,
		medium->boots_uefi ? "UEFI" : "",
		medium->boots_uefi && medium->boots_bios ? " and " : "",
		medium->boots_bios ? "BIOS" : "");
	medium_advise(output);
}

static int run(struct cli *cli, struct ipxe_medium_request *request, struct medium_output *output)
{
	CLEANUP(ipxe_medium_clear) struct ipxe_medium medium = {.view = NULL};
	CLEANUP(memory_freep) struct config *config = malloc(sizeof(*config));
	struct error err = ERROR_NULL;
	if (config == NULL)
		return cli_fail_errno(cli, -ENOMEM);
	if (config_load(cli->config, config, &err) < 0)
		return cli_fail(cli, &err);
	request->lkrn_path = config->ipxe_lkrn;
	request->efi_path = config->ipxe_efi;
	request->now_ms = (int64_t)time(NULL) * 1000;
	if (ipxe_medium_build(request, &medium, &err) < 0 ||
		medium_write(cli, medium.view, output, &err) < 0)
		return cli_fail(cli, &err);
	int code = EXIT_DONE;
	if (cli->json)
		code = cli_print_json(cli, medium_json(&medium, output));
	else
		print_words(&medium, output);
	if (medium.attention[0] == 0)
		return code;
	(void)fprintf(stderr, "pewter %s: %s\n", cli->command, medium.attention);
	return code == EXIT_DONE ? EXIT_ATTENTION : code;
}

int cmd_media_ipxe(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"force", no_argument, NULL, 'f'},
		{"output", required_argument, NULL, 'o'},
		{"replace", no_argument, NULL, 'r'},
		{"script", required_argument, NULL, 's'},
		{NULL, 0, NULL, 0},
	};
	struct ipxe_medium_request request = {.script_path = NULL};
	struct medium_output output = {.path = NULL};
	int c;

	while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		switch (c) {
		case 'f': output.force = true; break;
		case 'o': output.path = optarg; break;
		case 'r': output.replace = true; break;
		case 's': request.script_path = optarg; break;
		default: return cli_usage(cli, "these are its options:");
		}
	}
	if (optind != argc)
		return cli_usage(cli, "takes no image: what is booted, the server says");
	if (output.path == NULL)
		return cli_usage(cli, "say where it goes: -o ipxe.img");
	return run(cli, &request, &output);
}
