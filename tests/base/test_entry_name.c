/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/entry_name.h"
#include "base/limits.h"

#include <errno.h>
#include <string.h>

static void names_come_to_one_form(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum entry_code_page code_page;
		const char *path;
	} cases[] = {
		{"LAN/Intel/e1d.inf", ENTRY_CP437, "LAN/Intel/e1d.inf"},
		{"LAN\\Intel\\e1d.inf", ENTRY_CP1252, "LAN/Intel/e1d.inf"},
		{"./a//b/./c.sys", ENTRY_CP437, "a/b/c.sys"},
		{"folder/", ENTRY_CP437, "folder"},
		{"./", ENTRY_CP437, ""},
		{"", ENTRY_CP437, ""},
		{"..sys", ENTRY_CP437, "..sys"},
		{"a/...", ENTRY_CP437, "a/..."},
		{"a b;c%d.inf", ENTRY_CP437, "a b;c%d.inf"},
		{"Gr\xc3\xbc\xc3\x9f/x.inf", ENTRY_CP437, "Gr\xc3\xbc\xc3\x9f/x.inf"}, /* UTF-8 */
		{"Gr\x81\xe1/x.inf", ENTRY_CP437, "Gr\xc3\xbc\xc3\x9f/x.inf"},
		{"Gr\xfc\xdf/x.inf", ENTRY_CP1252, "Gr\xc3\xbc\xc3\x9f/x.inf"},
		{"\x80.inf", ENTRY_CP1252, "\xe2\x82\xac.inf"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[LIMIT_PATH_BYTES];
		struct error err = ERROR_NULL;
		assert_int_equal(entry_name_read(cases[i].name, strlen(cases[i].name),
					 cases[i].code_page, path, sizeof(path), &err),
			0);
		assert_string_equal(path, cases[i].path);
	}
}

static void names_that_lead_elsewhere_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		size_t length; /* 0: strlen() */
		const char *why;
	} cases[] = {
		{"../x.inf", 0, "\"..\""},
		{"a/../../x.inf", 0, "\"..\""},
		{"a\\..\\x.inf", 0, "\"..\""},
		{"..", 0, "\"..\""},
		{"a/..", 0, "\"..\""},
		{"/etc/passwd", 0, "absolute"},
		{"\\\\host\\share\\x.inf", 0, "absolute"},
		{"\\x.inf", 0, "absolute"},
		{"C:\\x.inf", 0, "drive"},
		{"c:x.inf", 0, "drive"},
		{"a\0b.inf", 7, "0x00"},
		{"a\nb.inf", 0, "0x0a"},
		{"a\x1b[2J.inf", 0, "0x1b"},
		{"a\x7f.inf", 0, "0x7f"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[LIMIT_PATH_BYTES] = "as it was";
		struct error err = ERROR_NULL;
		size_t length = cases[i].length > 0 ? cases[i].length : strlen(cases[i].name);
		assert_int_equal(entry_name_read(cases[i].name, length, ENTRY_CP437, path,
					 sizeof(path), &err),
			-EINVAL);
		assert_non_null(strstr(err.text, cases[i].why));
		assert_string_equal(path, "as it was");
	}
}

static void long_and_deep_names_are_refused(void **state)
{
	(void)state;
	char name[4 * LIMIT_PATH_BYTES], path[LIMIT_PATH_BYTES];
	memset(name, 'x', sizeof(name));
	assert_int_equal(entry_name_read(name, 255, ENTRY_CP437, path, sizeof(path), NULL), 0);
	assert_int_equal(
		entry_name_read(name, 256, ENTRY_CP437, path, sizeof(path), NULL), -ENAMETOOLONG);
	for (size_t i = 100; i < sizeof(name); i += 100)
		name[i] = '/';
	assert_int_equal(entry_name_read(name, 500, ENTRY_CP437, path, sizeof(path), NULL), 0);
	for (size_t n = 513; n < sizeof(name); n += 100)
		assert_int_equal(entry_name_read(name, n, ENTRY_CP437, path, sizeof(path), NULL),
			-ENAMETOOLONG);
	/* Bytes of a code page grow. */
	memset(name, 0xe1, 250);
	assert_int_equal(
		entry_name_read(name, 250, ENTRY_CP437, path, sizeof(path), NULL), -ENAMETOOLONG);
	for (size_t depth = 1; depth < 64; depth++) {
		name[2 * depth - 2] = 'a';
		name[2 * depth - 1] = '/';
		assert_int_equal(
			entry_name_read(name, 2 * depth, ENTRY_CP437, path, sizeof(path), NULL),
			depth <= LIMIT_FOLDER_DEPTH ? 0 : -ENAMETOOLONG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_come_to_one_form),
		cmocka_unit_test(names_that_lead_elsewhere_are_refused),
		cmocka_unit_test(long_and_deep_names_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
