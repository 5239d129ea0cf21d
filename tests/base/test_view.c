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

static void views_are_made_of_views(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *outer = NULL;
	struct view *inner = NULL;
	char bytes[16] = "";
	assert_int_equal(view_new(&inner), 0);
	assert_int_equal(view_new(&outer), 0);
	int fd = file_with("0123456789");
	assert_int_equal(view_add_copy(inner, "abc", 3), 0);
	assert_int_equal(view_add_file(inner, fd, 0, 10), 0);
	assert_int_equal(view_add_view(outer, inner, 11, 2), 0);
	assert_int_equal(view_add_view(outer, inner, 1, 4), 0);
	/* What follows in the file follows in the segment. */
	assert_int_equal(view_add_view(outer, inner, 5, 3), 0);
	assert_int_equal(view_n_segments(outer), 3);
	assert_int_equal(view_add_view(outer, inner, 12, 2), -ERANGE);
	assert_int_equal(view_add_view(outer, inner, 13, 0), 0);
	for (uint64_t from = 0; from < 9; from++) {
		for (size_t n = 1; n <= 9 - from; n++) {
			CLEANUP(buffer_free) struct buffer out = buffer_with_max(9);
			assert_int_equal(view_map(outer, from, n, 0, &out), 0);
			assert_int_equal(out.size, n);
			assert_memory_equal(out.bytes, &"89bc01234"[from], n);
			assert_int_equal(out.bytes[n], 0);
		}
	}
	/* "89" and "01234" are the same bytes of the same file in both; "bc" is memory. */
	assert_true(view_is_shared(outer, 0, inner, 11, 2));
	assert_true(view_is_shared(outer, 4, inner, 3, 5));
	assert_false(view_is_shared(outer, 4, inner, 4, 2));
	assert_false(view_is_shared(outer, 0, inner, 11, 3));
	assert_false(view_is_shared(outer, 2, inner, 1, 2));
	assert_false(view_is_shared(outer, 9, inner, 13, 1));
	inner = view_unref(inner); /* the outer one keeps it */
	assert_int_equal(view_size(outer), 9);
	assert_int_equal(view_read(outer, 0, bytes, 9), 0);
	assert_string_equal(bytes, "89bc01234");
	outer = view_unref(outer);
	assert_int_equal(close(fd), -1);
}

/* A revision with thousands of packages: the right segment is found wherever one looks. */
static void many_segments_are_found(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *view = NULL;
	uint64_t size = 0;
	uint8_t byte;
	assert_int_equal(view_new(&view), 0);
	for (size_t i = 0; i < 3000; i++) {
		uint8_t bytes[7];
		memset(bytes, (int)(i % 251), sizeof(bytes));
		assert_int_equal(view_add_copy(view, bytes, 1 + i % 7), 0);
		size += 1 + i % 7;
	}
	assert_int_equal(view_size(view), size);
	uint64_t at = 0;
	for (size_t i = 0; i < 3000; at += 1 + i % 7, i++) {
		assert_int_equal(view_read(view, at + i % 7, &byte, 1), 0);
		assert_int_equal(byte, i % 251);
	}
	assert_null(view_find(view, size, &at));
}

static void zeros_need_no_memory(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *view = NULL, *other = NULL;
	char bytes[16];
	assert_int_equal(view_new(&view), 0);
	assert_int_equal(view_new(&other), 0);
	assert_int_equal(view_add_zeros(other, 0), 0);
	assert_int_equal(view_add_copy(other, "ab", 2), 0);
	assert_int_equal(view_add_zeros(other, 1ULL << 40), 0);
	assert_int_equal(view_add_zeros(other, 3), 0); /* one with those before */
	assert_int_equal(view_n_segments(other), 2);
	assert_int_equal(view_add_static(other, "yz", 2), 0);
	assert_int_equal(view_add_view(view, other, 1, 5), 0);
	assert_int_equal(view_add_view(view, other, 1ULL << 40, 7), 0);
	assert_int_equal(view_size(view), 12);
	assert_int_equal(view_read(view, 0, bytes, 12), 0);
	assert_memory_equal(bytes, "b\0\0\0\0\0\0\0\0\0yz", 12);
	assert_int_equal(view_add_zeros(view, UINT64_MAX), -EOVERFLOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeros_need_no_memory),
		cmocka_unit_test(segments_read_as_one),
		cmocka_unit_test(a_file_that_shrinks_is_an_error),
		cmocka_unit_test(bad_ranges_are_refused_and_closed),
		cmocka_unit_test(views_are_made_of_views),
		cmocka_unit_test(many_segments_are_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
