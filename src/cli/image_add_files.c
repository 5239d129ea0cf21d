/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter image add-files: the next revision of an image, with files and folders of this system. */
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/revision_word.h"
#include "cli/revision_words.h"
#include "cli/words.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* "SRC:DEST" at its last colon, which no path inside an image has. */
static bool split(char *word, struct part_source *ret_source)
{
	char *colon = strrchr(word, ':');
	if (colon == NULL || colon == word)
		return false;
	*colon = 0;
	*ret_source = (struct part_source){.path = word, .target = colon + 1};
	return true;
}

static void join(char **words, int n, char *text, size_t size)
{
	size_t at = 0;
	text[0] = 0;
	for (int i = 0; i < n && at < size; i++) {
		int more = snprintf(text + at, size - at, "%s%s", at > 0 ? ", " : "", words[i]);
		at += more > 0 ? (size_t)more : 0;
	}
}

static int run(struct cli *cli, const char *image, const struct part_source *sources, size_t n,
	const char *source)
{
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(revise_result_clear) struct revise_result result = {.packages = NULL};
	struct error err = ERROR_NULL;
	struct progress_phases phases;
	if (store_open(cli->state, STORE_READ, &store, &err) < 0)
		return cli_fail(cli, &err);
	const struct revise_request request = {
		.store = store,
		.image = image,
		.now_ms = cli_now_ms(),
		.progress = progress_phases_begin(&phases, cli),
	};
	int rc = image_add_files(&request, sources, n, source, &result, &err);
	progress_phases_end(&phases);
	return rc < 0 ? cli_fail(cli, &err) : revise_tell(cli, &result);
}

int cmd_image_add_files(struct cli *cli, int argc, char **argv)
{
	char source[REVISION_SOURCE_BYTES];
	struct error err = ERROR_NULL;
	if (getopt(argc, argv, "") != -1 || argc - optind < 2)
		return cli_usage(cli, "name an image, and what goes where: tools:\\\\tools");
	if (!revision_word_is_image(argv[optind], &err))
		return cli_usage(cli, "%s", err.text);
	size_t n = (size_t)(argc - optind - 1);
	CLEANUP(memory_freep) struct part_source *sources = calloc(n, sizeof(*sources));
	if (sources == NULL) {
		(void)error_set(&err, -ENOMEM, "out of memory");
		return cli_fail(cli, &err);
	}
	join(argv + optind + 1, (int)n, source, sizeof(source));
	for (size_t i = 0; i < n; i++)
		if (!split(argv[optind + 1 + (int)i], &sources[i]))
			return cli_usage(cli,
				"%s: say where in the image it goes: FILE:\\\\FOLDER\\\\FILE, or "
				"FILE:\\\\FOLDER\\\\ to keep its name",
				argv[optind + 1 + (int)i]);
	return run(cli, argv[optind], sources, n, source);
}
