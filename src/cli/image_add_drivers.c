/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter image add-drivers: the next revision of an image, with more driver packages. */
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/revision_word.h"
#include "cli/revision_words.h"
#include "cli/rules_open.h"
#include "cli/words.h"

#include <getopt.h>

int cmd_image_add_drivers(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"force", no_argument, NULL, 'f'},
		{NULL, 0, NULL, 0},
	};
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(driver_rules_freep) struct driver_rules *rules = NULL;
	CLEANUP(revise_result_clear) struct revise_result result = {.packages = NULL};
	struct error err = ERROR_NULL;
	struct progress_phases phases;
	bool force = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'f')
			return cli_usage(cli, "these are its options:");
		force = true;
	}
	if (argc - optind < 2)
		return cli_usage(cli,
			"name an image and one driver package or several; `pewter driver list` "
			"lists them");
	if (!revision_word_is_image(argv[optind], &err))
		return cli_usage(cli, "%s", err.text);
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		rules_open(cli, store, &rules, &err) < 0)
		return cli_fail(cli, &err);
	const struct revise_request request = {
		.store = store,
		.image = argv[optind],
		.now_ms = cli_now_ms(),
		.rules = rules,
		.force = force,
		.progress = progress_phases_begin(&phases, cli),
	};
	int rc = image_add_drivers(&request, (const char *const *)argv + optind + 1,
		(size_t)(argc - optind - 1), &result, &err);
	progress_phases_end(&phases);
	return rc < 0 ? cli_fail(cli, &err) : revise_tell(cli, &result);
}
