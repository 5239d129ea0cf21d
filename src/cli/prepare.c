/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pewter prepare C...: chooses the drivers of clients' devices, makes the revisions that hold them,
 * and keeps the plans. Exit code 3 if a network card or a disk controller has no driver, if no
 * network card is known, or if a driver may not load.
 */
#include "prepare/prepare.h"

#include "cli/commands.h"
#include "cli/prepare_several.h"
#include "cli/prepare_words.h"
#include "cli/progress.h"
#include "cli/rules_open.h"
#include "cli/words.h"
#include "server/config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* ---- one ---- */

static int report(
	struct cli *cli, const struct prepare_request *request, const struct prepare_result *result)
{
	int rc = cli->json ? EXIT_DONE : prepare_print(cli, request, result);
	json_t *warnings = prepare_warnings(request, result), *warning;
	size_t n = json_array_size(warnings), i;
	(void)fflush(stdout);
	json_array_foreach(warnings, i, warning)(void) fprintf(stderr, "pewter %s: %s\n",
		cli->command, json_string_value(json_object_get(warning, "text")));
	if (cli->json)
		rc = cli_print_json(cli, prepare_json(request, result, warnings));
	json_decref(warnings);
	return rc == EXIT_DONE && n > 0 ? EXIT_ATTENTION : rc;
}

static int prepare_one(struct cli *cli, struct prepare_request *request, const char *word)
{
	struct error err = ERROR_NULL;
	CLEANUP(prepare_result_clear) struct prepare_result result = {.added = NULL};
	struct progress_phases phases;
	const struct prepare_client client = {.word = word};
	request->progress = progress_phases_begin(&phases, cli);
	int rc = prepare(request, &client, &result, &err);
	progress_phases_end(&phases);
	return rc < 0 ? cli_fail(cli, &err) : report(cli, request, &result);
}

/* ---- the command ---- */

/* What serves all of them is read once. names without any: --all. */
static int run(struct cli *cli, struct prepare_request *request, char **names, size_t n_names)
{
	struct error err = ERROR_NULL;
	struct config config;
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(driver_rules_freep) struct driver_rules *rules = NULL;
	char default_image[sizeof(config.image)];

	if (config_load(cli->config, &config, &err) < 0)
		return cli_fail(cli, &err);
	memcpy(default_image, config.image, sizeof(default_image));
	config_clear(&config);
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		rules_open(cli, store, &rules, &err) < 0)
		return cli_fail(cli, &err);
	request->store = store;
	request->rules = rules;
	request->default_image = default_image;
	request->now_ms = cli_now_ms();
	if (n_names != 1)
		return prepare_fleet(cli, request, (const char *const *)names, n_names);
	return prepare_one(cli, request, names[0]);
}

int cmd_prepare(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"all", no_argument, NULL, 'a'},
		{"image", required_argument, NULL, 'i'},
		{"class", required_argument, NULL, 'c'},
		{"own", no_argument, NULL, 'o'},
		{"dry-run", no_argument, NULL, 'd'},
		{NULL, 0, NULL, 0},
	};
	struct prepare_request request = {.store = NULL};
	struct plan_record *plan = NULL;
	bool all = false;
	int c;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'a': all = true; break;
		case 'i': request.image = optarg; break;
		case 'c': request.classes = optarg; break;
		case 'o': request.own_revision = true; break;
		case 'd': request.dry_run = true; break;
		default: return cli_usage(cli, "these are its options:");
		}
	}
	if (all && optind < argc)
		return cli_usage(cli, "takes --all or the names of machines, not both");
	if (!all && optind == argc)
		return cli_usage(cli,
			"takes one machine or several: the name, MAC address or UUID of each; or "
			"--all");
	if (request.classes != NULL &&
		(request.classes[0] == 0 || strlen(request.classes) >= sizeof(plan->classes)))
		return cli_usage(cli,
			"--class takes setup classes with commas between them (Net,SCSIAdapter), "
			"or all");
	return run(cli, &request, argv + optind, (size_t)(argc - optind));
}
