/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Revisions as JSON and as words, for the commands that make or show them. */
#pragma once

#include "cli/cli.h"
#include "image/revise.h"

/* RPACKAGE and REVISION of docs/json.md; NULL without memory. */
json_t *revision_package_json(const struct revision_package *package);
json_t *revision_json(const struct revision_record *revision);

/* "e1d68x64.inf 12.19.2.45 2023-11-08 (0b1c2d3e4f50)" */
#define REVISION_PACKAGE_WORDS_BYTES 256
void revision_package_words(
	const struct revision_package *package, char text[static REVISION_PACKAGE_WORDS_BYTES]);

/* What `image add-drivers` and `add-files` end with: prints it, and what needs an eye on stderr.
 * Returns an enum exit_code. */
int revise_tell(const struct cli *cli, const struct revise_result *result);
