/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/cleanup.h"
#include "format/wim.h"
#include "format/wim_chunks.h"

#include <errno.h>
#include <string.h>

static void writes_and_reads_a_table(void **state)
{
	(void)state;
	static const uint32_t sizes[] = {1000, WIM_CHUNK_BYTES, 5, 77};
	const uint64_t original = 3 * WIM_CHUNK_BYTES + 100;
	struct buffer out = buffer_with_max(1000);
	struct wim_chunks chunks;
	struct error err = ERROR_NULL;

	assert_int_equal(wim_chunks_write_table(sizes, 4, original, &out), 0);
	assert_int_equal(out.size, 12);
	assert_memory_equal(out.bytes, "\xe8\x03\0\0\xe8\x83\0\0\xed\x83\0\0", 12);

	const uint64_t stored = 12 + 1000 + WIM_CHUNK_BYTES + 5 + 77;
	assert_int_equal(wim_chunks_read(out.bytes, out.size, stored, original, &chunks, &err), 0);
	assert_int_equal(chunks.n, 4);
	assert_int_equal(chunks.table_bytes, 12);
	uint64_t at = 12;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(chunks.chunks[i].at, at);
		assert_int_equal(chunks.chunks[i].stored_bytes, sizes[i]);
		assert_int_equal(chunks.chunks[i].original_bytes, i < 3 ? WIM_CHUNK_BYTES : 100);
		at += sizes[i];
	}
	wim_chunks_clear(&chunks);
	buffer_free(&out);
}

static void tables_have_the_sizes_that_the_format_says(void **state)
{
	(void)state;
	static const struct {
		uint64_t original, n, table_bytes;
	} rows[] = {
		{0, 0, 0},
		{1, 1, 0},
		{WIM_CHUNK_BYTES, 1, 0},
		{WIM_CHUNK_BYTES + 1, 2, 4},
		{UINT32_MAX, 131072, 131071 * 4},
		{UINT64_C(1) << 32, 131072, 131071 * 8},
		{UINT64_MAX, UINT64_C(1) << 49, ((UINT64_C(1) << 49) - 1) * 8},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(wim_chunks_count(rows[i].original), rows[i].n);
		assert_int_equal(wim_chunks_table_bytes(rows[i].original), rows[i].table_bytes);
	}
}

static void reads_entries_of_eight_bytes(void **state)
{
	(void)state;
	const uint64_t original = (UINT64_C(1) << 32) + 1;
	const size_t n = wim_chunks_count(original);
	struct buffer out = buffer_with_max(2U << 20);
	struct wim_chunks chunks;
	struct error err = ERROR_NULL;
	uint32_t *sizes = calloc(n, sizeof(*sizes));
	assert_non_null(sizes);
	for (size_t i = 0; i < n; i++)
		sizes[i] = WIM_CHUNK_BYTES;

	assert_int_equal(wim_chunks_write_table(sizes, n, original, &out), 0);
	assert_int_equal(out.size, (n - 1) * 8);
	assert_int_equal(
		wim_chunks_read(out.bytes, out.size, out.size + original, original, &chunks, &err),
		0);
	assert_int_equal(chunks.n, n);
	assert_int_equal(chunks.chunks[n - 1].at, out.size + original - 1);
	assert_int_equal(chunks.chunks[n - 1].stored_bytes, 1);
	wim_chunks_clear(&chunks);
	buffer_free(&out);
	free(sizes);
}

static void refuses_what_does_not_add_up(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		const char *table; /* of two entries */
		size_t n;
		uint64_t stored, original;
	} rows[] = {
		{"backwards", "\x80\0\0\0\x40\0\0\0", 8, 300, 3 * WIM_CHUNK_BYTES},
		{"empty chunk", "\x80\0\0\0\x80\0\0\0", 8, 300, 3 * WIM_CHUNK_BYTES},
		{"empty first", "\0\0\0\0\x80\0\0\0", 8, 300, 3 * WIM_CHUNK_BYTES},
		{"past the end", "\x80\0\0\0\xff\xff\xff\xff", 8, 300, 3 * WIM_CHUNK_BYTES},
		{"last empty", "\x80\0\0\0\x24\x01\0\0", 8, 300, 3 * WIM_CHUNK_BYTES},
		{"longer than it expands to", "\x01\x80\0\0\x02\x80\0\0", 8, 40000,
			3 * WIM_CHUNK_BYTES},
		{"last longer than it expands to", "\x80\0\0\0\x90\0\0\0", 8, 300,
			2 * WIM_CHUNK_BYTES + 10},
		{"table not there", "\x80\0\0\0\x90\0\0\0", 7, 300, 3 * WIM_CHUNK_BYTES},
		{"table past the resource", "\x80\0\0\0\x90\0\0\0", 8, 7, 3 * WIM_CHUNK_BYTES},
		{"2^56 bytes", "\x80\0\0\0\x90\0\0\0", 8, 300, UINT64_C(1) << 56},
		{"all there is", "\x80\0\0\0\x90\0\0\0", 8, UINT64_MAX, UINT64_MAX},
		{"nothing", "", 0, 0, 1},
		{"something of nothing", "", 0, 10, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wim_chunks chunks;
		struct error err = ERROR_NULL;
		print_message("%s\n", rows[i].what);
		assert_int_equal(wim_chunks_read(rows[i].table, rows[i].n, rows[i].stored,
					 rows[i].original, &chunks, &err),
			-EINVAL);
		assert_true(err.text[0] != 0);
	}
}

static void one_chunk_needs_no_table(void **state)
{
	(void)state;
	struct wim_chunks chunks;
	struct error err = ERROR_NULL;
	assert_int_equal(wim_chunks_read("", 0, 10, 100, &chunks, &err), 0);
	assert_int_equal(chunks.n, 1);
	assert_int_equal(chunks.chunks[0].at, 0);
	assert_int_equal(chunks.chunks[0].stored_bytes, 10);
	assert_int_equal(chunks.chunks[0].original_bytes, 100);
	wim_chunks_clear(&chunks);
	assert_int_equal(wim_chunks_read("", 0, 0, 0, &chunks, &err), 0);
	assert_int_equal(chunks.n, 0);
	wim_chunks_clear(&chunks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_and_reads_a_table),
		cmocka_unit_test(tables_have_the_sizes_that_the_format_says),
		cmocka_unit_test(reads_entries_of_eight_bytes),
		cmocka_unit_test(refuses_what_does_not_add_up),
		cmocka_unit_test(one_chunk_needs_no_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
