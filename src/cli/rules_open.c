/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/rules_open.h"

#include "server/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int rules_open(const struct cli *cli, struct store *store, struct driver_rules **ret_rules,
	struct error *err)
{
	char beside[4096], state[4096];
	const char *config = cli->config != NULL ? cli->config : CONFIG_FILE_DEFAULT;
	const char *slash = strrchr(config, '/');
	int folder = slash != NULL ? (int)(slash - config) + 1 : 0;
	int n = snprintf(beside, sizeof(beside), "%.*srules.d", folder, config);
	int m = snprintf(state, sizeof(state), "%s/rules", cli->state);
	if (n < 0 || m < 0 || (size_t)n >= sizeof(beside) || (size_t)m >= sizeof(state))
		return error_set(err, -ENAMETOOLONG, "%s: the path is too long", cli->state);
	return driver_rules_load(store, (const char *const[]){beside, state}, 2, ret_rules, err);
}
