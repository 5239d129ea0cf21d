/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conditions of marks and rules. */
#include "../unit.h"

#include "driver/condition.h"
#include "driver/marks.h"

#include <errno.h>
#include <string.h>

static struct target target_of(const char *text)
{
	struct target target;
	struct error err = ERROR_NULL;
	if (target_parse(text, &target, &err) < 0)
		fail_msg("%s", err.text);
	return target;
}

static void conditions_hold_where_they_say(void **state)
{
	(void)state;
	static const struct {
		const char *condition, *target;
		bool holds;
	} cases[] = {
		{"winpe<=2.1", "6.0.6000/x86", true}, /* WinPE 2.0 */
		{"winpe<=2.1", "6.0.6001/x86", true}, /* 2.1 */
		{"winpe<=2.1", "6.0.6002/x86", false},
		{"winpe<=2.1", "10.0.22621/amd64", false}, /* 10 is more than 2 */
		{"winpe<2.1", "6.0.6001/x86", false},
		{"winpe>2.1", "6.0.6002/x86", true},
		{"winpe=2.1", "6.0.6001/x86", true},
		{"winpe==2.1", "6.0.6001/x86", true},
		{"winpe=2.1..3.1", "6.1.7600/amd64", true},
		{"winpe=2.1..3.1", "6.2.9200/amd64", false},
		{"winpe>=2.0", "10.0.22621/amd64", true},
		{"winpe=10", "10.0.19041/amd64", true},
		{"winpe=11", "10.0.22621/amd64", true},
		{"winpe>=2.0", "6.1.7601/amd64/server", false}, /* a server is no WinPE */
		{"windows=6.1", "6.1.7601/amd64", true},        /* as far as it is written */
		{"windows<=6.1", "6.1.7601/amd64", true},
		{"windows<6.1", "6.1.7601/amd64", false},
		{"windows>6.1", "6.1.7601/amd64", false},
		{"windows>6.1", "6.2.9200/amd64", true},
		{"windows>=10", "10.0.10240/amd64", true},
		{"windows>=10.0.22000", "10.0.22000/amd64", true},
		{"windows>=10.0.22000", "10.0.19045/amd64", false},
		{"windows=6.0..6.3", "6.3.9600/x86", true},
		{"windows=6.0..6.3", "10.0.10240/x86", false},
		{"windows=5.1..5.2", "5.2.3790/x86", true},
		{"arch=x86", "10.0.19041/x86", true},
		{"arch=x86", "10.0.19041/amd64", false},
		{"ARCH = AMD64", "10.0.19041/amd64", true},
		{"winpe>=10,arch=x86", "10.0.19041/x86", true},
		{"winpe>=10,arch=x86", "10.0.19041/amd64", false},
		{"winpe <= 2.1 , arch = x86", "6.0.6001/x86", true},
		{"WinPE>=3.0, winpe<=3.1", "6.1.7601/x86", true},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_NULL;
		struct target target = target_of(cases[i].target);
		if (mark_condition_check(cases[i].condition, &err) != 0)
			fail_msg("%s: %s", cases[i].condition, err.text);
		if (mark_condition_holds(cases[i].condition, &target) != cases[i].holds)
			fail_msg("%s on %s: expected %d", cases[i].condition, cases[i].target,
				cases[i].holds);
	}
}

/* Who cannot tell the build of the target may not tell that the condition holds either. */
static void an_unknown_build_fulfils_nothing_that_asks_for_it(void **state)
{
	(void)state;
	struct target target = target_of("10.0.22621/amd64");
	target.build = 0;
	assert_false(mark_condition_holds("windows>=10.0.22000", &target));
	assert_false(mark_condition_holds("windows<10.0.22000", &target));
	assert_true(mark_condition_holds("windows>=10.0", &target));
	assert_true(mark_condition_holds("windows<10.1.22000", &target));
}

static void faults_are_told(void **state)
{
	(void)state;
	static const struct {
		const char *condition, *word;
	} cases[] = {
		{"", "missing"},
		{"winpe<=2.1,", "missing"},
		{"winpe", "expected <="},
		{"winpe 2.1", "expected <="},
		{"winpe!=2.1", "expected <="},
		{"winpe<=", "expected <="},
		{"winpe<=2.", "expected <="},
		{"winpe<=2.1.0.0.0", "expected <="},
		{"winpe<=two", "expected <="},
		{"winpe=1..", "expected <="},
		{"winpe=..2", "expected <="},
		{"winpe<=4294967296", "expected <="},
		{"windows>=11", "Windows 11 is 10.0.22000"},
		{"windows=7", "Windows 7 is 6.1"},
		{"windows=6.0..8", "Windows 8 is 6.2"},
		{"arch=", "arch=x86"},
		{"arch=x64", "amd64"},
		{"build>=10", "expected winpe, windows or arch"},
		{"winpe=1,winpe=1,winpe=1,winpe=1,winpe=1,winpe=1,winpe=1,winpe=1,winpe=1",
			"at most 8 terms"},
	};
	const struct target target = target_of("6.1.7601/amd64");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_NULL;
		assert_int_equal(mark_condition_check(cases[i].condition, &err), -EINVAL);
		if (strstr(err.text, cases[i].word) == NULL)
			fail_msg("\"%s\": \"%s\" does not say \"%s\"", cases[i].condition, err.text,
				cases[i].word);
		assert_false(mark_condition_holds(cases[i].condition, &target));
	}
	char long_one[300];
	memset(long_one, 'w', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = 0;
	assert_int_equal(mark_condition_check(long_one, NULL), -EINVAL);
	long_one[CONDITION_BYTES - 1] = 0;
	assert_int_equal(mark_condition_check(long_one, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_hold_where_they_say),
		cmocka_unit_test(an_unknown_build_fulfils_nothing_that_asks_for_it),
		cmocka_unit_test(faults_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
