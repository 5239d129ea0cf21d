/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter prepare of several machines, or of all: those of one image together, none stops the
 * others. */
#pragma once

#include "cli/cli.h"
#include "prepare/prepare.h"

/* The request without progress. names without any: all machines whose devices
 * are known. Returns an enum exit_code. */
int prepare_fleet(struct cli *cli, const struct prepare_request *request, const char *const *names,
	size_t n_names);
