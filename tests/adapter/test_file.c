/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "adapter/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define SIZE_BYTES (20U << 20) /* more than two steps of a copy */

/* memfd: memory's file system, which shares no extents; folder: where the tests run, which may. */
static int make_file(const char *folder)
{
	int fd = folder != NULL ? open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)
				: memfd_create("pewter-test", MFD_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static uint8_t *make_bytes(void)
{
	uint8_t *bytes = malloc(SIZE_BYTES);
	assert_non_null(bytes);
	for (uint32_t i = 0; i < SIZE_BYTES; i++)
		bytes[i] = (uint8_t)(i * 2654435761U >> 24);
	return bytes;
}

static void note(void *context, const char *what, uint64_t done, uint64_t total)
{
	uint64_t *last = context;
	assert_string_equal(what, "copying");
	assert_int_equal(total, SIZE_BYTES);
	assert_true(done > *last && done <= total);
	*last = done;
}

static void copies_are_whole_wherever_they_go(void **state)
{
	(void)state;
	static const char *const folders[][2] = {
		{NULL, NULL}, {NULL, "/tmp"}, {"/tmp", NULL}, {"/tmp", "/tmp"}};
	CLEANUP(memory_freep) uint8_t *bytes = make_bytes();
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		CLEANUP(file_closep) int in = make_file(folders[i][0]);
		CLEANUP(file_closep) int out = make_file(folders[i][1]);
		CLEANUP(buffer_free) struct buffer read = buffer_with_max(SIZE_BYTES);
		uint64_t last = 0;
		const struct progress_sink sink = {.report = note, .context = &last};
		assert_int_equal(file_write(in, bytes, SIZE_BYTES), 0);
		assert_int_equal(file_copy(in, out, SIZE_BYTES, &sink), 0);
		assert_int_equal(last, SIZE_BYTES);
		assert_int_equal(file_read_all(out, &read), 0);
		assert_int_equal(read.size, SIZE_BYTES);
		assert_memory_equal(read.bytes, bytes, SIZE_BYTES);
		assert_int_equal(read.bytes[SIZE_BYTES], 0); /* struct buffer's promise */
	}
}

static void part_of_a_file_can_be_copied_but_not_more_than_it_has(void **state)
{
	(void)state;
	CLEANUP(file_closep) int in = make_file("/tmp");
	CLEANUP(file_closep) int out = make_file("/tmp");
	uint64_t size;
	assert_int_equal(file_write(in, "abcdef", 6), 0);
	assert_int_equal(file_copy(in, out, 3, NULL), 0);
	assert_int_equal(file_size(out, &size), 0);
	assert_int_equal(size, 3);
	assert_int_equal(file_copy(in, out, 7, NULL), -EIO);
}

static void reading_past_the_end_is_an_error(void **state)
{
	(void)state;
	CLEANUP(file_closep) int fd = make_file(NULL);
	CLEANUP(buffer_free) struct buffer small = buffer_with_max(5);
	char bytes[6];
	assert_int_equal(file_write(fd, "abcdef", 6), 0);
	assert_int_equal(file_read_at(fd, 2, bytes, 4), 0);
	assert_memory_equal(bytes, "cdef", 4);
	assert_int_equal(file_read_at(fd, 3, bytes, 4), -EIO);
	assert_int_equal(file_read_at(fd, UINT64_C(1) << 40, bytes, 1), -EIO);
	assert_int_equal(file_read_all(fd, &small), -EFBIG);
	assert_int_equal(small.size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_are_whole_wherever_they_go),
		cmocka_unit_test(part_of_a_file_can_be_copied_but_not_more_than_it_has),
		cmocka_unit_test(reading_past_the_end_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
