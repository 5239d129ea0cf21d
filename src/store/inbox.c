/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/inbox.h"

#include "base/text.h"
#include "store/driver_records.h"
#include "store/internal.h"

#include <errno.h>
#include <string.h>

/* ---- removing ---- */

static void read_row(struct sql_query *query, void *item)
{
	*(int64_t *)item = sql_get_i64(query);
}

/* The packages whose numbers the query gives: all of them are read before one goes. */
static int remove_rows(struct store *store, struct sql_query *query, struct error *err)
{
	void *items = NULL;
	size_t n = 0;
	int rc = sql_collect(query, read_row, sizeof(int64_t), &items, &n, err);
	const int64_t *rows = items;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = driver_delete(store, rows[i], err);
	free(items);
	return rc;
}

static int remove_of_base(struct store *store, const char *base, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, "SELECT number FROM driver_package WHERE base = ?");
	sql_put_text(&query, base);
	return remove_rows(store, &query, err);
}

int inbox_remove_unused(struct store *store, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"SELECT number FROM driver_package WHERE base <> ''"
		" AND NOT EXISTS (SELECT 1 FROM image WHERE image.base = driver_package.base)");
	return remove_rows(store, &query, err);
}

/* ---- adding ---- */

/* Their numbers are below zero, and those of one base follow each other: which base a hit of the
 * search belongs to is told by its number alone (driver_records.h). */
static int next_number(struct store *store, int64_t *ret_number, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(
		store->sql, "SELECT min(0, coalesce(min(number), 0)) - 1 FROM driver_package");
	int rc = sql_step(&query, err);
	if (rc < 0)
		return rc;
	*ret_number = sql_get_i64(&query);
	return 0;
}

static int add_all(struct store *store, const char *base, const struct driver_package *packages,
	size_t n, int64_t number, struct error *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (strcmp(packages[i].base, base) != 0 || packages[i].n_files > 0)
			rc = error_set(err, -EINVAL,
				"%s is no driver that the image %.12s brings along",
				packages[i].inf, base);
		else
			rc = driver_insert(store, &packages[i], number--, err);
	}
	return rc;
}

int store_inbox_put(struct store *store, const char *base, const struct driver_package *packages,
	size_t n, struct error *err)
{
	struct sql_scope scope;
	int rc = sql_enter(store->sql, SQL_DURABLE, &scope, err);
	if (rc < 0)
		return rc;
	int64_t number = 0;
	/* Before the old ones go: a search that has seen them must not take new ones for them. */
	rc = next_number(store, &number, err);
	if (rc == 0)
		rc = remove_of_base(store, base, err);
	if (rc == 0)
		rc = add_all(store, base, packages, n, number, err);
	return sql_leave(store->sql, &scope, rc, err);
}

/* ---- reading ---- */

int store_inbox_list(struct store *store, const char *base, struct driver_package **ret_packages,
	size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, SELECT_DRIVER FROM_DRIVER
		"base = ? ORDER BY lower(inf), lower(provider), date DESC, version DESC, id");
	sql_put_text(&query, base);
	void *items = NULL;
	size_t n = 0;
	int rc = sql_collect(
		&query, driver_read_listed, sizeof(struct driver_package), &items, &n, err);
	if (rc < 0)
		return rc;
	struct driver_package *packages = items;
	for (size_t i = 0; i < n; i++)
		(void)text_copy(packages[i].base, sizeof(packages[i].base), base);
	*ret_packages = packages;
	*ret_n = n;
	return 0;
}

int store_inbox_count(
	struct store *store, const char *base, struct inbox_count *ret_count, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"SELECT count(*), coalesce(sum(lower(class) = 'net'), 0) FROM driver_package"
		" WHERE base = ?");
	sql_put_text(&query, base);
	int rc = sql_step(&query, err);
	if (rc < 0)
		return rc;
	ret_count->n = (size_t)sql_get_u64(&query);
	ret_count->n_nics = (size_t)sql_get_u64(&query);
	return 0;
}

int inbox_numbers(struct store *store, const char *base, int64_t *ret_first, int64_t *ret_last,
	struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"SELECT coalesce(min(number), 0), coalesce(max(number), -1) FROM driver_package"
		" WHERE base = ?");
	sql_put_text(&query, base);
	int rc = sql_step(&query, err);
	if (rc < 0)
		return rc;
	*ret_first = sql_get_i64(&query);
	*ret_last = sql_get_i64(&query);
	return 0;
}
