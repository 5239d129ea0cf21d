/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a driver package's row is read: shared by drivers.c and driver_search.c. */
#pragma once

#include "store/driver_pack.h"
#include "store/sql.h"

/*
 * A package of the database has a number above zero. One that an image's base brings along has one
 * below, and those of one base follow each other: so a search tells by the number in driver_id
 * whether a hit is meant, and need not read the row (whose column base lies behind all its lists).
 */

/* What driver_read_record() reads, in its order; more columns may follow. */
#define SELECT_DRIVER                                                                              \
	"SELECT number, id, inf, class, class_guid, provider, date, version, archs, signature,"    \
	" signer, signed_ms, source, added_ms, size, n_ids, is_incomplete"
#define FROM_DRIVER " FROM driver_package WHERE "

#define OF_DATABASE "number > 0"

void driver_read_record(struct sql_query *query, struct driver_package *package);
/* Says which record it is. */
/* For sql_collect(). */
void driver_read_listed(struct sql_query *query, void *item);
/* Packs and adds it. -EEXIST if a package of this id is there. Inside a transaction. */
int driver_insert(struct store *store, const struct driver_package *package, int64_t number,
	struct error *err) MUST_CHECK;
/* With its ids. Inside a transaction. */
int driver_delete(struct store *store, int64_t number, struct error *err) MUST_CHECK;
int driver_damaged(
	const struct store *store, const struct driver_package *package, int rc, struct error *err);
