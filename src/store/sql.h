/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SQLite with manners: statements prepared once and kept, values always bound, failures sticky, so
 * that a query reads as one straight line:
 *
 *   CLEANUP(sql_done)
 *   struct sql_query query = sql_query(sql, "SELECT size FROM blob WHERE sha256 = ?");
 *   sql_put_text(&query, sha256);
 *   int rc = sql_step(&query, err);           1 a row, 0 no more rows, negative errno
 *   uint64_t size = sql_get_u64(&query);      columns from left to right
 *
 * Every commit is followed by a touch of the database file: what sql watchers wait for. (A watch on
 * the write-ahead log would wake them a moment before the commit can be seen.)
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sql;
struct sqlite3_stmt;

/* The file is there already, though it may be empty; path must outlive the handle. */
int sql_open(const char *path, struct sql **ret_sql, struct error *err) MUST_CHECK;
/* How long to wait for another process' write; 10 s unless this says otherwise. */
void sql_set_patience(struct sql *sql, int wait_ms);
struct sql *sql_close(struct sql *sql);
DEFINE_FREEP(struct sql, sql_close);

/* One or more statements without parameters and results. */
int sql_run(struct sql *sql, const char *statements, struct error *err) MUST_CHECK;

struct sql_query {
	struct sql *sql;
	struct sqlite3_stmt *statement;
	int code; /* SQLite's, of the first failure */
	int n_put, n_got;
};

/* text is a literal: its address finds the prepared statement again. */
struct sql_query sql_query(struct sql *sql, const char *text);
void sql_done(struct sql_query *query);
void sql_put_i64(struct sql_query *query, int64_t value);
void sql_put_u64(struct sql_query *query, uint64_t value);
/* The text and the bytes must live until sql_done(). NULL puts NULL. */
void sql_put_text(struct sql_query *query, const char *text);
void sql_put_bytes(struct sql_query *query, const void *bytes, size_t n);
int sql_step(struct sql_query *query, struct error *err) MUST_CHECK;
/* Runs a statement that gives no rows. */
int sql_execute(struct sql_query *query, struct error *err) MUST_CHECK;
int64_t sql_get_i64(struct sql_query *query);
uint64_t sql_get_u64(struct sql_query *query);
void sql_get_text(struct sql_query *query, char *text, size_t size);
/* A copy the caller frees; NULL for NULL. */
int sql_get_new_text(struct sql_query *query, char **ret_text) MUST_CHECK;
/* At most size bytes; the number of bytes, 0 for NULL. */
size_t sql_get_bytes(struct sql_query *query, void *bytes, size_t size);

/* In place: until the next step. NULL for NULL and for none. */
const void *sql_get_bytes_in_place(struct sql_query *query, size_t *ret_n);

int64_t sql_last_id(const struct sql *sql);
int64_t sql_n_changed(const struct sql *sql);
bool sql_in_transaction(const struct sql *sql);

enum sql_durability {
	SQL_ATOMIC,  /* after a power cut all of it is there or nothing */
	SQL_DURABLE, /* and all of it, once the commit has returned */
};
/* They do not nest. */
int sql_begin(struct sql *sql, enum sql_durability durability, struct error *err) MUST_CHECK;
int sql_commit(struct sql *sql, struct error *err) MUST_CHECK;
void sql_rollback(struct sql *sql);

/* One look of many queries: they see the same moment, and the locks are taken once. Nothing if the
 * caller is in a transaction already; *ret_began says whether sql_end_reading() has to end it. */
int sql_begin_reading(struct sql *sql, bool *ret_began, struct error *err) MUST_CHECK;
void sql_end_reading(struct sql *sql, bool began);

/*
 * All or nothing: a transaction of its own, or a savepoint inside the caller's
 * (which then decides about durability).
 */
struct sql_scope {
	bool is_savepoint;
};
int sql_enter(struct sql *sql, enum sql_durability durability, struct sql_scope *ret_scope,
	struct error *err) MUST_CHECK;
/* rc = 0 commits; anything else undoes everything and is returned. */
int sql_leave(struct sql *sql, const struct sql_scope *scope, int rc, struct error *err) MUST_CHECK;

/* All rows as an array of items, each filled in by read; free() releases it. */
typedef void sql_read_function(struct sql_query *query, void *item);
int sql_collect(struct sql_query *query, sql_read_function *read, size_t item_size,
	void **ret_items, size_t *ret_n, struct error *err) MUST_CHECK;
/* Room for one more item in an array that doubles: the array, or NULL without memory (the old one
 * stays). */
void *sql_grow(void *items, size_t n, size_t item_size);
