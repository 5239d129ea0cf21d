/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter media iso: a revision as the image of a CD that UEFI and BIOS start. */
#include "cli/commands.h"
#include "cli/medium_source.h"
#include "cli/progress.h"
#include "image/export.h"
#include "image/iso.h"

#include <getopt.h>

struct arguments {
	const char *path, *client, *label;
	bool replace;
};

static int write_iso(struct cli *cli, const struct medium_source *source,
	const struct arguments *arguments, uint64_t *ret_size, enum export_method *ret_method,
	struct error *err)
{
	const struct iso_request request = {.medium = &source->medium, .now_ms = source->now_ms};
	CLEANUP(view_unrefp) struct view *view = NULL;
	struct progress_phases phases;
	int rc = iso_build(&request, &view, err);
	if (rc < 0)
		return rc;
	const struct progress_sink *sink = progress_phases_begin(&phases, cli);
	rc = view_export(view, arguments->path, arguments->replace, sink, ret_method, err);
	progress_phases_end(&phases);
	*ret_size = view_size(view);
	return rc;
}

static int run(struct cli *cli, const char *word, const struct arguments *arguments)
{
	CLEANUP(medium_source_clear) struct medium_source source = {.store = NULL};
	struct error err = ERROR_NULL;
	enum export_method method = EXPORT_COPY;
	uint64_t size = 0;
	if (medium_source_open(cli, word, arguments->client, arguments->label, &source, &err) < 0 ||
		write_iso(cli, &source, arguments, &size, &method, &err) < 0)
		return cli_fail(cli, &err);
	char doubts[2 * sizeof(source.medium.missing)];
	iso_doubts(&source.medium, doubts, sizeof(doubts));
	const struct medium_made made = {
		.path = arguments->path,
		.kind = "iso",
		.size = size,
		.label = source.medium.label,
		.method = export_method_name(method),
		.boots_uefi = source.medium.boots_uefi,
		.boots_bios = source.medium.boots_bios,
		.attention = doubts,
	};
	return medium_made_tell(cli, &source, &made);
}

int cmd_media_iso(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"output", required_argument, NULL, 'o'},
		{"client", required_argument, NULL, 'c'},
		{"label", required_argument, NULL, 'l'},
		{"replace", no_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	struct arguments arguments = {.path = NULL};
	int c;

	while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		switch (c) {
		case 'o': arguments.path = optarg; break;
		case 'c': arguments.client = optarg; break;
		case 'l': arguments.label = optarg; break;
		case 'r': arguments.replace = true; break;
		default: return cli_usage(cli, "these are its options:");
		}
	}
	if (optind + 1 != argc)
		return cli_usage(cli, "name one image, or one of its revisions: win11@3");
	if (arguments.path == NULL)
		return cli_usage(cli, "say where it goes: -o win11.iso");
	return run(cli, argv[optind], &arguments);
}
