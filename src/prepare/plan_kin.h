/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How two packages stand to each other: which is newer, and what ties them. */
#pragma once

#include "prepare/plan.h"

bool plan_is_newer(const struct driver_package *a, const struct driver_package *b);

/* How two packages of the same names stand to each other. */
struct plan_kinship {
	bool is_family;    /* they share an id */
	bool names_all_of; /* a names every id that b names */
};
int plan_kinship_of(const struct plan_input *input, const struct driver_package *a,
	const struct driver_package *b, struct plan_kinship *ret_kinship) MUST_CHECK;
