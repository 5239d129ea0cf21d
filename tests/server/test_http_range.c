/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/cleanup.h"
#include "server/http_range.h"

static void ranges(void **state)
{
	(void)state;
	static const struct {
		const char *header;
		uint64_t size;
		enum http_range_result result;
		uint64_t offset, length;
	} cases[] = {
		{NULL, 10, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=0-3", 10, HTTP_RANGE_PART, 0, 4},
		{"Bytes=0-0", 10, HTTP_RANGE_PART, 0, 1},
		{"bytes=9-", 10, HTTP_RANGE_PART, 9, 1},
		{"bytes=9-99", 10, HTTP_RANGE_PART, 9, 1},
		{"bytes=9-18446744073709551615", 10, HTTP_RANGE_PART, 9, 1},
		{"bytes= 2 - 3 ", 10, HTTP_RANGE_PART, 2, 2},
		{"bytes=-3", 10, HTTP_RANGE_PART, 7, 3},
		{"bytes=-99", 10, HTTP_RANGE_PART, 0, 10},
		{"bytes=10-", 10, HTTP_RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=-0", 10, HTTP_RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=0-", 0, HTTP_RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=-1", 0, HTTP_RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=3-2", 10, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=0-1,3-4", 10, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=-", 10, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=", 10, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=a-b", 10, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=--1", 10, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=18446744073709551616-", 10, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=00000000000000000000000000001-", 10, HTTP_RANGE_WHOLE, 0, 0},
		{"lines=1-2", 10, HTTP_RANGE_WHOLE, 0, 0},
		{"", 10, HTTP_RANGE_WHOLE, 0, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t offset = 0, length = 0;
		enum http_range_result result =
			http_range_parse(cases[i].header, cases[i].size, &offset, &length);
		if (result != cases[i].result || offset != cases[i].offset ||
			length != cases[i].length)
			fail_msg("%s of %d", cases[i].header, (int)cases[i].size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(ranges)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
