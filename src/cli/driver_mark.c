/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter driver mark, pewter driver unmark: what an administrator found not to work. */
#include "cli/commands.h"

#include "base/text.h"
#include "cli/driver_words.h"
#include "driver/marks.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* A sentence that is cut is worse than one that is asked for again. */
static int take_text(char *to, size_t size, const char *text, const char *option, struct error *err)
{
	if (text_copy(to, size, text))
		return 0;
	return error_set(
		err, -EINVAL, "%s: %zu bytes, and it may have %zu", option, strlen(text), size - 1);
}

/* *ret_package is the one that is marked. */
static int put_mark(struct store *store, struct driver_mark *mark, const char *id,
	const char *instead, struct driver_package *ret_package, struct error *err)
{
	CLEANUP(driver_package_clear) struct driver_package substitute = {.row = 0};
	int rc = store_driver_get(store, id, ret_package, err);
	if (rc < 0)
		return rc;
	memcpy(mark->package, ret_package->id, sizeof(mark->package));
	if (instead != NULL) {
		rc = store_driver_get(store, instead, &substitute, err);
		if (rc < 0)
			return error_prefix(err, rc, "--instead");
		if (strcmp(substitute.id, ret_package->id) == 0)
			return error_set(err, -EINVAL,
				"--instead names the package itself; name the one to take instead");
		memcpy(mark->instead, substitute.id, sizeof(mark->instead));
	}
	return store_driver_mark(store, mark, err);
}

static int tell(const struct cli *cli, struct store *store, const struct driver_package *package,
	bool is_marked)
{
	CLEANUP(memory_freep) struct driver_mark *marks = NULL;
	struct error err = ERROR_NULL;
	size_t n = 0;
	if (store_driver_marks(store, package->id, &marks, &n, &err) < 0)
		return cli_fail(cli, &err);
	if (cli->json)
		return cli_print_json(
			cli, json_pack("{s:{s:s, s:s, s:o}}", is_marked ? "marked" : "unmarked",
				     "id", package->id, "inf", package->inf, "marks",
				     driver_marks_json(marks, n, package->id)));
	if (!is_marked)
		(void)printf("%s (%.12s) has no mark any more\n", package->inf, package->id);
	for (size_t i = 0; i < n; i++)
		(void)printf("%s (%.12s) is passed over where %s%s%.12s\n", package->inf,
			package->id, marks[i].condition,
			marks[i].instead[0] != 0 ? ", instead: " : "", marks[i].instead);
	return EXIT_DONE;
}

int cmd_driver_mark(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"incompatible", required_argument, NULL, 'c'},
		{"instead", required_argument, NULL, 'i'},
		{"why", required_argument, NULL, 'w'},
		{NULL, 0, NULL, 0},
	};
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(driver_package_clear) struct driver_package package = {.row = 0};
	struct driver_mark mark = {.made_ms = 0};
	const char *condition = NULL, *instead = NULL, *why = "";
	struct error err = ERROR_NULL;

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'c': condition = optarg; break;
		case 'i': instead = optarg; break;
		case 'w': why = optarg; break;
		default: return cli_usage(cli, "no such option");
		}
	}
	if (optind + 1 != argc || condition == NULL)
		return cli_usage(cli,
			"name one package, and with --incompatible where it does not work: "
			"winpe<=2.1, windows>=10.0.22000,arch=amd64, ...");
	if (mark_condition_check(condition, &err) < 0) {
		(void)error_prefix(&err, -EINVAL, "--incompatible");
		return cli_fail(cli, &err);
	}
	if (take_text(mark.condition, sizeof(mark.condition), condition, "--incompatible", &err) <
			0 ||
		take_text(mark.why, sizeof(mark.why), why, "--why", &err) < 0 ||
		store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		put_mark(store, &mark, argv[optind], instead, &package, &err) < 0)
		return cli_fail(cli, &err);
	return tell(cli, store, &package, true);
}

int cmd_driver_unmark(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(driver_package_clear) struct driver_package package = {.row = 0};
	struct error err = ERROR_NULL;

	if (getopt(argc, argv, "") != -1 || optind + 1 != argc)
		return cli_usage(
			cli, "name one package; `pewter driver list` says which are marked");
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		store_driver_get(store, argv[optind], &package, &err) < 0 ||
		store_driver_unmark(store, package.id, &err) < 0)
		return cli_fail(cli, &err);
	return tell(cli, store, &package, false);
}
