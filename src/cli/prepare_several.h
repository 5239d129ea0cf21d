/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter prepare of several machines, or of all: one after the other, none stops the others. */
#pragma once

#include "cli/cli.h"
#include "prepare/prepare.h"

/* The request without a client, a time and progress. names without any: all machines whose devices
 * are known. Returns an enum exit_code. */
int prepare_several(struct cli *cli, const struct prepare_request *request,
	const char *const *names, size_t n_names);
