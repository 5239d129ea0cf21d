/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/upcase.h"

static void knows_the_letters_of_windows(void **state)
{
	(void)state;
	assert_int_equal(upcase('a'), 'A');
	assert_int_equal(upcase('z'), 'Z');
	assert_int_equal(upcase('{'), '{');
	assert_int_equal(upcase('@'), '@');
	assert_int_equal(upcase(0xe4), 0xc4);   /* a with diaeresis */
	assert_int_equal(upcase(0xff), 0x178);  /* y with diaeresis */
	assert_int_equal(upcase(0xf7), 0xf7);   /* the sign of division */
	assert_int_equal(upcase(0x101), 0x100); /* every second unit of a range */
	assert_int_equal(upcase(0x100), 0x100);
	assert_int_equal(upcase(0x436), 0x416);   /* Cyrillic */
	assert_int_equal(upcase(0xff41), 0xff21); /* wide a */
	/* Unicode maps these onto ASCII, Windows does not. */
	assert_int_equal(upcase(0x131), 0x131);
	assert_int_equal(upcase(0x17f), 0x17f);
	assert_int_equal(upcase(0xffff), 0xffff);
}

/* FNV-1a of all 65536 units in little-endian: of the file $UpCase that mkntfs writes. */
static void is_the_table_of_ntfs(void **state)
{
	(void)state;
	uint64_t hash = 0xcbf29ce484222325U;
	for (uint32_t unit = 0; unit <= UINT16_MAX; unit++) {
		uint16_t upper = upcase((uint16_t)unit);
		assert_int_equal(upcase(upper), upper);
		hash = (hash ^ (upper & 0xff)) * 0x100000001b3U;
		hash = (hash ^ upper >> 8) * 0x100000001b3U;
	}
	assert_true(hash == 0x48ed4531e9399927U);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_letters_of_windows),
		cmocka_unit_test(is_the_table_of_ntfs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
