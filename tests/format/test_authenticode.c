/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/buffer.h"
#include "format/authenticode.h"

#include "pe_maker.h"

#include <errno.h>

#define CHECKSUM_AT (MADE_PE_OPTIONAL + 64)

/* The bytes that the hash is over. */
static struct buffer hashed(const uint8_t *bytes, size_t n)
{
	struct authenticode program;
	struct buffer out = buffer_with_max(10000);
	assert_int_equal(authenticode_ranges(bytes, n, n, &program), 0);
	for (size_t i = 0; i < program.n_ranges; i++) {
		assert_true(program.ranges[i].at + program.ranges[i].size <= n);
		assert_int_equal(
			buffer_add(&out, bytes + program.ranges[i].at, program.ranges[i].size), 0);
	}
	assert_int_equal(buffer_add_zeros(&out, program.padding), 0);
	return out;
}

/* Signing changes the checksum and the entry, pads to 8 bytes and appends the signature: the hash
 * stays what it was. */
static void signing_does_not_change_what_is_hashed(void **state)
{
	(void)state;
	for (int is_64 = 0; is_64 < 2; is_64++) {
		uint8_t plain[MADE_PE_BYTES], stamped[1024] = {0};
		make_driver(plain, is_64, 0x55);
		struct buffer before = hashed(plain, sizeof(plain));
		assert_int_equal(before.size, 704 - 4 - 8);

		memcpy(stamped, plain, sizeof(plain));
		set_le32(stamped + CHECKSUM_AT, 0x12345678);
		set_le32(stamped + MADE_PE_ENTRY(is_64), 704);
		set_le32(stamped + MADE_PE_ENTRY(is_64) + 4, 320);
		memset(stamped + 704, 0xaa, 320);
		struct buffer after = hashed(stamped, sizeof(stamped));
		assert_int_equal(after.size, before.size);
		assert_memory_equal(after.bytes, before.bytes, before.size);
		buffer_free(&after);

		/* Anything else does. */
		stamped[600] ^= 1;
		after = hashed(stamped, sizeof(stamped));
		assert_memory_not_equal(after.bytes, before.bytes, before.size);
		buffer_free(&after);
		buffer_free(&before);
	}
}

static void what_follows_the_signature_is_hashed(void **state)
{
	(void)state;
	uint8_t bytes[MADE_PE_BYTES];
	struct authenticode program;
	make_driver(bytes, true, 1);
	set_le32(bytes + MADE_PE_ENTRY(true), 600);
	set_le32(bytes + MADE_PE_ENTRY(true) + 4, 50);
	assert_int_equal(authenticode_ranges(bytes, sizeof(bytes), sizeof(bytes), &program), 0);
	assert_int_equal(program.n_ranges, 4);
	assert_int_equal(program.ranges[3].at, 650);
	assert_int_equal(program.ranges[3].size, 50);
	assert_int_equal(program.signature.at, 600);
	assert_int_equal(program.signature.size, 50);
	assert_int_equal(program.padding, 0);
}

/* A driver of few directories has no place for a signature. */
static void a_program_without_the_entry_is_hashed_but_for_its_checksum(void **state)
{
	(void)state;
	uint8_t bytes[MADE_PE_BYTES];
	struct authenticode program;
	make_driver(bytes, true, 1);
	set_le32(bytes + MADE_PE_OPTIONAL + 108, 4);
	assert_int_equal(authenticode_ranges(bytes, sizeof(bytes), sizeof(bytes), &program), 0);
	assert_int_equal(program.n_ranges, 2);
	assert_int_equal(program.ranges[1].at, CHECKSUM_AT + 4);
	assert_int_equal(program.ranges[1].size, MADE_PE_BYTES - CHECKSUM_AT - 4);
}

static void a_signature_outside_the_file_is_refused(void **state)
{
	(void)state;
	static const struct {
		uint32_t at, size;
		int rc;
	} cases[] = {
		{MADE_PE_BYTES, 0, 0},
		{MADE_PE_BYTES, 1, -EINVAL},
		{600, 101, -EINVAL},
		{UINT32_MAX, 8, -EINVAL},
		{600, UINT32_MAX, -EINVAL},
		{0, 8, -EINVAL}, /* over the head itself */
		{MADE_PE_ENTRY(true) + 7, 8, -EINVAL},
		{MADE_PE_ENTRY(true) + 8, 8, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t bytes[MADE_PE_BYTES];
		struct authenticode program;
		make_driver(bytes, true, 1);
		set_le32(bytes + MADE_PE_ENTRY(true), cases[i].at);
		set_le32(bytes + MADE_PE_ENTRY(true) + 4, cases[i].size);
		if (authenticode_ranges(bytes, sizeof(bytes), sizeof(bytes), &program) !=
			cases[i].rc)
			fail_msg("case %zu", i);
	}
}

static void other_files_and_cut_ones_are_none(void **state)
{
	(void)state;
	uint8_t bytes[MADE_PE_BYTES];
	struct authenticode program;
	make_driver(bytes, false, 1);
	for (size_t n = 0; n < MADE_PE_ENTRY(false) + 8; n++)
		assert_int_equal(authenticode_ranges(bytes, n, n, &program), -EINVAL);
	assert_int_equal(
		authenticode_ranges(bytes, sizeof(bytes), sizeof(bytes) - 1, &program), -EINVAL);
	bytes[MADE_PE_OPTIONAL] = 7; /* a ROM image */
	assert_int_equal(
		authenticode_ranges(bytes, sizeof(bytes), sizeof(bytes), &program), -EINVAL);
	memset(bytes + 0x3c, 0xff, 4);
	assert_int_equal(
		authenticode_ranges(bytes, sizeof(bytes), sizeof(bytes), &program), -EINVAL);
	assert_int_equal(authenticode_ranges("; an INF", 8, 8, &program), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signing_does_not_change_what_is_hashed),
		cmocka_unit_test(what_follows_the_signature_is_hashed),
		cmocka_unit_test(a_program_without_the_entry_is_hashed_but_for_its_checksum),
		cmocka_unit_test(a_signature_outside_the_file_is_refused),
		cmocka_unit_test(other_files_and_cut_ones_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
