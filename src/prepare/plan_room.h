/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps of a plan, and what they share. plan.c calls them, and none calls another; a step fails
 * only for want of memory, and plan.c says so. */
#pragma once

#include "prepare/plan.h"

/* A driver that a device needs: for the device itself, or for a tier above it. */
struct plan_need {
	const struct device_match *match;
	const struct candidate *taken;  /* NULL: nothing usable */
	const struct candidate *passed; /* what Windows would take by its rank, if an older version
					   of taken; else NULL */
};

/* A device of a wanted class. */
struct plan_row {
	const struct device *device;
	const struct tiers *tiers;
	struct plan_need needs[1 + TIERS_MAX];
	size_t n_needs;
	bool is_covered;  /* every need has its driver, and the tiers are complete */
	bool is_doubtful; /* one of them says that it was built for a later Windows */
	char class[33];
};

struct planning {
	const struct plan_input *input;
	struct plan_row *rows;
	size_t n_rows;
};

/* ---- plan_take.c ---- */

/* For every device what Windows would take, unless that is a downgrade. */
int plan_take(struct planning *planning) MUST_CHECK;

/* ---- plan_hold.c ---- */

/* What the revision is to hold, and what goes. */
int plan_hold(const struct planning *planning, struct plan_outcome *outcome) MUST_CHECK;

/* ---- plan_words.c ---- */

/* "covered by ...", or why it is not; also sets by, package and inf. */
void plan_words(const struct plan_row *row, struct plan_device *device);
