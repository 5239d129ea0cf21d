/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules and marks in force, from where this installation keeps them. */
#pragma once

#include "cli/cli.h"
#include "driver/marks.h"

/* The shipped ones, rules.d/ beside the config file, rules/ in the state directory, the marks of
 * the store (which may be NULL). */
int rules_open(const struct cli *cli, struct store *store, struct driver_rules **ret_rules,
	struct error *err) MUST_CHECK;
