/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter image remove: the record of an image or of one revision, and the files that nothing else
 * shares. */
#include "cli/commands.h"
#include "cli/revision_word.h"
#include "cli/words.h"
#include "store/plans.h"
#include "store/revisions.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

struct removal {
	struct revision_word word;
	struct plan_record *plans; /* that went with it */
	size_t n_plans;
	size_t n_blobs;
};

static void removal_clear(struct removal *removal)
{
	(void)plan_records_free(removal->plans, removal->n_plans);
}

static int remove_image(struct store *store, struct removal *removal, struct error *err)
{
	const char *name = removal->word.image;
	int rc = store_begin_durable(store, err);
	if (rc < 0)
		return rc;
	rc = store_plan_list(store, name, &removal->plans, &removal->n_plans, err);
	if (rc == 0)
		rc = store_image_remove(store, name, err);
	if (rc == 0)
		return store_commit(store, err);
	store_rollback(store);
	return rc;
}

static int print_json(const struct cli *cli, const struct removal *removal)
{
	json_t *document = json_pack("{s:{s:s, s:o, s:I, s:o}}", "removed", "name",
		removal->word.image, "revision",
		removal->word.revision != 0 ? json_integer(removal->word.revision) : json_null(),
		"blobs", (json_int_t)removal->n_blobs, "plans",
		json_plan_clients(removal->plans, removal->n_plans));
	if (document == NULL)
		return cli_fail_errno(cli, -ENOMEM);
	return cli_print_json(cli, document);
}

static int report(const struct cli *cli, const struct removal *removal)
{
	char revision[16] = "";
	if (removal->word.revision != 0)
		(void)snprintf(revision, sizeof(revision), "@%u", removal->word.revision);
	int rc = EXIT_DONE;
	if (cli->json)
		rc = print_json(cli, removal);
	else
		(void)printf("%s%s is removed, with %zu file%s\n", removal->word.image, revision,
			removal->n_blobs, removal->n_blobs == 1 ? "" : "s");
	if (removal->n_plans == 0)
		return rc;
	tell_lost_plans(cli, removal->plans, removal->n_plans, "prepare them for another image");
	return rc == EXIT_DONE ? EXIT_ATTENTION : rc;
}

int cmd_image_remove(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(removal_clear) struct removal removal = {.plans = NULL};
	struct error err = ERROR_NULL;

	if (getopt(argc, argv, "") != -1 || optind + 1 != argc)
		return cli_usage(cli, "name one image; `pewter image list` lists them");
	if (!revision_word_parse(argv[optind], &removal.word, &err))
		return cli_usage(cli, "%s", err.text);
	int rc = store_open(cli->state, STORE_READ, &store, &err);
	if (rc == 0)
		rc = removal.word.revision != 0 ? store_revision_remove(store, removal.word.image,
							  removal.word.revision, &err)
						: remove_image(store, &removal, &err);
	if (rc == 0)
		rc = store_blob_sweep(store, &removal.n_blobs, &err);
	return rc < 0 ? cli_fail(cli, &err) : report(cli, &removal);
}
