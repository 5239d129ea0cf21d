/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter image verify: proves that a revision is what it was made. */
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/revision_word.h"
#include "cli/table.h"
#include "image/verify.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

static size_t n_told(const struct verify_result *result)
{
	return result->n_faults < ARRAY_SIZE(result->faults) ? result->n_faults
							     : ARRAY_SIZE(result->faults);
}

static int print_json(const struct cli *cli, const char *image, const struct verify_result *result)
{
	json_t *faults = json_array();
	for (size_t i = 0; i < n_told(result); i++)
		(void)json_array_append_new(
			faults, json_pack("{s:s}", "text", result->faults[i].what));
	return cli_print_json(cli,
		json_pack("{s:{s:s, s:I, s:b, s:I, s:I, s:I, s:I, s:o}}", "verify", "image", image,
			"revision", (json_int_t)result->revision, "ok", result->n_faults == 0,
			"bytes", (json_int_t)result->n_bytes, "resources",
			(json_int_t)result->n_resources, "packages", (json_int_t)result->n_packages,
			"n_faults", (json_int_t)result->n_faults, "faults", faults));
}

static int tell(const struct cli *cli, const char *image, const struct verify_result *result)
{
	char size[SIZE_TEXT_BYTES];
	int rc = EXIT_DONE;
	size_format(result->n_bytes, size);
	if (cli->json)
		rc = print_json(cli, image, result);
	else if (result->n_faults == 0)
		(void)printf("%s@%u is whole: %s, %zu resources, %zu driver package%s\n", image,
			result->revision, size, result->n_resources, result->n_packages,
			result->n_packages == 1 ? "" : "s");
	for (size_t i = 0; i < n_told(result); i++)
		(void)fprintf(stderr, "pewter %s: %s@%u: %s\n", cli->command, image,
			result->revision, result->faults[i].what);
	if (result->n_faults > n_told(result))
		(void)fprintf(stderr, "pewter %s: %s@%u: and %zu more faults\n", cli->command,
			image, result->revision, result->n_faults - n_told(result));
	return result->n_faults > 0 ? EXIT_FAILED : rc;
}

int cmd_image_verify(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(memory_freep) struct verify_result *result = calloc(1, sizeof(*result));
	struct error err = ERROR_NULL;
	struct revision_word word;
	struct progress_phases phases;

	if (getopt(argc, argv, "") != -1 || optind + 1 != argc)
		return cli_usage(cli, "name one image, or one of its revisions: win11@3");
	if (!revision_word_parse(argv[optind], &word, &err))
		return cli_fail(cli, &err);
	if (result == NULL)
		return cli_fail_errno(cli, -ENOMEM);
	if (store_open(cli->state, STORE_READ, &store, &err) < 0)
		return cli_fail(cli, &err);
	const struct progress_sink *progress = progress_phases_begin(&phases, cli);
	int rc = image_verify(store, word.image, word.revision, progress, result, &err);
	progress_phases_end(&phases);
	return rc < 0 ? cli_fail(cli, &err) : tell(cli, word.image, result);
}
