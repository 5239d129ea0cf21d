/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter driver remove: the records, and the files that nothing else shares. All of them or none.
 */
#include "cli/commands.h"

#include "cli/driver_words.h"
#include "store/revisions.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct removal {
	char id[SHA256_TEXT_BYTES];
	char inf[128];
	struct revision_user *users; /* revisions that hold it on; owned */
	size_t n_users;
};

/* What was asked for, and what became of it. */
struct removals {
	struct removal *list; /* owned */
	size_t n;
	bool is_forced;
};

static void removals_clear(struct removals *removals)
{
	for (size_t i = 0; i < removals->n; i++)
		free(removals->list[i].users);
	free(removals->list);
}

/* A revision has its own copy of what it holds, but the next one could not be built of it any more,
 * and nobody would know what it is. */
static int check_users(
	const struct driver_package *package, const struct removal *removal, struct error *err)
{
	char more[40] = "";
	const struct revision_user *user = &removal->users[0];
	if (removal->n_users == 0)
		return 0;
	if (removal->n_users > 1)
		(void)snprintf(more, sizeof(more), " and %zu more", removal->n_users - 1);
	return error_set(err, -EBUSY,
		"%s (%.12s) is in %s@%u%s%s%s: --force removes its record all the same, and the "
		"revisions keep it",
		package->inf, package->id, user->image, user->revision,
		user->client[0] != 0 ? ", which was prepared for " : "", user->client, more);
}

/* What an id means is looked up before it goes; one that is named twice goes once. */
static int remove_one(
	struct store *store, const char *id, struct removals *removals, struct error *err)
{
	CLEANUP(driver_package_clear) struct driver_package package = {.row = 0};
	size_t length = strlen(id);
	for (size_t i = 0; length >= 4 && i < removals->n; i++)
		if (strncasecmp(removals->list[i].id, id, length) == 0)
			return 0;
	int rc = store_driver_get(store, id, &package, err);
	if (rc < 0)
		return rc;
	struct removal *removal = &removals->list[removals->n++];
	memcpy(removal->id, package.id, sizeof(package.id));
	memcpy(removal->inf, package.inf, sizeof(package.inf));
	rc = store_revisions_with_package(
		store, package.id, &removal->users, &removal->n_users, err);
	if (rc == 0 && !removals->is_forced)
		rc = check_users(&package, removal, err);
	return rc == 0 ? store_driver_remove(store, package.id, err) : rc;
}

static int remove_all(struct store *store, char *const *ids, size_t n_ids,
	struct removals *removals, struct error *err)
{
	int rc = store_begin_durable(store, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < n_ids; i++)
		rc = remove_one(store, ids[i], removals, err);
	if (rc == 0)
		return store_commit(store, err);
	store_rollback(store);
	return rc;
}

static bool is_removed(const struct removals *removals, const char *id)
{
	for (size_t i = 0; i < removals->n; i++)
		if (strcmp(removals->list[i].id, id) == 0)
			return true;
	return false;
}

/* Marks that name what is gone as the package to take instead: the others keep what they are for,
 * and the person who made them wants to know. */
static int tell_orphans(const struct cli *cli, struct store *store, const struct removals *removals,
	json_t *orphans)
{
	CLEANUP(memory_freep) struct driver_mark *marks = NULL;
	struct error err = ERROR_NULL;
	size_t n_marks = 0;
	int code = EXIT_DONE;
	if (store_driver_marks(store, NULL, &marks, &n_marks, &err) < 0)
		return cli_fail(cli, &err);
	for (size_t i = 0; i < n_marks; i++) {
		const struct driver_mark *mark = &marks[i];
		if (!is_removed(removals, mark->instead))
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

static json_t *json_of_users(const struct removal *removal)
{
	json_t *list = json_array();
	for (size_t i = 0; i < removal->n_users; i++) {
		const struct revision_user *user = &removal->users[i];
		(void)json_array_append_new(
			list, json_pack("{s:s, s:I, s:s?}", "image", user->image, "revision",
				      (json_int_t)user->revision, "client",
				      user->client[0] != 0 ? user->client : NULL));
	}
	return list;
}

static int print_json(
	const struct cli *cli, const struct removals *removals, json_t *orphans, size_t n_blobs)
{
	json_t *list = json_array();
	for (size_t i = 0; i < removals->n; i++)
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:o}", "id", removals->list[i].id, "inf",
				      removals->list[i].inf, "still_in",
				      json_of_users(&removals->list[i])));
	return cli_print_json(cli, json_pack("{s:o, s:O, s:I}", "removed", list, "was_instead_of",
					   orphans, "blobs", (json_int_t)n_blobs));
}

static int print_words(const struct removals *removals, size_t n_blobs)
{
	for (size_t i = 0; i < removals->n; i++) {
		const struct removal *removal = &removals->list[i];
		(void)printf("%s (%.12s) is removed", removal->inf, removal->id);
		for (size_t k = 0; k < removal->n_users && k < 3; k++)
			(void)printf("%s%s@%u", k == 0 ? "; still in " : ", ",
				removal->users[k].image, removal->users[k].revision);
		(void)printf("%s\n", removal->n_users > 3 ? ", ..." : "");
	}
	(void)printf("%zu file%s freed\n", n_blobs, n_blobs == 1 ? "" : "s");
	return EXIT_DONE;
}

int cmd_driver_remove(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"force", no_argument, NULL, 'f'},
		{NULL, 0, NULL, 0},
	};
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(removals_clear) struct removals removals = {.list = NULL};
	struct error err = ERROR_NULL;
	size_t n_blobs = 0;

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c != 'f')
			return cli_usage(cli, "this is its option:");
		removals.is_forced = true;
	}
	if (optind == argc)
		return cli_usage(
			cli, "name one package or several; `pewter driver list` lists them");
	size_t n_ids = (size_t)(argc - optind);
	removals.list = calloc(n_ids, sizeof(*removals.list));
	if (removals.list == NULL)
		return cli_fail_errno(cli, -ENOMEM);
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		remove_all(store, argv + optind, n_ids, &removals, &err) < 0 ||
		store_blob_sweep(store, &n_blobs, &err) < 0)
		return cli_fail(cli, &err);
	json_t *orphans = json_array();
	int code = tell_orphans(cli, store, &removals, orphans);
	int printed = cli->json ? print_json(cli, &removals, orphans, n_blobs)
				: print_words(&removals, n_blobs);
	json_decref(orphans);
	return printed == EXIT_DONE ? code : printed;
}
