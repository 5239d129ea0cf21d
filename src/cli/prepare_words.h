/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of one machine that was prepared: for people, as JSON, and what needs an eye. */
#pragma once

#include "cli/cli.h"
#include "prepare/prepare.h"

/* What needs an eye: [{"text"}], a sentence each, empty if nothing does. Where the result does not
 * know the image's own drivers, the last of several is of the image and not of the machine. NULL
 * without memory. */
json_t *prepare_warnings(
	const struct prepare_request *request, const struct prepare_result *result);
/* The document of docs/json.md. NULL without memory. */
json_t *prepare_json(const struct prepare_request *request, const struct prepare_result *result,
	json_t *warnings);
/* Each device, then what changed. Returns an enum exit_code. */
int prepare_print(const struct cli *cli, const struct prepare_request *request,
	const struct prepare_result *result);
