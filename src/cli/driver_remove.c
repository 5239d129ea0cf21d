/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter driver remove: the records, and the files that nothing else shares. All of them or none.
 */
#include "cli/commands.h"

#include "cli/driver_words.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct removal {
	char id[SHA256_TEXT_BYTES];
	char inf[128];
};

/* What an id means is looked up before it goes; one that is named twice goes once. */
static int remove_one(
	struct store *store, const char *id, struct removal *removals, size_t *n, struct error *err)
{
	CLEANUP(driver_package_clear) struct driver_package package = {.row = 0};
	size_t length = strlen(id);
	for (size_t i = 0; length >= 4 && i < *n; i++)
		if (strncasecmp(removals[i].id, id, length) == 0)
			return 0;
	int rc = store_driver_get(store, id, &package, err);
	if (rc == 0)
		rc = store_driver_remove(store, package.id, err);
	if (rc < 0)
		return rc;
	memcpy(removals[*n].id, package.id, sizeof(package.id));
	memcpy(removals[(*n)++].inf, package.inf, sizeof(package.inf));
	return 0;
}

static int remove_all(struct store *store, char *const *ids, size_t n_ids, struct removal *removals,
	size_t *n, struct error *err)
{
	int rc = store_begin_durable(store, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < n_ids; i++)
		rc = remove_one(store, ids[i], removals, n, err);
	if (rc == 0)
		return store_commit(store, err);
	store_rollback(store);
	return rc;
}

static bool is_removed(const struct removal *removals, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(removals[i].id, id) == 0)
			return true;
	return false;
}

/* Marks that name what is gone as the package to take instead: the others keep what they are for,
 * and the person who made them wants to know. */
static int tell_orphans(const struct cli *cli, struct store *store, const struct removal *removals,
	size_t n, json_t *orphans)
{
	CLEANUP(memory_freep) struct driver_mark *marks = NULL;
	struct error err = ERROR_NULL;
	size_t n_marks = 0;
	int code = EXIT_DONE;
	if (store_driver_marks(store, NULL, &marks, &n_marks, &err) < 0)
		return cli_fail(cli, &err);
	for (size_t i = 0; i < n_marks; i++) {
		const struct driver_mark *mark = &marks[i];
		if (!is_removed(removals, n, mark->instead))
			continue;
		code = EXIT_ATTENTION;
		(void)json_array_append_new(
			orphans, json_pack("{s:s, s:s}", "package", mark->package, "condition",
					 mark->condition));
		(void)fprintf(stderr,
			"pewter %s: %.12s was to be taken in place of %.12s where %s: `pewter "
			"driver mark %.12s --incompatible '%s' --instead ID` names another\n",
			cli->command, mark->instead, mark->package, mark->condition, mark->package,
			mark->condition);
	}
	return code;
}

static int print_json(const struct cli *cli, const struct removal *removals, size_t n,
	json_t *orphans, size_t n_blobs)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list,
			json_pack("{s:s, s:s}", "id", removals[i].id, "inf", removals[i].inf));
	return cli_print_json(cli, json_pack("{s:o, s:O, s:I}", "removed", list, "was_instead_of",
					   orphans, "blobs", (json_int_t)n_blobs));
}

static int print_words(const struct removal *removals, size_t n, size_t n_blobs)
{
	for (size_t i = 0; i < n; i++)
		(void)printf("%s (%.12s) is removed\n", removals[i].inf, removals[i].id);
	(void)printf("%zu file%s freed\n", n_blobs, n_blobs == 1 ? "" : "s");
	return EXIT_DONE;
}

int cmd_driver_remove(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_closep) struct store *store = NULL;
	struct error err = ERROR_NULL;
	size_t n = 0, n_blobs = 0;

	if (getopt(argc, argv, "") != -1 || optind == argc)
		return cli_usage(
			cli, "name one package or several; `pewter driver list` lists them");
	size_t n_ids = (size_t)(argc - optind);
	CLEANUP(memory_freep) struct removal *removals = calloc(n_ids, sizeof(*removals));
	if (removals == NULL) {
		(void)error_set(&err, -ENOMEM, "out of memory");
		return cli_fail(cli, &err);
	}
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		remove_all(store, argv + optind, n_ids, removals, &n, &err) < 0 ||
		store_blob_sweep(store, &n_blobs, &err) < 0)
		return cli_fail(cli, &err);
	json_t *orphans = json_array();
	int code = tell_orphans(cli, store, removals, n, orphans);
	int printed = cli->json ? print_json(cli, removals, n, orphans, n_blobs)
				: print_words(removals, n, n_blobs);
	json_decref(orphans);
	return printed == EXIT_DONE ? code : printed;
}
