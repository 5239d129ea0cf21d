/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What becomes of SQLite's write-ahead log from one command to the next.
 *
 * The first handle reads the whole log (some 3 us a page), and SQLite's own way when the last one
 * closes is to bring all of it into the database again: two syncs and every page that was ever
 * written, also when nothing was. So the log is left as it is while it is short; whoever has
 * written and leaves it long brings it in and begins it anew.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>

struct sqlite3;

struct sql_log {
	struct sqlite3 *db;
	int n_pages;      /* as of our last commit; 0: we wrote nothing */
	bool is_durable;  /* the transaction that runs now waits for the disk */
	bool is_unsynced; /* something was committed that did not */
};

/* log lives as long as db. */
int sql_log_open(struct sql_log *log, struct sqlite3 *db) MUST_CHECK;

/* Before db is closed. What was committed is on the disk then. */
void sql_log_leave(struct sql_log *log);
