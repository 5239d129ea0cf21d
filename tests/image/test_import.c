/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/cleanup.h"
#include "image/import.h"
#include "image/name.h"

#include <string.h>

static void image_names_are_safe_in_paths(void **state)
{
	(void)state;
	static const char *const good[] = {"winpe11", "a", "WinPE_11.x64-2"};
	static const char *const bad[] = {
		"", ".", "..", "-rf", ".hidden", "a/b", "a\\b", "a b", "\xc3\xa4", "a\nb", "a%2f"};
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(image_name_is_valid(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(image_name_is_valid(bad[i]));
	char name[LIMIT_IMAGE_NAME_BYTES + 2];
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	assert_false(image_name_is_valid(name));
	name[sizeof(name) - 2] = 0;
	assert_true(image_name_is_valid(name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(image_names_are_safe_in_paths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
