/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/cleanup.h"
#include "cli/size_word.h"

static void sizes_are_read_as_meant(void **state)
{
	(void)state;
	static const struct {
		const char *word;
		uint64_t bytes;
	} cases[] = {{"0", 0}, {"1474560", 1474560}, {"34M", 34ULL << 20}, {"8G", 8ULL << 30},
		{"8g", 8ULL << 30}, {"8GiB", 8ULL << 30}, {"16GB", 16000000000}, {"2kB", 2000},
		{"2k", 2048}, {"1T", 1ULL << 40}, {"18446744073709551615", UINT64_MAX}};
	static const char *const bad[] = {"", "G", "x", "8X", "8Gx", "8GBx", "-1", " 8G", "8 G",
		"1.5G", "18446744073709551616", "99999999T", "000000000000000000000000001"};
	uint64_t bytes = 0;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(size_word_read(cases[i].word, &bytes));
		assert_int_equal(bytes, cases[i].bytes);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (size_word_read(bad[i], &bytes))
			fail_msg("\"%s\" was taken", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(sizes_are_read_as_meant)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
