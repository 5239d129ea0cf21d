/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/buffer.h"
#include "base/bytes.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void reads_both_orders(void **state)
{
	(void)state;
	const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
	struct reader r = reader_over(bytes, sizeof(bytes));
	assert_int_equal(reader_be16(&r), 0x0102);
	assert_int_equal(reader_le16(&r), 0x0403);
	assert_int_equal(reader_be32(&r), 0x05060708);
	assert_int_equal(reader_left(&r), 2);
	assert_false(r.failed);
}

static void failure_is_sticky(void **state)
{
	(void)state;
	const uint8_t bytes[] = {1, 2, 3};
	struct reader r = reader_over(bytes, sizeof(bytes));
	assert_int_equal(reader_be32(&r), 0);
	assert_true(r.failed);
	assert_int_equal(reader_u8(&r), 0); /* though one byte would be there */
	assert_int_equal(reader_left(&r), 0);
	assert_null(reader_bytes(&r, SIZE_MAX));
}

static void strings_need_their_nul(void **state)
{
	(void)state;
	struct reader r = reader_over("ab\0cd", 5);
	size_t n = 0;
	assert_string_equal(reader_string(&r, &n), "ab");
	assert_int_equal(n, 2);
	assert_null(reader_string(&r, &n));
	assert_true(r.failed);
}

static void writes_what_it_reads(void **state)
{
	(void)state;
	uint8_t bytes[28];
	struct writer w = writer_over(bytes, sizeof(bytes));
	writer_be16(&w, 0x1122);
	writer_le16(&w, 0x1122);
	writer_be32(&w, 0x11223344);
	writer_le32(&w, 0x11223344);
	writer_be64(&w, 0x1122334455667788);
	writer_le64(&w, 0x1122334455667788);
	assert_false(w.failed);
	assert_int_equal(writer_left(&w), 0);
	struct reader r = reader_over(bytes, sizeof(bytes));
	assert_int_equal(reader_be16(&r), 0x1122);
	assert_int_equal(reader_le16(&r), 0x1122);
	assert_int_equal(reader_be32(&r), 0x11223344);
	assert_int_equal(reader_le32(&r), 0x11223344);
	assert_true(reader_be64(&r) == 0x1122334455667788);
	assert_true(reader_le64(&r) == 0x1122334455667788);
	writer_u8(&w, 1);
	assert_true(w.failed);
}

static void buffers_keep_their_maximum(void **state)
{
	(void)state;
	struct buffer b = buffer_with_max(10);
	assert_int_equal(buffer_add_text(&b, "12345678"), 0);
	assert_int_equal(buffer_add_text(&b, "901"), -EFBIG);
	assert_int_equal(b.size, 8);
	assert_int_equal(buffer_printf(&b, "%d", 90), 0);
	assert_string_equal((char *)b.bytes, "1234567890");
	assert_int_equal(buffer_reserve(&b, SIZE_MAX), -EFBIG);
	buffer_free(&b);
}

static int some_file(size_t n)
{
	int fd = memfd_create("bytes", MFD_CLOEXEC);
	assert_true(fd >= 0);
	for (size_t i = 0; i < n; i++) {
		const uint8_t byte = (uint8_t)(i * 7 + i / 4096);
		assert_int_equal(write(fd, &byte, 1), 1);
	}
	return fd;
}

static void assert_bytes_of_file(const uint8_t *bytes, size_t at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != (uint8_t)((at + i) * 7 + (at + i) / 4096))
			fail_msg("byte %zu", at + i);
}

/* Wherever the range begins and ends; what is written stays in memory, and growing moves it. */
static void buffers_show_files(void **state)
{
	(void)state;
	static const struct {
		uint64_t at;
		size_t n;
	} ranges[] = {{0, 20000}, {0, 4096}, {4096, 4096}, {5000, 3192}, {1, 4095}, {19999, 1}};
	int fd = some_file(20000);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		const size_t n = ranges[i].n;
		uint8_t before;
		CLEANUP(buffer_free) struct buffer b = buffer_with_max(40000);
		assert_int_equal(buffer_add_text(&b, "what was there"), 0);
		assert_int_equal(buffer_map(&b, fd, ranges[i].at, n, 10), 0);
		assert_int_equal(b.size, n);
		assert_int_equal(b.bytes[n], 0);
		assert_bytes_of_file(b.bytes, ranges[i].at, n);
		b.bytes[0] ^= 0xff;
		assert_int_equal(pread(fd, &before, 1, (off_t)ranges[i].at), 1);
		assert_int_equal(before, b.bytes[0] ^ 0xff);
		const uint8_t *where = b.bytes;
		assert_int_equal(buffer_add_text(&b, "0123456789"), 0);
		assert_ptr_equal(b.bytes, where); /* the room it asked for */
		assert_int_equal(buffer_add_zeros(&b, 15000), 0);
		assert_int_equal(b.bytes[0] ^ 0xff, before);
		assert_bytes_of_file(b.bytes + 1, ranges[i].at + 1, n - 1);
		assert_string_equal((const char *)b.bytes + n, "0123456789");
	}
	assert_int_equal(close(fd), 0);
}

/* Pages that cannot be read give an error, not a signal; the buffer is as it was. */
static void buffers_do_not_show_what_is_not_there(void **state)
{
	(void)state;
	CLEANUP(buffer_free) struct buffer b = buffer_with_max(1U << 20);
	int fd = some_file(5000);
	assert_int_equal(buffer_add_text(&b, "as it was"), 0);
	assert_true(buffer_map(&b, fd, 0, 9000, 0) < 0);
	assert_true(buffer_map(&b, fd, 1U << 20, 10, 0) < 0);
	assert_true(buffer_map(&b, -1, 0, 10, 0) < 0);
	assert_int_equal(buffer_map(&b, fd, 0, (1U << 20) + 1, 0), -EFBIG);
	assert_string_equal((const char *)b.bytes, "as it was");
	assert_int_equal(close(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both_orders),
		cmocka_unit_test(failure_is_sticky),
		cmocka_unit_test(strings_need_their_nul),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(buffers_keep_their_maximum),
		cmocka_unit_test(buffers_show_files),
		cmocka_unit_test(buffers_do_not_show_what_is_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
