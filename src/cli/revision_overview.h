/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Revisions of images and what they hold, as words and as JSON, for the image commands. */
#pragma once

#include "cli/cli.h"
#include "store/plans.h"
#include "store/revisions.h"

/* All that `image show` tells beyond the image's record. */
struct revision_overview {
	struct revision_record *revisions; /* of the image, without lists */
	size_t n_revisions;
	struct plan_record *plans; /* that name the image */
	size_t n_plans;
	struct revision_record shown; /* with lists */
	bool *is_known;               /* for each of its packages: is it in the database still? */
};

/* revision 0: the newest. */
int revision_overview_load(struct store *store, const char *image, uint32_t revision,
	struct revision_overview *ret_overview, struct error *err) MUST_CHECK;
void revision_overview_clear(struct revision_overview *overview);

/* -ENOMEM or -EIO. */
int revision_overview_print(const struct revision_overview *overview) MUST_CHECK;
/* Adds its keys to an IMAGE of docs/json.md. -ENOMEM. */
int revision_overview_json(const struct revision_overview *overview, json_t *image) MUST_CHECK;
