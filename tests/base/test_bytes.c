/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/buffer.h"
#include "base/bytes.h"

#include <errno.h>
#include <string.h>

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

/* From small to some MB, which lie in other memory: what was there stays. */
static void buffers_grow(void **state)
{
	(void)state;
	CLEANUP(buffer_free) struct buffer b = buffer_with_max(16U << 20);
	for (uint32_t i = 0; i < 3U << 20; i++)
		assert_int_equal(buffer_add(&b, &i, sizeof(i)), 0);
	assert_int_equal(buffer_add_zeros(&b, 4U << 20), 0);
	assert_int_equal(buffer_add(&b, "", 1), -EFBIG);
	for (uint32_t i = 0; i < 4U << 20; i++) {
		uint32_t expected = i < 3U << 20 ? i : 0;
		if (memcmp(b.bytes + i * sizeof(i), &expected, sizeof(expected)) != 0)
			fail_msg("%u", i);
	}
	assert_int_equal(b.bytes[b.size], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both_orders),
		cmocka_unit_test(failure_is_sticky),
		cmocka_unit_test(strings_need_their_nul),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(buffers_keep_their_maximum),
		cmocka_unit_test(buffers_grow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
