/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices with their candidates, as JSON and for people. */
#pragma once

#include "cli/cli.h"
#include "driver/match.h"
#include "driver/tiers.h"

/* MATCH of docs/json.md; NULL without memory. */
json_t *match_json(
	const struct device *device, const struct device_match *match, const struct tiers *tiers);
/* A headline, the table, the reason; the same of every tier above it. -ENOMEM, or -EIO if stdout
 * cannot be written. */
int match_print(const struct device *device, const struct device_match *match,
	const struct tiers *tiers) MUST_CHECK;
