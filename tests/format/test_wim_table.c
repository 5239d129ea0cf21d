/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "format/wim_table.h"

#include <errno.h>
#include <string.h>

static const uint8_t entry_bytes[WIM_BLOB_ENTRY_BYTES + 1] =
	"\x10\x20\0\0\0\0\0\x04" /* stored size, flags */
	"\xd0\0\0\0\x01\0\0\0"   /* offset */
	"\0\x40\0\0\0\0\0\0"     /* original size */
	"\x01\0\x05\0\0\0"       /* part, uses */
	"abcdefghijklmnopqrst";

static void reads_and_writes_entries(void **state)
{
	(void)state;
	struct wim_blob_entry entry;
	uint8_t again[WIM_BLOB_ENTRY_BYTES];

	wim_blob_entry_read(entry_bytes, &entry);
	assert_int_equal(entry.resource.stored_bytes, 0x2010);
	assert_int_equal(entry.resource.flags, WIM_RESOURCE_COMPRESSED);
	assert_int_equal(entry.resource.offset, UINT64_C(0x1000000d0));
	assert_int_equal(entry.resource.original_bytes, 0x4000);
	assert_int_equal(entry.part, 1);
	assert_int_equal(entry.n_uses, 5);
	assert_memory_equal(entry.sha1, "abcdefghijklmnopqrst", 20);
	wim_blob_entry_write(&entry, again);
	assert_memory_equal(again, entry_bytes, sizeof(again));
}

/* n entries with SHA-1s in no order; every 100th is metadata. */
static uint8_t *make_table(size_t n, bool is_hostile)
{
	uint8_t *table = calloc(n, WIM_BLOB_ENTRY_BYTES);
	assert_non_null(table);
	for (size_t i = 0; i < n; i++) {
		struct wim_blob_entry entry = {.part = 1, .n_uses = 1};
		struct writer w = writer_over(entry.sha1, sizeof(entry.sha1));
		if (is_hostile)
			writer_zeros(&w, 8); /* all in one bucket */
		writer_be64(&w, (i + 1) * UINT64_C(0x9e3779b97f4a7c15));
		entry.resource.flags = i % 100 == 0 ? WIM_RESOURCE_METADATA : 0;
		wim_blob_entry_write(&entry, table + i * WIM_BLOB_ENTRY_BYTES);
	}
	return table;
}

static void finds_every_blob(void **state)
{
	(void)state;
	const size_t n = 20000;
	for (int is_hostile = 0; is_hostile < 2; is_hostile++) {
		uint8_t *table = make_table(n, is_hostile == 1);
		struct error err = ERROR_NULL;
		CLEANUP(wim_blob_index_closep) struct wim_blob_index *index = NULL;
		assert_int_equal(
			wim_blob_index_open(table, n * WIM_BLOB_ENTRY_BYTES, &index, &err), 0);
		for (size_t i = 0; i < n; i++) {
			const uint8_t *sha1 = table + i * WIM_BLOB_ENTRY_BYTES + 30;
			assert_int_equal(
				wim_blob_index_find(index, sha1), i % 100 == 0 ? -1 : (int64_t)i);
		}
		uint8_t other[20] = {0};
		assert_int_equal(wim_blob_index_find(index, other), -1);
		memset(other, 0xff, sizeof(other));
		assert_int_equal(wim_blob_index_find(index, other), -1);
		for (size_t nth = 0; nth < n / 100; nth++)
			assert_int_equal(wim_blob_index_metadata(index, nth), nth * 100);
		assert_int_equal(wim_blob_index_metadata(index, n / 100), -1);
		index = wim_blob_index_close(index);
		free(table);
	}
}

/* An index that was kept finds what it found before. */
static void an_index_is_restored(void **state)
{
	(void)state;
	const size_t n = 3000;
	uint8_t *table = make_table(n, false);
	struct error err = ERROR_NULL;
	CLEANUP(wim_blob_index_closep) struct wim_blob_index *index = NULL, *again = NULL;
	assert_int_equal(wim_blob_index_open(table, n * WIM_BLOB_ENTRY_BYTES, &index, &err), 0);
	struct wim_blob_order order = wim_blob_index_order(index);
	assert_int_equal(order.n_files, n - n / 100);
	assert_int_equal(order.metadata, 0);
	assert_int_equal(
		wim_blob_index_restore(table, n * WIM_BLOB_ENTRY_BYTES, &order, &again, &err), 0);
	for (size_t i = 0; i < n; i++) {
		const uint8_t *sha1 = table + i * WIM_BLOB_ENTRY_BYTES + 30;
		assert_int_equal(wim_blob_index_find(again, sha1), i % 100 == 0 ? -1 : (int64_t)i);
	}
	assert_int_equal(wim_blob_index_metadata(again, 0), 0);
	assert_int_equal(wim_blob_index_metadata(again, 1), -1);

	/* Not over a table that is shorter than the one it was made of. */
	again = wim_blob_index_close(again);
	assert_int_equal(
		wim_blob_index_restore(table, (n - 1) * WIM_BLOB_ENTRY_BYTES, &order, &again, &err),
		-EINVAL);
	order.n_files = 1;
	order.metadata = (uint32_t)n;
	assert_int_equal(
		wim_blob_index_restore(table, n * WIM_BLOB_ENTRY_BYTES, &order, &again, &err),
		-EINVAL);
	free(table);
}

static void equal_blobs_are_found_one_after_the_other(void **state)
{
	(void)state;
	static const uint32_t places[] = {3, 100, 101, 999};
	uint8_t *table = make_table(1000, false);
	struct error err = ERROR_NULL;
	CLEANUP(wim_blob_index_closep) struct wim_blob_index *index = NULL;
	uint8_t sha1[20];
	memset(sha1, 0x77, sizeof(sha1));
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		uint8_t *entry = table + places[i] * WIM_BLOB_ENTRY_BYTES;
		memcpy(entry + 30, sha1, sizeof(sha1));
		entry[7] = 0; /* a file's */
	}
	assert_int_equal(wim_blob_index_open(table, 1000 * WIM_BLOB_ENTRY_BYTES, &index, &err), 0);
	int64_t at = wim_blob_index_find(index, sha1);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		assert_int_equal(at, places[i]);
		at = wim_blob_index_find_after(index, sha1, (uint32_t)at);
	}
	assert_int_equal(at, -1);
	free(table);
}

static void of_equal_blobs_the_first_is_found(void **state)
{
	(void)state;
	uint8_t table[5 * WIM_BLOB_ENTRY_BYTES];
	struct error err = ERROR_NULL;
	for (size_t i = 0; i < 5; i++)
		memcpy(table + i * WIM_BLOB_ENTRY_BYTES, entry_bytes, WIM_BLOB_ENTRY_BYTES);
	CLEANUP(wim_blob_index_closep) struct wim_blob_index *index = NULL;
	assert_int_equal(wim_blob_index_open(table, sizeof(table), &index, &err), 0);
	assert_int_equal(wim_blob_index_find(index, entry_bytes + 30), 0);
}

static void free_entries_do_not_count(void **state)
{
	(void)state;
	uint8_t table[3 * WIM_BLOB_ENTRY_BYTES];
	struct error err = ERROR_NULL;
	for (uint32_t i = 0; i < 3; i++) {
		struct wim_blob_entry entry = {.part = 1, .n_uses = 1, .sha1 = {1}};
		entry.resource.flags = i == 1 ? WIM_RESOURCE_COMPRESSED : WIM_RESOURCE_FREE;
		wim_blob_entry_write(&entry, table + i * WIM_BLOB_ENTRY_BYTES);
	}
	CLEANUP(wim_blob_index_closep) struct wim_blob_index *index = NULL;
	assert_int_equal(wim_blob_index_open(table, sizeof(table), &index, &err), 0);
	assert_int_equal(wim_blob_index_find(index, table + 30), 1);
}

static void metadata_of_removed_images_does_not_count(void **state)
{
	(void)state;
	uint8_t table[4 * WIM_BLOB_ENTRY_BYTES];
	struct error err = ERROR_NULL;
	for (uint32_t i = 0; i < 4; i++) {
		struct wim_blob_entry entry = {.part = 1, .n_uses = i % 2};
		entry.resource.flags = WIM_RESOURCE_METADATA;
		wim_blob_entry_write(&entry, table + i * WIM_BLOB_ENTRY_BYTES);
	}
	CLEANUP(wim_blob_index_closep) struct wim_blob_index *index = NULL;
	assert_int_equal(wim_blob_index_open(table, sizeof(table), &index, &err), 0);
	assert_int_equal(wim_blob_index_metadata(index, 0), 1);
	assert_int_equal(wim_blob_index_metadata(index, 1), 3);
	assert_int_equal(wim_blob_index_metadata(index, 2), -1);
	assert_int_equal(wim_blob_index_find(index, table + 30), -1);
}

static void an_empty_table_has_nothing(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	CLEANUP(wim_blob_index_closep) struct wim_blob_index *index = NULL;
	assert_int_equal(wim_blob_index_open("", 0, &index, &err), 0);
	assert_int_equal(wim_blob_index_find(index, entry_bytes + 30), -1);
	assert_int_equal(wim_blob_index_metadata(index, 0), -1);
}

static void refuses_tables_of_odd_sizes(void **state)
{
	(void)state;
	struct wim_blob_index *index = NULL;
	for (size_t n = 1; n < WIM_BLOB_ENTRY_BYTES; n++) {
		struct error err = ERROR_NULL;
		assert_int_equal(wim_blob_index_open(entry_bytes, n, &index, &err), -EINVAL);
		assert_true(err.text[0] != 0);
	}
	struct error err = ERROR_NULL;
	const size_t huge =
		(LIMIT_WIM_BLOB_TABLE_BYTES / WIM_BLOB_ENTRY_BYTES + 1) * WIM_BLOB_ENTRY_BYTES;
	assert_int_equal(wim_blob_index_open(entry_bytes, huge, &index, &err), -EFBIG);
}

static void writes_a_header_over_another(void **state)
{
	(void)state;
	uint8_t like[WIM_HEADER_BYTES], out[WIM_HEADER_BYTES];
	struct writer w = writer_over(like, sizeof(like));
	struct wim_header header, again;
	struct error err = ERROR_NULL;

	writer_bytes(&w, "MSWIM\0\0\0\xd0\0\0\0\0\x0d\x01\0\x02\0\x04\0\0\x80\0\0", 24);
	writer_bytes(&w, "0123456789abcdef\x01\0\x01\0\x02\0\0\0", 24);
	for (uint8_t i = 1; i <= 3; i++) {
		writer_le64(&w, 1000U * i | (uint64_t)WIM_RESOURCE_METADATA << 56);
		writer_le64(&w, 5000U * i);
		writer_le64(&w, 2000U * i);
	}
	writer_le32(&w, 2);
	writer_zeros(&w, 24);
	for (uint8_t i = 1; writer_left(&w) > 0; i++)
		writer_u8(&w, i); /* what is behind the last field */
	assert_int_equal(wim_header_parse(like, sizeof(like), &header, &err), 0);

	/* Unchanged it is the same. */
	wim_header_write(&header, like, out);
	assert_memory_equal(out, like, sizeof(out));

	header.boot_metadata.offset = UINT64_C(1) << 40;
	header.boot_metadata.stored_bytes = WIM_STORED_BYTES_MAX;
	header.integrity = (struct wim_resource){77, 88, 88, WIM_RESOURCE_METADATA};
	wim_header_write(&header, like, out);
	assert_int_equal(wim_header_parse(out, sizeof(out), &again, &err), 0);
	assert_int_equal(again.boot_metadata.offset, UINT64_C(1) << 40);
	assert_int_equal(again.boot_metadata.stored_bytes, WIM_STORED_BYTES_MAX);
	assert_int_equal(again.boot_metadata.flags, WIM_RESOURCE_METADATA);
	assert_int_equal(again.integrity.offset, 77);
	assert_int_equal(again.boot_index, 2);
	assert_memory_equal(out + 148, like + 148, WIM_HEADER_BYTES - 148);
}

static void reads_and_writes_integrity_tables(void **state)
{
	(void)state;
	struct buffer out = buffer_with_max(1000);
	struct error err = ERROR_NULL;
	uint32_t chunk_bytes;
	const uint8_t *hashes;
	size_t n;
	static const uint8_t two[] = "01234567890123456789abcdefghijabcdefghij";

	assert_int_equal(wim_integrity_write(two, 2, WIM_INTEGRITY_CHUNK_BYTES, &out), 0);
	assert_int_equal(out.size, 52);
	assert_memory_equal(out.bytes,
		"\x34\0\0\0\x02\0\0\0\0\0\xa0\0"
		"0123",
		16);
	assert_int_equal(wim_integrity_read(out.bytes, out.size, WIM_INTEGRITY_CHUNK_BYTES + 1,
				 &chunk_bytes, &hashes, &n, &err),
		0);
	assert_int_equal(chunk_bytes, WIM_INTEGRITY_CHUNK_BYTES);
	assert_int_equal(n, 2);
	assert_memory_equal(hashes, two, 40);

	/* More or fewer bytes than it is for, or cut. */
	assert_int_equal(wim_integrity_read(out.bytes, out.size, WIM_INTEGRITY_CHUNK_BYTES,
				 &chunk_bytes, &hashes, &n, &err),
		-EINVAL);
	assert_int_equal(wim_integrity_read(out.bytes, out.size, 2 * WIM_INTEGRITY_CHUNK_BYTES + 1,
				 &chunk_bytes, &hashes, &n, &err),
		-EINVAL);
	for (size_t cut = 0; cut < out.size; cut++)
		assert_int_equal(wim_integrity_read(out.bytes, cut, WIM_INTEGRITY_CHUNK_BYTES + 1,
					 &chunk_bytes, &hashes, &n, &err),
			-EINVAL);
	memset(out.bytes + 8, 0, 4);
	assert_int_equal(
		wim_integrity_read(out.bytes, out.size, 1, &chunk_bytes, &hashes, &n, &err),
		-EINVAL);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes_entries),
		cmocka_unit_test(finds_every_blob),
		cmocka_unit_test(an_index_is_restored),
		cmocka_unit_test(equal_blobs_are_found_one_after_the_other),
		cmocka_unit_test(of_equal_blobs_the_first_is_found),
		cmocka_unit_test(free_entries_do_not_count),
		cmocka_unit_test(metadata_of_removed_images_does_not_count),
		cmocka_unit_test(an_empty_table_has_nothing),
		cmocka_unit_test(refuses_tables_of_odd_sizes),
		cmocka_unit_test(writes_a_header_over_another),
		cmocka_unit_test(reads_and_writes_integrity_tables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
