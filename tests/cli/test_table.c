/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "cli/progress.h"
#include "cli/table.h"

#include <stdlib.h>
#include <string.h>

static void assert_prints(const struct table *table, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	assert_int_equal(table_print(table, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void test_columns(void **state)
{
	(void)state;
	struct table table = table_with(4, (const char *const[]){"NAME", ">SIZE", "STATE", "WHY"});
	assert_prints(&table, "NAME  SIZE  STATE  WHY\n");
	table_add(&table, "win11", "466 MB", "ok", NULL);
	table_add(&table, "a", "1 kB", "", "");
	table_add(&table, "", "", "", "because");
	assert_prints(&table, "NAME     SIZE  STATE  WHY\n"
			      "win11  466 MB  ok\n"
			      "a        1 kB\n"
			      "                      because\n");
	table_free(&table);
}

/* Widths are what a terminal shows, and nobody's name moves the cursor. */
static void test_strange_names(void **state)
{
	(void)state;
	struct table table = table_with(2, (const char *const[]){"NAME", "X"});
	table_add(&table, "K\xc3\xb6ln", "1");
	table_add(&table, "\xe6\x9d\xb1\xe4\xba\xac", "2");
	table_add(&table, "e\xcc\x81", "3");
	table_add(&table, "a\033[2Jb", "4");
	table_add(&table, "\xff\xe6", "5");
	assert_prints(&table, "NAME    X\n"
			      "K\xc3\xb6ln    1\n"
			      "\xe6\x9d\xb1\xe4\xba\xac    2\n"
			      "e\xcc\x81       3\n"
			      "a?[2Jb  4\n"
			      "??      5\n");
	table_free(&table);
}

static void test_sizes(void **state)
{
	(void)state;
	static const struct {
		uint64_t bytes;
		const char *text;
	} sizes[] = {
		{0, "0 bytes"},
		{1, "1 byte"},
		{999, "999 bytes"},
		{1000, "1.0 kB"},
		{9940, "9.9 kB"},
		{9960, "10 kB"},
		{999499, "999 kB"},
		{999500, "1.0 MB"},
		{466000000, "466 MB"},
		{3170304, "3.2 MB"},
		{UINT64_MAX, "18 EB"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		char text[SIZE_TEXT_BYTES];
		size_format(sizes[i].bytes, text);
		assert_string_equal(text, sizes[i].text);
	}
	static const struct {
		int64_t ms;
		const char *text;
	} durations[] = {
		{-5, "0.0 s"},
		{640, "0.6 s"},
		{12345, "12 s"},
		{185000, "3 min 05 s"},
		{7800000, "2 h 10 min"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
		char text[DURATION_TEXT_BYTES];
		duration_format(durations[i].ms, text);
		assert_string_equal(text, durations[i].text);
	}
}

static void test_bar(void **state)
{
	(void)state;
	char text[PROGRESS_TEXT_BYTES];
	progress_render("boot.wim", NULL, 50000000, 100000000, 1000, 80, text);
	assert_string_equal(text,
		"boot.wim  [===========>           ]   50 %  50 MB of 100 MB  50 MB/s  1.0 s left");
	progress_render("boot.wim", NULL, 100000000, 100000000, 2000, 60, text);
	assert_string_equal(text, "boot.wim  100 %  100 MB of 100 MB  50 MB/s  0.0 s left");
	progress_render("boot.wim", NULL, 100000000, 100000000, 2000, 20, text);
	assert_string_equal(text, "100 %  100 MB of 100");
	progress_render("x", NULL, 200, 100, 0, 80, text);
	assert_non_null(strstr(text, "[==============================]  100 %"));
	progress_render("x", NULL, 5000, 0, 1000, 80, text);
	assert_string_equal(text, "x  5.0 kB  5.0 kB/s");
	progress_render("preparing", "machines", 10, 40, 2000, 80, text);
	assert_string_equal(text, "preparing  [=======>                     ]   25 %  10 of 40 "
				  "machines  6.0 s left");
	progress_render("preparing", "machines", 10, 0, 2000, 80, text);
	assert_string_equal(text, "preparing  10 machines");
	for (size_t width = 0; width < 120; width++) {
		progress_render("boot.wim", NULL, width * 1000, 119000, 500, width, text);
		assert_true(strlen(text) <= width);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_strange_names),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_bar),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
