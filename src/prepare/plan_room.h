/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What plan.c, plan_take.c, plan_hold.c and plan_words.c share. */
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
int plan_take(struct planning *planning, struct error *err) MUST_CHECK;
/* Does a covered device take the package? */
bool plan_takes(const struct planning *planning, const char *package);
bool plan_is_newer(const struct driver_package *a, const struct driver_package *b);

/* How two packages of the same names stand to each other. */
struct plan_kinship {
	bool is_family;    /* they share an id */
	bool names_all_of; /* a names every id that b names */
};
int plan_kinship_of(const struct plan_input *input, const struct driver_package *a,
	const struct driver_package *b, struct plan_kinship *ret_kinship) MUST_CHECK;

/* ---- plan_hold.c ---- */

/* What the revision is to hold, and what goes. */
int plan_hold(const struct planning *planning, struct plan_outcome *outcome,
	struct error *err) MUST_CHECK;

/* ---- plan_words.c ---- */

/* "covered by ...", or why it is not; also sets by, package and inf. */
void plan_words(const struct plan_row *row, struct plan_device *device);

int plan_no_memory(struct error *err);
