/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a driver package's row is read: shared by drivers.c and driver_search.c. */
#pragma once

#include "store/driver_pack.h"
#include "store/sql.h"

/* What driver_read_record() reads, in its order; more columns may follow. */
#define SELECT_DRIVER                                                                              \
	"SELECT number, id, inf, class, class_guid, provider, date, version, archs, signature,"    \
	" signer, signed_ms, source, added_ms, size, n_ids, is_incomplete"
#define FROM_DRIVER " FROM driver_package WHERE "

void driver_read_record(struct sql_query *query, struct driver_package *package);
/* Says which record it is. */
int driver_damaged(
	const struct store *store, const struct driver_package *package, int rc, struct error *err);
