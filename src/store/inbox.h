/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The drivers that the bases of images bring along, as records beside those of the database: the
 * same table, so that one search finds both. They have base set and no files, and nothing that
 * speaks of the database's own packages (drivers.h) sees them, except a search that is told of
 * their base.
 */
#pragma once

#include "store/drivers.h"

/* They take the place of what was known of that base. Joins a transaction of the caller's: the one
 * in which the image comes. They go with the last image of their base. */
int store_inbox_put(struct store *store, const char *base, const struct driver_package *packages,
	size_t n, struct error *err) MUST_CHECK;
/* As store_driver_list(); none for a base that has none. */
int store_inbox_list(struct store *store, const char *base, struct driver_package **ret_packages,
	size_t *ret_n, struct error *err) MUST_CHECK;

struct inbox_count {
	size_t n, n_nics; /* all; those of class Net */
};
int store_inbox_count(struct store *store, const char *base, struct inbox_count *ret_count,
	struct error *err) MUST_CHECK;
