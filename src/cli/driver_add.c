/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter driver add: packages out of folders, INFs and archives. */
#include "base/text.h"
#include "cli/commands.h"
#include "cli/driver_words.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/words.h"
#include "driver/import.h"
#include "image/part_ahead.h"
#include "prepare/plan.h"
#include "store/store.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* What the closing words tell. */
struct addition {
	const struct cli *cli;
	json_t *added, *already, *skipped; /* with --json */
	struct table packages, passed_over;
	size_t n_added, n_already, n_skipped, n_faults;
	size_t n_incomplete, n_warned;
	struct error first; /* what was skipped first: of the faults, if there are any */
	/* Those that Windows PE boots with are compressed at once. */
	struct part_wish *wishes; /* owned */
	size_t n_wishes, wishes_capacity;
	size_t n_not_compressed;
	struct error not_compressed; /* why not */
};

static void addition_clear(struct addition *addition)
{
	json_decref(addition->added);
	json_decref(addition->already);
	json_decref(addition->skipped);
	table_free(&addition->packages);
	table_free(&addition->passed_over);
	free(addition->wishes);
}

/* ---- one by one ---- */

static json_t *texts_to_json(char *const *texts, size_t n)
{
	json_t *array = json_array();
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(array, json_text(texts[i]));
	return array;
}

static int add_json(struct addition *addition, const struct import_item *item)
{
	const struct driver_package *package = item->package;
	if (item->result == IMPORT_SKIPPED) {
		const char *reason = item->reason;
		uint32_t line = error_line(reason, &reason);
		return json_array_append_new(addition->skipped,
			json_pack("{s:o, s:o, s:o, s:b}", "path", json_text(item->path), "line",
				line != 0 ? json_integer(line) : json_null(), "reason",
				json_text(reason), "fault", (int)item->is_fault));
	}
	char date[DRIVER_DATE_TEXT_BYTES], version[DRIVER_VERSION_TEXT_BYTES];
	driver_date_format(package->date, date);
	driver_version_format(package->version, version);
	json_t *object = json_pack("{s:s, s:o, s:o, s:o, s:s?, s:s?, s:o, s:s, s:o, s:o}", "id",
		package->id, "inf", json_text(package->inf), "class", json_text(package->class),
		"provider", json_text(package->provider), "date", package->date != 0 ? date : NULL,
		"version", package->has_version ? version : NULL, "path", json_text(item->path),
		"signature", driver_signature_word(package->signature), "missing",
		texts_to_json(package->missing, package->n_missing), "warnings",
		texts_to_json(package->warnings, package->n_warnings));
	return json_array_append_new(
		item->result == IMPORT_ADDED ? addition->added : addition->already, object);
}

static void add_row(struct addition *addition, const struct import_item *item)
{
	const struct driver_package *package = item->package;
	if (item->result == IMPORT_SKIPPED) {
		char place[2 * PATH_MAX], number[12] = "";
		const char *reason = item->reason;
		uint32_t line = error_line(reason, &reason);
		if (line != 0)
			(void)snprintf(number, sizeof(number), ":%u", line);
		(void)snprintf(place, sizeof(place), "%s%s", item->path, number);
		table_add(&addition->passed_over, place, reason);
		return;
	}
	char id[DRIVER_SHORT_ID_BYTES], date[DRIVER_DATE_TEXT_BYTES], note[80];
	char version[DRIVER_VERSION_TEXT_BYTES] = "";
	driver_short_id(package->id, id);
	driver_date_format(package->date, date);
	if (package->has_version)
		driver_version_format(package->version, version);
	int n = 0;
	note[0] = 0;
	if (package->n_missing > 0)
		n = snprintf(note, sizeof(note), "%zu file%s missing", package->n_missing,
			package->n_missing == 1 ? "" : "s");
	if (package->n_warnings > 0 && n >= 0)
		(void)snprintf(note + n, sizeof(note) - (size_t)n, "%s%zu warning%s",
			n > 0 ? ", " : "", package->n_warnings,
			package->n_warnings == 1 ? "" : "s");
	table_add(&addition->packages, item->result == IMPORT_ADDED ? "added" : "already there", id,
		package->inf, package->provider, package->class, version, date, note);
}

/* What images will hold: the classes that `prepare` takes, and no INFs that came without their
 * files, as one adds them to ask questions. */
static int wish_part(struct addition *addition, const struct driver_package *package)
{
	bool is_bare = package->n_files == 1 && package->n_missing > 0;
	if (is_bare || !text_is_in_list(package->class, PLAN_CLASSES_DEFAULT))
		return 0;
	if (addition->n_wishes == addition->wishes_capacity) {
		size_t n = addition->wishes_capacity == 0 ? 16 : 2 * addition->wishes_capacity;
		struct part_wish *grown = realloc(addition->wishes, n * sizeof(*grown));
		if (grown == NULL)
			return -ENOMEM;
		addition->wishes = grown;
		addition->wishes_capacity = n;
	}
	struct part_wish *wish = &addition->wishes[addition->n_wishes++];
	*wish = (struct part_wish){.size = package->size};
	(void)text_copy(wish->package, sizeof(wish->package), package->id);
	return 0;
}

static int take_item(void *context, const struct import_item *item)
{
	struct addition *addition = context;
	switch (item->result) {
	case IMPORT_ADDED: addition->n_added++; break;
	case IMPORT_ALREADY: addition->n_already++; break;
	case IMPORT_SKIPPED:
		addition->n_skipped++;
		addition->n_faults += item->is_fault;
		if (addition->n_skipped == 1 || (item->is_fault && addition->n_faults == 1)) {
			(void)error_set(&addition->first, 0, "%s", item->reason);
			(void)error_prefix(&addition->first, 0, "%s", item->path);
		}
		break;
	}
	if (item->result == IMPORT_ADDED) {
		addition->n_incomplete += item->package->n_missing > 0;
		addition->n_warned += item->package->n_warnings > 0;
	}
	if (item->package != NULL && wish_part(addition, item->package) < 0)
		return -ENOMEM;
	if (addition->cli->json)
		return add_json(addition, item) < 0 ? -ENOMEM : 0;
	add_row(addition, item);
	return 0;
}

/* ---- closing ---- */

static int print_json(struct addition *addition)
{
	json_t *not_compressed = addition->n_not_compressed == 0
					 ? json_null()
					 : json_pack("{s:I, s:o}", "packages",
						   (json_int_t)addition->n_not_compressed, "reason",
						   json_text(addition->not_compressed.text));
	json_t *document = json_pack("{s:O, s:O, s:O, s:o}", "added", addition->added, "already",
		addition->already, "skipped", addition->skipped, "not_compressed", not_compressed);
	if (document == NULL)
		return cli_fail_errno(addition->cli, -ENOMEM);
	return cli_print_json(addition->cli, document);
}

static int print_words(struct addition *addition)
{
	int rc = 0;
	if (addition->n_added + addition->n_already > 0)
		rc = table_print(&addition->packages, stdout);
	if (rc == 0 && addition->n_skipped > 0) {
		if (addition->n_added + addition->n_already > 0)
			(void)printf("\n");
		rc = table_print(&addition->passed_over, stdout);
	}
	if (rc < 0)
		return cli_fail_errno(addition->cli, rc);
	(void)printf("\n%zu added, %zu already there, %zu skipped\n", addition->n_added,
		addition->n_already, addition->n_skipped);
	if (addition->n_incomplete > 0)
		(void)printf("lacking files that their INF names: %zu of those added\n",
			addition->n_incomplete);
	if (addition->n_warned > 0)
		(void)printf("with warnings, which `pewter driver show ID` tells: %zu of those "
			     "added\n",
			addition->n_warned);
	return fflush(stdout) == 0 ? EXIT_DONE : cli_fail_errno(addition->cli, -EIO);
}

/* All is in, whatever becomes of this: a part that is not made now is made by the image that takes
 * the package first. */
static void compress(struct addition *addition, struct store *store)
{
	struct progress_phases phases;
	const struct progress_sink *sink = progress_phases_begin(&phases, addition->cli);
	addition->n_not_compressed = part_make_ahead(store, addition->wishes, addition->n_wishes,
		WIM_COMPRESSION_LZX, sink, &addition->not_compressed);
	progress_phases_end(&phases);
	text_disarm(addition->not_compressed.text, strlen(addition->not_compressed.text));
}

static int tell_not_compressed(const struct addition *addition)
{
	size_t n = addition->n_not_compressed;
	if (n == 0)
		return EXIT_DONE;
	(void)fprintf(stderr,
		"pewter %s: all is added, but %zu package%s could not be compressed for images "
		"yet, so that the first one to take %s has to: %s\n",
		addition->cli->command, n, n == 1 ? "" : "s", n == 1 ? "it" : "them",
		addition->not_compressed.text);
	return EXIT_ATTENTION;
}

static int tell_faults(struct addition *addition)
{
	bool is_empty = addition->n_added + addition->n_already == 0;
	if (addition->n_faults == 0 && !is_empty)
		return EXIT_DONE;
	text_disarm(addition->first.text, strlen(addition->first.text));
	if (addition->n_faults > 1)
		(void)fprintf(stderr, "pewter %s: %zu files or archives could not be read%s\n",
			addition->cli->command, addition->n_faults,
			addition->cli->json ? "" : "; see the last lines of the list");
	else
		(void)fprintf(
			stderr, "pewter %s: %s\n", addition->cli->command, addition->first.text);
	return is_empty ? EXIT_FAILED : EXIT_ATTENTION;
}

/* A person sees what was added before the rest is done; a program gets one document of it all. */
static int report(struct addition *addition, struct store *store)
{
	int code = addition->cli->json ? EXIT_DONE : print_words(addition);
	if (code != EXIT_DONE)
		return code;
	compress(addition, store);
	if (addition->cli->json)
		code = print_json(addition);
	if (code != EXIT_DONE)
		return code;
	code = tell_not_compressed(addition);
	int faults = tell_faults(addition);
	return faults != EXIT_DONE ? faults : code;
}

/* All files of a package are open at once while its catalogue is compared with them. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* with fewer, only very large packages fail */
}

static int run(struct cli *cli, char *const *paths, size_t n, struct addition *addition)
{
	CLEANUP(store_closep) struct store *store = NULL;
	struct error err = ERROR_NULL;
	struct progress_phases phases;
	int rc = 0;
	/* A name mistyped is told before anything is done. */
	for (size_t i = 0; i < n; i++) {
		if (access(paths[i], R_OK) < 0) {
			(void)error_set(&err, -errno,
				"%s: %s; nothing was added: name folders, INFs or archives that "
				"are there and can be read",
				paths[i], strerror(errno));
			return cli_fail(cli, &err);
		}
	}
	if (store_open(cli->state, STORE_CREATE, &store, &err) < 0)
		return cli_fail(cli, &err);
	raise_descriptor_limit();
	const struct progress_sink *sink = progress_phases_begin(&phases, cli);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = driver_import(store, paths[i], take_item, addition, sink, &err);
	progress_phases_end(&phases);
	if (rc == 0)
		return report(addition, store);
	if (!cli->json && addition->n_added > 0)
		(void)print_words(addition);
	return err.text[0] != 0 ? cli_fail(cli, &err) : cli_fail_errno(cli, rc);
}

int cmd_driver_add(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {{NULL, 0, NULL, 0}};
	if (getopt_long(argc, argv, "", options, NULL) != -1)
		return cli_usage(cli, "these are its options:");
	if (optind == argc)
		return cli_usage(
			cli, "name folders, INFs or archives (.zip, .cab, .7z, .exe, .tar, .iso)");
	struct addition addition = {.cli = cli,
		.added = json_array(),
		.already = json_array(),
		.skipped = json_array(),
		.packages = table_with(8, (const char *[]){"RESULT", "ID", "INF", "PROVIDER",
						  "CLASS", "VERSION", "DATE", "NOTE"}),
		.passed_over = table_with(2, (const char *[]){"SKIPPED", "WHY"})};
	int code = run(cli, argv + optind, (size_t)(argc - optind), &addition);
	addition_clear(&addition);
	return code;
}
