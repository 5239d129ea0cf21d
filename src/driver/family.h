/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Families: packages that are versions of one another. They have the INF's original name and the
 * provider in common (whatever the case), and each shares an id with another of the family. Pure.
 */
#pragma once

#include "store/drivers.h"

struct family_member {
	const struct driver_package *package;
	char *const *ids; /* upper case; none of these texts is empty */
	size_t n_ids;
};

struct driver_family {
	size_t first, n; /* of the members */
};

/* May they be of one family, as far as can be said without their ids? */
bool family_same_name(const struct driver_package *a, const struct driver_package *b);

/*
 * Sorts the members: families by INF name, provider, and the newest first of those that have both
 * in common; in each the newest first, by date, then version ("Overview of the Driver Selection
 * Process"). free() releases *ret_families. -ENOMEM.
 */
int families_find(struct family_member *members, size_t n, struct driver_family **ret_families,
	size_t *ret_n) MUST_CHECK;
