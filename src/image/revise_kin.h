/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Versions of one driver, where somebody adds one by hand: which of two is to be in the image. */
#pragma once

#include "driver/target.h"
#include "store/revisions.h"

enum kinship {
	KIN_NONE,  /* both have their use */
	KIN_OLDER, /* the held one goes */
	KIN_NEWER, /* the held one stays, the other need not come */
};

/* A held package against one that is to come, by what they drive on the target (NULL: nobody knows
 * the image's Windows). */
int revise_kinship(struct store *store, const struct target *target,
	const struct revision_package *held, const struct driver_package *package,
	enum kinship *ret_kinship, struct error *err) MUST_CHECK;
