/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The packed lists of parts and revisions when the database is damaged: an error, never a read past
 * the end. (What comes back of sound ones: test_revisions.c.) */
#include "../unit.h"

#include "base/bytes.h"
#include "base/text.h"
#include "store/packing.h"
#include "store/revision_pack.h"

#include <errno.h>
#include <string.h>

static void test_listing_cut_anywhere(void **state)
{
	(void)state;
	struct part_file files[] = {
		{.path = (char[]){"a/empty"}},
		{.path = (char[]){"a/one.sys"}, .stored_bytes = 900, .original_bytes = 70000},
		{.path = (char[]){"b"}, .offset = 900, .stored_bytes = 100, .original_bytes = 100},
	};
	struct part_record part = {.blob = {.size = 1000}, .files = files, .n_files = 3};
	struct part_record found = {.blob = {.size = 1000}};
	CLEANUP(buffer_free) struct buffer packed = buffer_with_max(1000);
	assert_int_equal(part_pack_listing(&part, &packed), 0);
	for (size_t n = 0; n <= packed.size; n++) {
		CLEANUP(memory_freep) uint8_t *copy = malloc(n + 1);
		memcpy(copy, packed.bytes, n);
		int rc = part_unpack_listing(copy, n, &found);
		assert_int_equal(rc, n == packed.size ? 0 : -EBADMSG);
		part_record_clear(&found);
		found.blob.size = 1000;
	}
	/* More than there is, and files outside their blob. */
	assert_int_equal(buffer_add_zeros(&packed, 1), 0);
	assert_int_equal(part_unpack_listing(packed.bytes, packed.size, &found), -EBADMSG);
	part_record_clear(&found);
	found.blob.size = 999;
	assert_int_equal(part_unpack_listing(packed.bytes, packed.size - 1, &found), -EBADMSG);
	part_record_clear(&found);
}

/* A few bytes that stand for many long paths, each made of the one before. */
static void test_paths_take_bounded_memory(void **state)
{
	(void)state;
	enum { LENGTH = 60000, FILES = 1000 };
	CLEANUP(buffer_free) struct buffer packed = buffer_with_max(1U << 20);
	struct part_record found = {.blob = {.size = 0}};
	assert_int_equal(pack_number(&packed, FILES), 0);
	assert_int_equal(pack_number(&packed, 0), 0);
	assert_int_equal(buffer_add_zeros(&packed, LENGTH), 0);
	memset(packed.bytes + packed.size - LENGTH, 'x', LENGTH);
	assert_int_equal(buffer_add_zeros(&packed, 1), 0);
	assert_int_equal(pack_number(&packed, 2), 0);
	for (size_t i = 1; i < FILES; i++) {
		assert_int_equal(pack_number(&packed, LENGTH), 0);
		assert_int_equal(buffer_add_zeros(&packed, 1), 0);
		assert_int_equal(pack_number(&packed, 2), 0);
	}
	assert_int_equal(part_unpack_listing(packed.bytes, packed.size, &found), -EBADMSG);
	assert_true(found.n_files < FILES);
	part_record_clear(&found);
}

static void test_pieces(void **state)
{
	(void)state;
	const struct packed_piece pieces[] = {{.blob = 1, .offset = 0, .length = 208},
		{.blob = 0, .offset = 208, .length = UINT64_MAX}, {.blob = 400, .is_whole = true}};
	CLEANUP(buffer_free) struct buffer packed = buffer_with_max(100);
	struct packed_piece found;
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++)
		assert_int_equal(revision_pack_piece(&pieces[i], &packed), 0);
	struct reader reader = reader_over(packed.bytes, packed.size);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		assert_int_equal(revision_unpack_piece(&reader, &found), 1);
		assert_true(found.blob == pieces[i].blob && found.offset == pieces[i].offset &&
			    found.length == pieces[i].length &&
			    found.is_whole == pieces[i].is_whole);
	}
	assert_int_equal(revision_unpack_piece(&reader, &found), 0);
	reader = reader_over(packed.bytes, packed.size - 1);
	assert_int_equal(revision_unpack_piece(&reader, &found), 1);
	assert_int_equal(revision_unpack_piece(&reader, &found), 1);
	assert_int_equal(revision_unpack_piece(&reader, &found), -EBADMSG);
}

static void test_nics(void **state)
{
	(void)state;
	struct nic_id ids[] = {{.vendor = 0, .device = 0},
		{.vendor = 0, .device = 1, .any_board = true},
		{.vendor = 0xffff, .device = 0xffff}};
	struct nic_set nics = {ids, 3}, found;
	CLEANUP(buffer_free) struct buffer packed = buffer_with_max(100);
	assert_int_equal(nics_pack(&nics, &packed), 0);
	assert_int_equal(nics_unpack(packed.bytes, packed.size, &found), 0);
	assert_int_equal(found.n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(found.ids[i].vendor, ids[i].vendor);
		assert_int_equal(found.ids[i].device, ids[i].device);
		assert_int_equal(found.ids[i].any_board, ids[i].any_board);
	}
	nic_set_clear(&found);
	assert_int_equal(nics_unpack(packed.bytes, packed.size - 1, &found), -EBADMSG);
	assert_int_equal(nics_unpack(packed.bytes, 0, &found), 0);
	nic_set_clear(&found);
	/* The same card twice; one past the last. */
	assert_int_equal(nics_unpack("\2\0", 2, &found), -EBADMSG);
	assert_int_equal(buffer_add(&packed, "\2", 1), 0);
	assert_int_equal(nics_unpack(packed.bytes, packed.size, &found), -EBADMSG);
	ids[1] = ids[0];
	assert_int_equal(nics_pack(&nics, &packed), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listing_cut_anywhere),
		cmocka_unit_test(test_paths_take_bounded_memory),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_nics),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
