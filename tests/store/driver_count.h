/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many packages, and different ids, the tables hold: for tests and measurements. */
#pragma once

#include "base/cleanup.h"
#include "store/internal.h"

static inline int count_drivers(
	struct store *store, uint64_t *ret_n_packages, uint64_t *ret_n_ids, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, "SELECT (SELECT count(*) FROM driver_package),"
				      " (SELECT count(DISTINCT id) FROM driver_id)");
	int rc = sql_step(&query, err);
	if (rc < 0)
		return rc;
	*ret_n_packages = sql_get_u64(&query);
	*ret_n_ids = sql_get_u64(&query);
	return 0;
}
