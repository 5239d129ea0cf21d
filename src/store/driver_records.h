/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a driver package's row is written and read: for what adds, reads and searches packages. */
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

/* ---- drivers.c ---- */

/* As the columns signature and kind have them. */
const char *driver_record_signature(enum driver_signature signature);
const char *driver_record_file_kind(enum driver_file_kind kind);
void driver_read_record(struct sql_query *query, struct driver_package *package);
/* The same, for sql_collect(). */
void driver_read_listed(struct sql_query *query, void *item);
/* Says which record it is. */
int driver_damaged(
	const struct store *store, const struct driver_package *package, int rc, struct error *err);
/* With its ids. Inside a transaction. */
int driver_delete(struct store *store, int64_t number, struct error *err) MUST_CHECK;

/* ---- driver_add.c ---- */

/* Packs and adds it. -EEXIST if a package of this id is there. Inside a transaction. */
int driver_insert(struct store *store, const struct driver_package *package, int64_t number,
	struct error *err) MUST_CHECK;
