/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What users have found not to work: marks on driver packages. */
#include "store/drivers.h"
#include "store/internal.h"

#include <errno.h>

static int no_package(const char *id, struct error *err)
{
	return error_set(err, -ENOENT,
		"there is no driver package %.64s; `pewter driver list` shows those there are", id);
}

int store_driver_mark(struct store *store, const struct driver_mark *mark, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO driver_mark (package, condition, instead, why, made_ms)"
		" SELECT number, ?, ?, ?, ? FROM driver_package WHERE id = ?"
		" ON CONFLICT (package, condition) DO UPDATE SET"
		" instead = excluded.instead, why = excluded.why, made_ms = excluded.made_ms");
	sql_put_text(&query, mark->condition);
	sql_put_text(&query, mark->instead);
	sql_put_text(&query, mark->why);
	sql_put_i64(&query, mark->made_ms != 0 ? mark->made_ms : store_now_ms());
	sql_put_text(&query, mark->package);
	int rc = sql_execute(&query, err);
	if (rc == 0 && sql_n_changed(store->sql) == 0)
		rc = no_package(mark->package, err);
	return rc;
}

int store_driver_unmark(struct store *store, const char *package, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"DELETE FROM driver_mark"
		" WHERE package = (SELECT number FROM driver_package WHERE id = ?)");
	sql_put_text(&query, package);
	int rc = sql_execute(&query, err);
	if (rc == 0 && sql_n_changed(store->sql) == 0)
		rc = error_set(err, -ENOENT,
			"%.12s has no mark; `pewter driver show %.12s` tells what is known of it",
			package, package);
	return rc;
}

static void read_mark(struct sql_query *query, void *item)
{
	struct driver_mark *mark = item;
	*mark = (struct driver_mark){.made_ms = 0};
	sql_get_text(query, mark->package, sizeof(mark->package));
	sql_get_text(query, mark->condition, sizeof(mark->condition));
	sql_get_text(query, mark->instead, sizeof(mark->instead));
	sql_get_text(query, mark->why, sizeof(mark->why));
	mark->made_ms = sql_get_i64(query);
}

int store_driver_marks(struct store *store, const char *package, struct driver_mark **ret_marks,
	size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"SELECT id, condition, instead, why, made_ms FROM driver_mark"
		" JOIN driver_package ON number = package WHERE ?1 IS NULL OR id = ?1"
		" ORDER BY made_ms, id, condition");
	sql_put_text(&query, package);
	void *marks = NULL;
	int rc = sql_collect(&query, read_mark, sizeof(struct driver_mark), &marks, ret_n, err);
	if (rc == 0)
		*ret_marks = marks;
	return rc;
}
