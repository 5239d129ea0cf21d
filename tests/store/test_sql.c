/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manners of the SQL helpers: what is durable when, what nests, what failures leave behind. */
#include "../unit.h"

#include "store/sql.h"

#include "scratch.h"

#include <errno.h>
#include <fcntl.h>

#define NORMAL 1
#define FULL   2

static struct sql *open_new(char path[static 128])
{
	struct error err = ERROR_NULL;
	struct sql *sql;
	(void)snprintf(path, 128, "%s/x.db", scratch_make());
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && close(fd) == 0);
	assert_ok(sql_open(path, &sql, &err));
	assert_ok(sql_run(sql, "CREATE TABLE t (x INTEGER PRIMARY KEY, y TEXT) STRICT", &err));
	return sql;
}

static int64_t one_number(struct sql *sql, const char *text)
{
	struct error err = ERROR_NULL;
	CLEANUP(sql_done) struct sql_query query = sql_query(sql, text);
	assert_int_equal(sql_step(&query, &err), 1);
	return sql_get_i64(&query);
}

static int insert(struct sql *sql, int64_t x, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(sql, "INSERT INTO t (x, y) VALUES (?, ?)");
	sql_put_i64(&query, x);
	sql_put_text(&query, "text");
	return sql_execute(&query, err);
}

/* Only a durable transaction waits for the disk; what follows it does not. */
static void test_durability(void **state)
{
	(void)state;
	char path[128];
	struct error err = ERROR_NULL;
	struct sql *sql = open_new(path);
	static const char how[] = "PRAGMA synchronous";
	assert_int_equal(one_number(sql, how), NORMAL);
	assert_ok(sql_begin(sql, SQL_DURABLE, &err));
	assert_int_equal(one_number(sql, how), FULL);
	assert_ok(sql_commit(sql, &err));
	assert_int_equal(one_number(sql, how), NORMAL);
	assert_ok(sql_begin(sql, SQL_DURABLE, &err));
	sql_rollback(sql);
	assert_int_equal(one_number(sql, how), NORMAL);
	assert_ok(sql_begin(sql, SQL_ATOMIC, &err));
	assert_int_equal(one_number(sql, how), NORMAL);
	assert_ok(sql_commit(sql, &err));
	sql_close(sql);
	scratch_remove();
}

static void test_scopes(void **state)
{
	(void)state;
	char path[128];
	struct error err = ERROR_NULL;
	struct sql_scope outer, inner;
	struct sql *sql = open_new(path);
	static const char count[] = "SELECT count(*) FROM t";

	assert_ok(sql_enter(sql, SQL_ATOMIC, &outer, &err));
	assert_ok(insert(sql, 1, &err));
	assert_ok(sql_enter(sql, SQL_ATOMIC, &inner, &err));
	assert_ok(insert(sql, 2, &err));
	assert_int_equal(insert(sql, 1, &err), -EEXIST);
	assert_int_equal(sql_leave(sql, &inner, -EEXIST, &err), -EEXIST);
	assert_int_equal(one_number(sql, count), 1);
	assert_ok(sql_enter(sql, SQL_ATOMIC, &inner, &err));
	assert_ok(insert(sql, 3, &err));
	assert_ok(sql_leave(sql, &inner, 0, &err));
	assert_true(sql_in_transaction(sql));
	assert_ok(sql_leave(sql, &outer, 0, &err));
	assert_false(sql_in_transaction(sql));
	assert_int_equal(one_number(sql, count), 2);

	assert_ok(sql_enter(sql, SQL_DURABLE, &outer, &err));
	assert_ok(insert(sql, 9, &err));
	assert_int_equal(sql_leave(sql, &outer, -ENOSPC, &err), -ENOSPC);
	assert_int_equal(one_number(sql, count), 2);
	sql_close(sql);
	scratch_remove();
}

/* A query fails once and stays failed; the next use of the same statement starts clean. */
static void test_sticky(void **state)
{
	(void)state;
	char path[128];
	struct error err = ERROR_NULL;
	struct sql *sql = open_new(path);
	static const char text[] = "INSERT INTO t (x) VALUES (?)";
	struct sql_query query = sql_query(sql, text);
	sql_put_u64(&query, UINT64_MAX);
	assert_true(sql_execute(&query, &err) < 0);
	sql_done(&query);
	query = sql_query(sql, text);
	sql_put_u64(&query, INT64_MAX);
	assert_ok(sql_execute(&query, &err));
	sql_done(&query);
	query = sql_query(sql, "SELECT x FROM nowhere");
	assert_true(sql_step(&query, &err) < 0);
	assert_non_null(strstr(err.text, "nowhere"));
	sql_done(&query);

	query = sql_query(sql, "SELECT y, y, y FROM t");
	char small[3] = "zz", *copy = (char *)1;
	assert_int_equal(sql_step(&query, &err), 1);
	sql_get_text(&query, small, sizeof(small));
	assert_string_equal(small, "");
	assert_int_equal(sql_get_new_text(&query, &copy), 0);
	assert_null(copy);
	assert_int_equal(sql_get_bytes(&query, small, sizeof(small)), 0);
	assert_int_equal(sql_step(&query, &err), 0);
	sql_done(&query);
	sql_close(sql);
	scratch_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durability),
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_sticky),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
