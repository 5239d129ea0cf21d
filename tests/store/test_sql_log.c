/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a handle leaves to the next: a short log as it is, a long one begun anew, space for both. */
#include "../unit.h"

#include "store/sql.h"

#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define FRAME_BYTES (24 + 4096)
#define SPACE_BYTES (1 << 20)

struct place {
	char database[128], log[128];
};

static void place_make(struct place *place)
{
	struct error err = ERROR_NULL;
	struct sql *sql;
	const char *folder = scratch_make();
	(void)snprintf(place->database, sizeof(place->database), "%s/x.db", folder);
	(void)snprintf(place->log, sizeof(place->log), "%s/x.db-wal", folder);
	int fd = open(place->database, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && close(fd) == 0);
	assert_ok(sql_open(place->database, &sql, &err));
	assert_ok(sql_run(sql, "CREATE TABLE t (x INTEGER PRIMARY KEY, y BLOB) STRICT", &err));
	sql_close(sql);
}

/* A handle of its own that adds rows of about a page each and goes. */
static void add_pages(const struct place *place, int n)
{
	struct error err = ERROR_NULL;
	struct sql *sql;
	char text[128];
	(void)snprintf(text, sizeof(text),
		"WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %d)"
		" INSERT INTO t (y) SELECT zeroblob(3900) FROM c",
		n);
	assert_ok(sql_open(place->database, &sql, &err));
	assert_ok(sql_run(sql, text, &err));
	sql_close(sql);
}

static int64_t n_rows(struct sql *sql)
{
	struct error err = ERROR_NULL;
	CLEANUP(sql_done) struct sql_query query = sql_query(sql, "SELECT count(*) FROM t");
	assert_int_equal(sql_step(&query, &err), 1);
	return sql_get_i64(&query);
}

static int64_t n_rows_of(const struct place *place)
{
	struct error err = ERROR_NULL;
	struct sql *sql;
	assert_ok(sql_open(place->database, &sql, &err));
	int64_t n = n_rows(sql);
	sql_close(sql);
	return n;
}

/* The pages that the next handle reads: those that follow the head with its salt in them. */
static int n_frames(const struct place *place)
{
	uint8_t head[32], frame[24];
	int fd = open(place->log, O_RDONLY | O_CLOEXEC), n = 0;
	assert_true(fd >= 0);
	if (pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head)) {
		while (pread(fd, frame, sizeof(frame), 32 + (off_t)n * FRAME_BYTES) ==
				(ssize_t)sizeof(frame) &&
			memcmp(frame + 8, head + 16, 8) == 0)
			n++;
	}
	assert_int_equal(close(fd), 0);
	return n;
}

static struct stat status_of(const char *path)
{
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	return status;
}

/* Who only looks writes nothing; who writes little leaves it in the log. */
static void test_short(void **state)
{
	(void)state;
	struct place place;
	place_make(&place);
	off_t size = status_of(place.database).st_size;
	int before = n_frames(&place);
	add_pages(&place, 20);
	assert_true(n_frames(&place) >= before + 20);
	assert_int_equal(status_of(place.database).st_size, size);
	before = n_frames(&place);
	assert_int_equal(n_rows_of(&place), 20);
	assert_int_equal(n_frames(&place), before);
	assert_int_equal(status_of(place.database).st_size, size);
	scratch_remove();
}

/* Many small changes, or one that is large: what the next handle reads stays short, and the file
 * keeps its space and no more. */
static void test_long(void **state)
{
	(void)state;
	struct place place;
	place_make(&place);
	int64_t n = 0;
	for (int i = 0; i < 40; i++, n += 20) {
		add_pages(&place, 20);
		assert_true(n_frames(&place) <= 128);
	}
	assert_true(status_of(place.database).st_size > (off_t)(n - 128) * 3900);
	add_pages(&place, 3000);
	n += 3000;
	assert_true(n_frames(&place) <= 2);
	assert_int_equal(status_of(place.log).st_size, SPACE_BYTES);
	assert_true(status_of(place.log).st_blocks * 512 >= SPACE_BYTES);
	assert_int_equal(n_rows_of(&place), n);
	scratch_remove();
}

/* While somebody reads what the log had before, it cannot begin anew; the next one does it. */
static void test_reader(void **state)
{
	(void)state;
	struct place place;
	struct error err = ERROR_NULL;
	struct sql *reader;
	bool began;
	place_make(&place);
	add_pages(&place, 10);
	assert_ok(sql_open(place.database, &reader, &err));
	assert_ok(sql_begin_reading(reader, &began, &err));
	assert_int_equal(n_rows(reader), 10);
	add_pages(&place, 300);
	assert_true(n_frames(&place) > 300);
	assert_int_equal(n_rows(reader), 10);
	sql_end_reading(reader, began);
	assert_int_equal(n_rows(reader), 310);
	add_pages(&place, 1);
	assert_true(n_frames(&place) <= 2);
	assert_int_equal(n_rows(reader), 311);
	sql_close(reader);
	assert_int_equal(n_rows_of(&place), 311);
	scratch_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_reader),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
