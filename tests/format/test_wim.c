/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "format/wim.h"

#include <errno.h>
#include <string.h>

#define FILE_BYTES 100000

/* Byte offsets of the fields, as facts independent of the reader. */
enum {
	AT_HEADER_BYTES = 8,
	AT_VERSION = 12,
	AT_FLAGS = 16,
	AT_CHUNK = 20,
	AT_PART = 40,
	AT_N_PARTS = 42,
	AT_N_IMAGES = 44,
	AT_BLOB_TABLE = 48,
	AT_XML = 72,
	AT_BOOT_METADATA = 96,
	AT_BOOT_INDEX = 120,
	AT_INTEGRITY = 124,
};

static void write_resource(
	struct writer *w, uint64_t stored, uint8_t flags, uint64_t offset, uint64_t original)
{
	writer_le64(w, stored | (uint64_t)flags << 56);
	writer_le64(w, offset);
	writer_le64(w, original);
}

/* A bootable single-image LZX WIM of FILE_BYTES, as the Windows ADK makes them. */
static void make_header(uint8_t bytes[static WIM_HEADER_BYTES])
{
	struct writer w = writer_over(bytes, WIM_HEADER_BYTES);
	writer_bytes(&w, "MSWIM\0\0\0", 8);
	writer_le32(&w, WIM_HEADER_BYTES);
	writer_le32(&w, 0x10d00);
	writer_le32(&w, WIM_FLAG_COMPRESSED | WIM_FLAG_LZX);
	writer_le32(&w, 32768);
	writer_bytes(&w, "0123456789abcdef", 16);
	writer_le16(&w, 1);
	writer_le16(&w, 1);
	writer_le32(&w, 1);
	write_resource(&w, 5000, WIM_RESOURCE_METADATA, 90000, 5000);
	write_resource(&w, 5000, WIM_RESOURCE_METADATA, 95000, 5000);
	write_resource(&w, 300, WIM_RESOURCE_METADATA | WIM_RESOURCE_COMPRESSED, 80000, 900);
	writer_le32(&w, 1);
	write_resource(&w, 0, 0, 0, 0);
	writer_zeros(&w, writer_left(&w));
	assert_false(w.failed);
}

static void reads_what_the_format_says(void **state)
{
	(void)state;
	uint8_t bytes[WIM_HEADER_BYTES];
	struct wim_header header;
	make_header(bytes);
	assert_int_equal(wim_header_parse(bytes, sizeof(bytes), &header, NULL), 0);
	assert_false(header.is_pipable);
	assert_int_equal(header.compression, WIM_COMPRESSION_LZX);
	assert_int_equal(header.chunk_bytes, 32768);
	assert_memory_equal(header.guid.bytes, "0123456789abcdef", 16);
	assert_int_equal(header.part, 1);
	assert_int_equal(header.n_parts, 1);
	assert_int_equal(header.n_images, 1);
	assert_int_equal(header.boot_index, 1);
	assert_int_equal(header.blob_table.offset, 90000);
	assert_int_equal(header.xml.stored_bytes, 5000);
	assert_int_equal(header.boot_metadata.original_bytes, 900);
	assert_int_equal(
		header.boot_metadata.flags, WIM_RESOURCE_METADATA | WIM_RESOURCE_COMPRESSED);
	assert_int_equal(header.integrity.stored_bytes, 0);
	assert_int_equal(wim_header_check(&header, FILE_BYTES, NULL), 0);
	assert_int_equal(wim_header_forms(&header), 0);
}

static void a_cut_header_is_refused_at_every_byte(void **state)
{
	(void)state;
	uint8_t bytes[WIM_HEADER_BYTES];
	make_header(bytes);
	for (size_t n = 0; n < sizeof(bytes); n++) {
		struct wim_header header;
		struct error err = ERROR_NULL;
		assert_int_equal(wim_header_parse(bytes, n, &header, &err), -EINVAL);
		assert_true(err.text[0] != 0);
	}
}

static void each_wrong_field_is_named(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		size_t n;
		uint64_t value;
		const char *word; /* in the sentence */
	} cases[] = {
		{0, 1, 'X', "not a WIM"},
		{AT_HEADER_BYTES, 4, 0, "byte 8"},
		{AT_HEADER_BYTES, 4, UINT32_MAX, "byte 8"},
		{AT_VERSION, 4, 0, "version 0x0"},
		{AT_VERSION, 4, 0x10e00, "version 0x10e00"},
		{AT_FLAGS, 4, WIM_FLAG_COMPRESSED, "no method"},
		{AT_FLAGS, 4, WIM_FLAG_COMPRESSED | WIM_FLAG_LZX | WIM_FLAG_XPRESS, "no method"},
		{AT_FLAGS, 4, WIM_FLAG_COMPRESSED | WIM_FLAG_LZX | WIM_FLAG_WRITE_IN_PROGRESS,
			"being written"},
		{AT_FLAGS, 4, WIM_FLAG_RESOURCE_ONLY, "half"},
		{AT_FLAGS, 4, WIM_FLAG_METADATA_ONLY, "half"},
		{AT_PART, 2, 0, "part 0 of 1"},
		{AT_PART, 2, 2, "part 2 of 1"},
		{AT_N_PARTS, 2, 0, "part 1 of 0"},
		{AT_N_IMAGES, 4, UINT32_MAX, "images"},
		{AT_N_IMAGES, 4, LIMIT_WIM_IMAGES + 1, "images"},
		{AT_BOOT_INDEX, 4, 2, "image 2"},
		{AT_BOOT_INDEX, 4, UINT32_MAX, "bootable"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t bytes[WIM_HEADER_BYTES];
		struct wim_header header;
		struct error err = ERROR_NULL;
		make_header(bytes);
		for (size_t b = 0; b < cases[i].n; b++)
			bytes[cases[i].at + b] = (uint8_t)(cases[i].value >> 8 * b);
		assert_int_equal(wim_header_parse(bytes, sizeof(bytes), &header, &err), -EINVAL);
		if (strstr(err.text, cases[i].word) == NULL)
			fail_msg("case %zu: \"%s\" lacks \"%s\"", i, err.text, cases[i].word);
	}
}

static void ranges_outside_the_file_are_named(void **state)
{
	(void)state;
	const uint64_t size_max = UINT64_C(0x00ffffffffffffff);
	const struct {
		size_t at;
		uint64_t stored, offset, original;
		const char *word;
	} cases[] = {
		{AT_BLOB_TABLE, 0, 0, 0, "no blob table"},
		{AT_BLOB_TABLE, size_max, 90000, 5000, "blob table"},
		{AT_BLOB_TABLE, 10001, 90000, 10001, "ends at byte 100000"},
		{AT_BLOB_TABLE, 1, 100000, 1, "blob table"},
		{AT_BLOB_TABLE, 50, UINT64_MAX, 50, "blob table"},
		{AT_BLOB_TABLE, 50, UINT64_MAX - 49, 50, "blob table"},
		{AT_BLOB_TABLE, size_max, UINT64_MAX, UINT64_MAX, "blob table"},
		{AT_BLOB_TABLE, 50, 0, 50, "in its header"},
		{AT_BLOB_TABLE, 50, 207, 50, "in its header"},
		{AT_BLOB_TABLE, 5000, 90000, UINT64_MAX, "accepted"},
		{AT_XML, 0, 0, 0, "XML"},
		{AT_XML, 5001, 95000, 5001, "XML"},
		{AT_XML, 5000, 95000, LIMIT_WIM_XML_BYTES + 1, "XML"},
		{AT_BOOT_METADATA, 300, 99701, 900, "boot metadata"},
		{AT_BOOT_METADATA, 300, 80000, UINT64_C(1) << 56, "boot metadata"},
		{AT_INTEGRITY, 1, 100000, 1, "integrity"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t bytes[WIM_HEADER_BYTES];
		struct wim_header header;
		struct error err = ERROR_NULL;
		make_header(bytes);
		struct writer w = writer_over(bytes + cases[i].at, 24);
		write_resource(&w, cases[i].stored, 0, cases[i].offset, cases[i].original);
		assert_int_equal(wim_header_parse(bytes, sizeof(bytes), &header, &err), 0);
		assert_int_equal(wim_header_check(&header, FILE_BYTES, &err), -EINVAL);
		if (strstr(err.text, cases[i].word) == NULL)
			fail_msg("case %zu: \"%s\" lacks \"%s\"", i, err.text, cases[i].word);
	}
}

static void a_file_cut_anywhere_is_refused(void **state)
{
	(void)state;
	uint8_t bytes[WIM_HEADER_BYTES];
	struct wim_header header;
	make_header(bytes);
	assert_int_equal(wim_header_parse(bytes, sizeof(bytes), &header, NULL), 0);
	for (uint64_t n = WIM_HEADER_BYTES; n < FILE_BYTES; n++)
		assert_int_equal(wim_header_check(&header, n, NULL), -EINVAL);
}

static void what_cannot_be_booted_as_it_is_is_told(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		uint32_t value;
		uint32_t forms;
		const char *text;
	} cases[] = {
		{AT_VERSION, 0xe00, WIM_FORM_SOLID, "in the solid .esd format"},
		{AT_FLAGS, WIM_FLAG_COMPRESSED | WIM_FLAG_LZMS, WIM_FORM_LZMS,
			"compressed with LZMS"},
		{AT_FLAGS, WIM_FLAG_COMPRESSED | WIM_FLAG_XPRESS, 0, ""},
		{AT_FLAGS, 0, WIM_FORM_UNCOMPRESSED, "not compressed"},
		{AT_FLAGS, WIM_FLAG_COMPRESSED | WIM_FLAG_LZX | WIM_FLAG_SPANNED, WIM_FORM_SPLIT,
			"split into parts"},
		{AT_CHUNK, 65536, WIM_FORM_CHUNKS, "compressed in chunks of an unusual size"},
		{AT_N_IMAGES, 2, WIM_FORM_MULTIPLE, "of several images"},
		{AT_BOOT_INDEX, 0, WIM_FORM_NOT_BOOTABLE, "without an image marked bootable"},
		{AT_BOOT_METADATA, 0, WIM_FORM_NOT_BOOTABLE, "without an image marked bootable"},
		{AT_PART, 2 << 16 | 1, WIM_FORM_SPLIT, "split into parts"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t bytes[WIM_HEADER_BYTES];
		struct wim_header header;
		make_header(bytes);
		struct writer w = writer_over(bytes + cases[i].at, 4);
		writer_le32(&w, cases[i].value);
		assert_int_equal(wim_header_parse(bytes, sizeof(bytes), &header, NULL), 0);
		assert_int_equal(wim_header_forms(&header), cases[i].forms);
		assert_string_equal(wim_form_text(wim_header_forms(&header)), cases[i].text);
	}

	uint8_t bytes[WIM_HEADER_BYTES];
	struct wim_header header;
	make_header(bytes);
	memcpy(bytes, "WLPWM\0\0", 8);
	assert_int_equal(wim_header_parse(bytes, sizeof(bytes), &header, NULL), 0);
	assert_int_equal(wim_header_forms(&header), WIM_FORM_PIPABLE);
}

static void every_blob_must_lie_inside_the_file(void **state)
{
	(void)state;
	static const struct {
		uint64_t stored;
		uint8_t flags;
		uint64_t offset, original;
		uint16_t part;
		int rc;
	} cases[] = {
		{1000, 4, 208, 4000, 1, 0},
		{1000, 4, 99000, 4000, 1, 0},
		{1001, 4, 99000, 4000, 1, -EINVAL},
		{1000, 4, UINT64_MAX, 4000, 1, -EINVAL},
		{UINT64_C(0x00ffffffffffffff), 4, 208, 4000, 1, -EINVAL},
		{1001, 4, 99000, 4000, 2, 0}, /* in another part's file */
		{1001, WIM_RESOURCE_FREE, 99000, 4000, 1, 0},
		{1000, WIM_RESOURCE_SOLID, UINT64_C(1) << 40, 1000, 1, 0}, /* an inner offset */
		{1000, WIM_RESOURCE_SOLID, UINT64_C(1) << 40, 0x100000000U, 1, -EINVAL},
		{1000, WIM_RESOURCE_METADATA, 300, UINT64_C(1) << 50, 1, -EINVAL},
	};
	uint8_t head[WIM_HEADER_BYTES];
	struct wim_header header;
	make_header(head);
	assert_int_equal(wim_header_parse(head, sizeof(head), &header, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t table[2 * WIM_BLOB_ENTRY_BYTES];
		struct error err = ERROR_NULL;
		struct writer w = writer_over(table, sizeof(table));
		write_resource(&w, 10, 0, 208, 10);
		writer_le16(&w, 1);
		writer_zeros(&w, 24);
		write_resource(
			&w, cases[i].stored, cases[i].flags, cases[i].offset, cases[i].original);
		writer_le16(&w, cases[i].part);
		writer_zeros(&w, 24);
		if (wim_blob_table_check(table, sizeof(table), &header, FILE_BYTES, &err) !=
			cases[i].rc)
			fail_msg("case %zu: \"%s\"", i, err.text);
		if (cases[i].rc < 0)
			assert_non_null(strstr(err.text, "entry 2"));
		for (size_t n = 1; n < WIM_BLOB_ENTRY_BYTES; n++)
			assert_int_equal(
				wim_blob_table_check(table, n, &header, FILE_BYTES, NULL), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_the_format_says),
		cmocka_unit_test(a_cut_header_is_refused_at_every_byte),
		cmocka_unit_test(each_wrong_field_is_named),
		cmocka_unit_test(ranges_outside_the_file_are_named),
		cmocka_unit_test(a_file_cut_anywhere_is_refused),
		cmocka_unit_test(what_cannot_be_booted_as_it_is_is_told),
		cmocka_unit_test(every_blob_must_lie_inside_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
