/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/cleanup.h"
#include "server/report.h"

#include <string.h>

static void fields_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *query, *key, *value; /* value NULL: the field is not there */
	} cases[] = {
		{"verdict=booted", "verdict", "booted"},
		{"a=1&verdict=failed&b=2", "verdict", "failed"},
		{"verdict=", "verdict", ""},
		{"detail=no%20driver+for+PCI%5CVEN_8086", "detail", "no driver for PCI\\VEN_8086"},
		{"detail=100%", "detail", "100%"},
		{"detail=%4", "detail", "%4"},
		{"detail=%zz", "detail", "%zz"},
		{"detail=a%00b%0ac%ff", "detail", "a?b?c?"},
		{"verdict=first&verdict=second", "verdict", "first"},
		{"Verdict=booted", "verdict", NULL},
		{"verdict", "verdict", NULL},
		{"=booted", "verdict", NULL},
		{"&&&verdict=booted&", "verdict", "booted"},
		{"a=b=c", "a", "b=c"},
		{"", "verdict", NULL},
		{"bad key=1&ok=2", "ok", "2"},
		{"a0123456789012345678901234567890=1", "a0123456789012345678901234567890", NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct report report;
		report_parse(cases[i].query, strlen(cases[i].query), &report);
		const char *value = report_value(&report, cases[i].key);
		if ((value == NULL) != (cases[i].value == NULL) ||
			(value != NULL && strcmp(value, cases[i].value) != 0))
			fail_msg("%s -> %s", cases[i].query, value != NULL ? value : "(nothing)");
	}
}

static void much_is_cut(void **state)
{
	(void)state;
	static char query[4000];
	struct report report;
	memset(query, 'x', sizeof(query));
	memcpy(query, "detail=", 7);
	report_parse(query, sizeof(query), &report);
	assert_int_equal(strlen(report_value(&report, "detail")), REPORT_VALUE_BYTES - 1);

	for (size_t i = 0; i < 100; i++) {
		query[i * 5] = (char)('a' + i / 26);
		query[i * 5 + 1] = (char)('a' + i % 26);
		memcpy(query + i * 5 + 2, "=1&", 3);
	}
	report_parse(query, 500, &report);
	assert_int_equal(report.n_fields, REPORT_FIELDS_MAX);
}

static void words_say_why(void **state)
{
	(void)state;
	struct report report;
	report_parse("text=b&detail=a", 15, &report);
	assert_string_equal(report_words(&report), "a");
	report_parse("text=b", 6, &report);
	assert_string_equal(report_words(&report), "b");
	report_parse("verdict=booted", 14, &report);
	assert_null(report_words(&report));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_read),
		cmocka_unit_test(much_is_cut),
		cmocka_unit_test(words_say_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
