/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "cli/wrap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void test_wrap(void **state)
{
	(void)state;
	static const struct {
		size_t columns, indent;
		const char *text, *wrapped;
	} cases[] = {
		{0, 4, "a line that is longer than all of them\n",
			"a line that is longer than all of them\n"},
		{25, 4, "", ""},
		{25, 4, "short\n\nlast", "short\n\nlast"},
		{25, 4, "  1 exactly twenty-five c\n", "  1 exactly twenty-five c\n"},
		{25, 4, "  1 exactly twenty-five cc\n", "  1 exactly twenty-five\n    cc\n"},
		{25, 4, "  1 the first of three lines, as long as any\n  2 b\n",
			"  1 the first of three\n    lines, as long as any\n  2 b\n"},
		/* A word that fits nowhere is left to the terminal. */
		{25, 4, "  1 0123456789012345678901234567890123 end\n",
			"  1 0123456789012345678901234567890123\n    end\n"},
		{25, 4, "  1 word 0123456789012345678901234567890123\n",
			"  1 word\n    0123456789012345678901234567890123\n"},
		/* Characters count, not bytes. */
		{25, 4, "  1 äääääääääääääääääääää end\n", "  1 äääääääääääääääääääää\n    end\n"},
		/* Too narrow for anything but the indent. */
		{20, 4, "a line that is longer than that\n", "a line that is longer than that\n"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = NULL;
		size_t n = 0;
		FILE *out = open_memstream(&text, &n);
		assert_non_null(out);
		int rc = wrap_print(cases[i].text, strlen(cases[i].text), cases[i].columns,
			cases[i].indent, out);
		assert_int_equal(rc, 0);
		assert_int_equal(fclose(out), 0);
		assert_string_equal(text, cases[i].wrapped);
		free(text);
	}
}

static void test_full(void **state)
{
	(void)state;
	FILE *out = fopen("/dev/full", "w");
	assert_non_null(out);
	assert_int_equal(setvbuf(out, NULL, _IONBF, 0), 0);
	assert_int_equal(wrap_print("a", 1, 80, 0, out), -EIO);
	(void)fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
