/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter serve: the config file, with the options of the command line on top, and then the daemon.
 */
#include "cli/commands.h"

#include "base/text.h"
#include "server/serve.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static int add_interface(struct config *config, bool *has_own, const char *name, struct error *err)
{
	/* The first on the command line puts aside those of the file. */
	if (!*has_own)
		config->n_interfaces = 0;
	*has_own = true;
	if (config->n_interfaces == CONFIG_INTERFACES_MAX)
		return error_set(err, -1, "more than %d interfaces", CONFIG_INTERFACES_MAX);
	if (!text_copy(
		    config->interfaces[config->n_interfaces], sizeof(config->interfaces[0]), name))
		return error_set(err, -1, "there is no network interface \"%s\"", name);
	config->n_interfaces++;
	return 0;
}

int cmd_serve(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"interface", required_argument, NULL, 'i'},
		{NULL, 0, NULL, 0},
	};
	struct error err = ERROR_NULL;
	struct config config;
	bool has_own = false;
	int c, rc = config_load(cli->config, &config, &err);
	if (rc < 0)
		return cli_fail(cli, &err);
	while (rc == 0 && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'i') {
			config_clear(&config);
			return cli_usage(cli, "unknown option");
		}
		rc = add_interface(&config, &has_own, optarg, &err);
	}
	if (rc == 0 && optind < argc) {
		config_clear(&config);
		return cli_usage(cli, "\"%s\" is too much", argv[optind]);
	}
	if (rc == 0)
		rc = serve_run(cli->state, &config, &err);
	config_clear(&config);
	return rc < 0 ? cli_fail(cli, &err) : EXIT_DONE;
}
