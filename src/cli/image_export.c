/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter image export: a revision as a WIM that needs nothing else. */
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/revision_word.h"
#include "cli/table.h"
#include "image/export.h"
#include "image/revision_view.h"

#include <getopt.h>
#include <stdio.h>

static int tell(const struct cli *cli, const struct revision_record *revision, const char *path,
	enum export_method method)
{
	char size[SIZE_TEXT_BYTES];
	if (cli->json)
		return cli_print_json(cli,
			json_pack("{s:{s:s, s:s, s:I, s:I, s:s}}", "export", "path", path, "image",
				revision->image, "revision", (json_int_t)revision->revision, "size",
				(json_int_t)revision->size, "method", export_method_name(method)));
	size_format(revision->size, size);
	(void)printf("%s: %s@%u, %s%s\n", path, revision->image, revision->revision, size,
		method == EXPORT_REFLINK ? ", shared with the state" : "");
	return EXIT_DONE;
}

static int run(struct cli *cli, const struct revision_word *word, const char *path, bool replace)
{
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(revision_record_clear) struct revision_record revision = {.blobs = NULL};
	CLEANUP(view_unrefp) struct view *view = NULL;
	struct error err = ERROR_NULL;
	struct progress_phases phases;
	enum export_method method = EXPORT_COPY;

	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		store_revision_get(store, word->image, word->revision, &revision, &err) < 0 ||
		revision_view_open(store, &revision, &view, &err) < 0)
		return cli_fail(cli, &err);
	const struct progress_sink *progress = progress_phases_begin(&phases, cli);
	int rc = view_export(view, path, replace, progress, &method, &err);
	progress_phases_end(&phases);
	return rc < 0 ? cli_fail(cli, &err) : tell(cli, &revision, path, method);
}

int cmd_image_export(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"output", required_argument, NULL, 'o'},
		{"replace", no_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	struct revision_word word;
	struct error err = ERROR_NULL;
	const char *path = NULL;
	bool replace = false;
	int c;

	while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		switch (c) {
		case 'o': path = optarg; break;
		case 'r': replace = true; break;
		default: return cli_usage(cli, "these are its options:");
		}
	}
	if (optind + 1 != argc)
		return cli_usage(cli, "name one image, or one of its revisions: win11@3");
	if (path == NULL)
		return cli_usage(cli, "say where it goes: -o win11.wim");
	if (!revision_word_parse(argv[optind], &word, &err))
		return cli_fail(cli, &err);
	return run(cli, &word, path, replace);
}
