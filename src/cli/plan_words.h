/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans as words and as JSON, for prepare and client show. */
#pragma once

#include "cli/cli.h"
#include "store/plans.h"
#include "store/revisions.h"

/* PLAN of docs/json.md; NULL without memory. */
json_t *plan_json(const struct plan_record *plan);
/* A package of a revision; why NULL, or why it goes. NULL without memory. */
json_t *plan_package_json(const struct revision_package *package, const char *why);
/* A line for each device, and why below it. -ENOMEM, or -EIO if stdout cannot be written. */
int plan_print(const struct plan_record *plan) MUST_CHECK;
