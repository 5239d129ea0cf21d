/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which devices a package is for, on one Windows. */
#pragma once

#include "base/cleanup.h"
#include "driver/target.h"

/* The hardware and compatible ids by which it names devices on the target (NULL: on any Windows),
 * sorted, each once. The texts are the package's, which must have its lists; free() releases the
 * array. -ENOMEM. */
int served_ids(const struct driver_package *package, const struct target *target,
	const char ***ret_ids, size_t *ret_n) MUST_CHECK;
/* Does each of the ids stand among the others? Both sorted. */
bool served_is_subset(const char *const *ids, size_t n, const char *const *others, size_t n_others);
