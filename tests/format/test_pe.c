/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/bytes.h"
#include "format/pe.h"

#include <errno.h>
#include <string.h>

#define PE_AT     0x80
#define HEAD_SIZE (PE_AT + 4 + 20 + 70)

static void make_pe(uint8_t bytes[static HEAD_SIZE], uint16_t machine, uint16_t kind)
{
	memset(bytes, 0, HEAD_SIZE);
	memcpy(bytes, "MZ", 2);
	bytes[0x3c] = PE_AT;
	memcpy(bytes + PE_AT, "PE\0\0", 4);
	struct writer w = writer_over(bytes + PE_AT + 4, HEAD_SIZE - PE_AT - 4);
	writer_le16(&w, machine);
	writer_zeros(&w, 14);
	writer_le16(&w, 240);
	writer_zeros(&w, 2);
	writer_le16(&w, kind);
	writer_zeros(&w, 46);
	writer_le16(&w, 6);
	writer_le16(&w, 1);
	writer_zeros(&w, 16);
	writer_le16(&w, PE_SUBSYSTEM_EFI_APPLICATION);
	assert_false(w.failed);
	assert_int_equal(writer_left(&w), 0);
}

static void reads_machine_and_subsystem(void **state)
{
	(void)state;
	static const struct {
		uint16_t machine;
		const char *arch;
	} cases[] = {
		{0x8664, "amd64"}, {0x14c, "x86"}, {0xaa64, "arm64"}, {0x1c4, "arm"},
		{0x200, "ia64"}, {0x1f0, NULL}, /* PowerPC */
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t bytes[HEAD_SIZE];
		struct pe_head head;
		make_pe(bytes, cases[i].machine, i % 2 == 0 ? 0x20b : 0x10b);
		assert_int_equal(pe_head_parse(bytes, sizeof(bytes), &head), 0);
		assert_int_equal(head.machine, cases[i].machine);
		assert_int_equal(head.subsystem, PE_SUBSYSTEM_EFI_APPLICATION);
		assert_int_equal(head.subsystem_major, 6);
		assert_int_equal(head.subsystem_minor, 1);
		if (cases[i].arch != NULL)
			assert_string_equal(pe_machine_arch(head.machine), cases[i].arch);
		else
			assert_null(pe_machine_arch(head.machine));
		for (size_t n = 0; n < sizeof(bytes); n++)
			assert_int_equal(pe_head_parse(bytes, n, &head), -EINVAL);
	}
}

static void other_things_are_refused(void **state)
{
	(void)state;
	uint8_t bytes[HEAD_SIZE];
	struct pe_head head;
	make_pe(bytes, 0x8664, 0x107); /* a ROM image */
	assert_int_equal(pe_head_parse(bytes, sizeof(bytes), &head), -EINVAL);
	make_pe(bytes, 0x8664, 0x20b);
	memset(bytes + 0x3c, 0xff, 4); /* the signature past the end */
	assert_int_equal(pe_head_parse(bytes, sizeof(bytes), &head), -EINVAL);
	make_pe(bytes, 0x8664, 0x20b);
	bytes[PE_AT + 20] = 10; /* an optional header too short for its fields */
	assert_int_equal(pe_head_parse(bytes, sizeof(bytes), &head), -EINVAL);
}

static void finds_the_version(void **state)
{
	(void)state;
	static const uint8_t block[] = "xV\0S\0_\0V\0E\0R\0S\0I\0O\0N\0_\0I\0N\0F\0O\0\0\0"
				       "V\0S\0_\0V\0E\0R\0S\0I\0O\0N\0_\0I\0N\0F\0O\0\0\0\0\0"
				       "\xbd\x04\xef\xfe\0\0\x01\0\0\0\x0a\0\x01\0\x5d\x58";
	uint32_t version[4];
	assert_true(pe_file_version(block, sizeof(block) - 1, version));
	assert_int_equal(version[0], 10);
	assert_int_equal(version[1], 0);
	assert_int_equal(version[2], 22621);
	assert_int_equal(version[3], 1);
	for (size_t n = 0; n < sizeof(block) - 1; n++) {
		uint8_t *copy = malloc(n + 1); /* exact, for the sanitizers */
		assert_non_null(copy);
		memcpy(copy, block, n);
		assert_false(pe_file_version(copy, n, version));
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_version),
		cmocka_unit_test(reads_machine_and_subsystem),
		cmocka_unit_test(other_things_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
