/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What belongs together, and which of it is the newest. */
#include "../unit.h"

#include "driver/family.h"

#include "../store/driver_samples.h"

#include <stdio.h>

struct member_case {
	char digit;
	const char *inf, *provider;
	uint32_t date;
	uint64_t version;
	const char *ids; /* with blanks between them */
};

/* The families as digits, each family's newest first, with blanks between families. */
static void describe(const struct member_case *cases, size_t n, char *out)
{
	static struct driver_package packages[32];
	struct family_member members[32];
	struct driver_family *families;
	size_t n_families;
	for (size_t i = 0; i < n; i++) {
		char **ids = NULL, *copy = strdup(cases[i].ids), *rest = copy;
		size_t n_ids = 0;
		packages[i] = sample_package(cases[i].digit, cases[i].inf, cases[i].provider,
			cases[i].date, cases[i].version);
		for (char *id; (id = strsep(&rest, " ")) != NULL;) {
			ids = reallocarray(ids, n_ids + 1, sizeof(*ids));
			assert_non_null(ids);
			if (id[0] != 0)
				ids[n_ids++] = strdup(id);
		}
		free(copy);
		members[i] = (struct family_member){&packages[i], ids, n_ids};
	}
	assert_int_equal(families_find(members, n, &families, &n_families), 0);
	for (size_t f = 0; f < n_families; f++) {
		if (f > 0)
			*out++ = ' ';
		for (size_t i = 0; i < families[f].n; i++)
			*out++ = members[families[f].first + i].package->id[0];
	}
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < members[i].n_ids; k++)
			free(members[i].ids[k]);
		free((void *)(uintptr_t)members[i].ids);
	}
	free(families);
}

static void test_families(void **state)
{
	(void)state;
	static const struct {
		const char *expected;
		struct member_case members[5]; /* until digit 0 */
	} cases[] = {
		/* The date first, whatever the version; then the version, as numbers. */
		{"231", {{'1', "a.inf", "P", 20200101, VERSION(9, 0, 0, 0), "A"},
				{'2', "a.inf", "P", 20210101, VERSION(1, 0, 0, 0), "A"},
				{'3', "a.inf", "P", 20200101, VERSION(10, 0, 0, 0), "A"}}},
		{"21", {{'1', "a.inf", "P", 20200101, VERSION(10, 0, 19041, 906), "A"},
			       {'2', "a.inf", "P", 20200101, VERSION(10, 0, 19041, 1806), "A"}}},
		{"21", {{'1', "a.inf", "P", 20200101, VERSION(9, 0, 0, 0), "A"},
			       {'2', "a.inf", "P", 20200101, VERSION(40000, 0, 0, 0), "A"}}},
		/* Without DriverVer it is the oldest. */
		{"21", {{'1', "a.inf", "P", 0, 0, "A"},
			       {'2', "a.inf", "P", 19991231, VERSION(1, 0, 0, 0), "A"}}},
		/* The case of names tells nothing apart, the names and ids do. */
		{"21", {{'1', "E1D.INF", "INTEL", 1, 1, "A"},
			       {'2', "e1d.inf", "Intel", 2, 1, "A"}}},
		{"1 2", {{'1', "a.inf", "P", 1, 1, "A"}, {'2', "b.inf", "P", 2, 1, "A"}}},
		{"1 2", {{'1', "a.inf", "P", 1, 1, "A"}, {'2', "a.inf", "Q", 2, 1, "A"}}},
		/* Two families of one name: that of the newest first. */
		{"3 21", {{'1', "a.inf", "P", 1, 1, "A B"}, {'2', "a.inf", "P", 2, 1, "B C"},
				 {'3', "a.inf", "P", 3, 1, "D E"}}},
		/* 1 and 3 have only 2 in common. */
		{"321", {{'1', "a.inf", "P", 1, 1, "A B"}, {'2', "a.inf", "P", 2, 1, "B C"},
				{'3', "a.inf", "P", 3, 1, "C D"}}},
		{"4321", {{'3', "a.inf", "P", 3, 1, "A B"}, {'1', "a.inf", "P", 1, 1, "C D"},
				 {'4', "a.inf", "P", 4, 1, "D A"},
				 {'2', "a.inf", "P", 2, 1, "C E"}}},
		/* Whoever has no ids goes with those that have none. */
		{"3 21", {{'1', "a.inf", "P", 1, 1, ""}, {'2', "a.inf", "P", 2, 1, ""},
				 {'3', "a.inf", "P", 3, 1, "A"}}},
		{"1", {{'1', "a.inf", "P", 1, 1, ""}}},
		{"", {{0, NULL, NULL, 0, 0, NULL}}},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];
		size_t n = 0;
		while (n < 5 && cases[i].members[n].digit != 0)
			n++;
		describe(cases[i].members, n, text);
		if (strcmp(text, cases[i].expected) != 0)
			fail_msg("case %zu: %s, expected %s", i, text, cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_families),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
