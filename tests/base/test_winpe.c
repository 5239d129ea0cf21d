/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/cleanup.h"
#include "base/winpe.h"

static void versions_have_the_names_people_use(void **state)
{
	(void)state;
	static const struct {
		uint32_t version[4];
		const char *name;
	} cases[] = {
		{{5, 1, 2600, 0}, "1.0"},
		{{6, 0, 6000, 16386}, "2.0"},
		{{6, 0, 6001, 18000}, "2.1"},
		{{6, 0, 6002, 18005}, "2.2"},
		{{6, 1, 7600, 16385}, "3.0"},
		{{6, 1, 7601, 17514}, "3.1"},
		{{6, 2, 9200, 16384}, "4.0"},
		{{6, 3, 9600, 16384}, "5.0"},
		{{6, 3, 9600, 17031}, "5.1"},
		{{10, 0, 10240, 16384}, "10"},
		{{10, 0, 19041, 1}, "10"},
		{{10, 0, 20348, 1}, "10"},
		{{10, 0, 22000, 1}, "11"},
		{{10, 0, 22621, 1}, "11"},
		{{10, 0, 26100, 1742}, "11"},
		{{6, 0, 5000, 0}, ""}, /* a beta of Vista */
		{{4, 0, 1381, 0}, ""},
		{{12, 0, 30000, 0}, ""},
		{{0, 0, 0, 0}, ""},
		{{UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}, ""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(winpe_name(cases[i].version), cases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_have_the_names_people_use),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
