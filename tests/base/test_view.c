/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/view.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int file_with(const char *text)
{
	int fd = memfd_create("view", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	return fd;
}

static void segments_read_as_one(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *view = NULL;
	char bytes[32] = "";
	assert_int_equal(view_new(&view), 0);
	assert_int_equal(view_add_copy(view, "head-", 5), 0);
	assert_int_equal(view_add_file(view, file_with("xxBASExx"), 2, 4), 0);
	assert_int_equal(view_add_static(view, "-tail", 5), 0);
	assert_int_equal(view_add_copy(view, "", 0), 0);
	assert_int_equal(view_size(view), 14);
	assert_int_equal(view_n_segments(view), 3);
	for (uint64_t from = 0; from <= 14; from++) {
		for (uint64_t to = from; to <= 14; to++) {
			memset(bytes, 0, sizeof(bytes));
			assert_int_equal(view_read(view, from, bytes, to - from), 0);
			assert_memory_equal(bytes, &"head-BASE-tail"[from], to - from);
		}
	}
	assert_int_equal(view_read(view, 14, bytes, 1), -ERANGE);
	assert_int_equal(view_read(view, UINT64_MAX, bytes, 2), -ERANGE);
}

static void a_file_that_shrinks_is_an_error(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *view = NULL;
	char bytes[8];
	int fd = file_with("12345678"), same = dup(fd);
	assert_int_equal(view_new(&view), 0);
	assert_int_equal(view_add_file(view, fd, 0, 8), 0);
	assert_int_equal(ftruncate(same, 4), 0);
	assert_int_equal(view_read(view, 0, bytes, 4), 0);
	assert_int_equal(view_read(view, 0, bytes, 8), -EIO);
	assert_int_equal(close(same), 0);
}

static void bad_ranges_are_refused_and_closed(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *view = NULL;
	assert_int_equal(view_new(&view), 0);
	int fd = file_with("x");
	assert_int_equal(view_add_file(view, fd, UINT64_MAX, 2), -EOVERFLOW);
	assert_int_equal(close(fd), -1); /* it was closed for us */
	for (int i = 0; i < VIEW_SEGMENTS_MAX; i++)
		assert_int_equal(view_add_static(view, "x", 1), 0);
	assert_int_equal(view_add_static(view, "x", 1), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments_read_as_one),
		cmocka_unit_test(a_file_that_shrinks_is_an_error),
		cmocka_unit_test(bad_ranges_are_refused_and_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
