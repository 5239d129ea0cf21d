/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/cleanup.h"
#include "server/boot_rules.h"

#include <string.h>

#define SECOND 1000
#define MINUTE (60 * SECOND)

static void one_power_on_is_one_boot(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct boot_facts facts;
		bool is_ipxe;
		int64_t now_ms;
		bool is_new;
	} cases[] = {
		{"edk2 repeats after 32 s", {.heard_ms = 0}, false, 32 * SECOND, false},
		{"switched on again later", {.heard_ms = 0}, false, 2 * MINUTE, true},
		{"our iPXE asks for itself", {.loaded_ipxe = true}, true, 5 * SECOND, false},
		{"firmware after our iPXE", {.loaded_ipxe = true}, false, 5 * SECOND, true},
		{"firmware after the loader", {.loaded_file = true}, false, 5 * SECOND, true},
		{"iPXE after the script", {.loaded_ipxe = true, .loaded_file = true}, true,
			5 * SECOND, true},
		{"after it booted", {.verdict = BOOT_VERDICT_BOOTED}, false, 1, true},
		{"after it failed", {.verdict = BOOT_VERDICT_FAILED}, true, 1, true},
		{"held machines stay held", {.verdict = BOOT_VERDICT_HELD}, false, 8 * SECOND,
			false},
		{"held, and back tomorrow", {.verdict = BOOT_VERDICT_HELD}, false, 600 * MINUTE,
			true},
		{"PXE failed, HTTP boot is tried", {.heard_ms = 0}, false, 60 * SECOND, false},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (boot_rules_discover_is_new(
			    &cases[i].facts, cases[i].is_ipxe, cases[i].now_ms) != cases[i].is_new)
			fail_msg("%s", cases[i].what);
	}
}

static void a_file_rarely_begins_a_boot(void **state)
{
	(void)state;
	struct boot_facts facts = {.loaded_file = true, .image_delivered = true};
	/* the boot manager probes its own loader in the middle of the boot */
	assert_false(boot_rules_file_is_new(&facts, 10 * SECOND));
	assert_true(boot_rules_file_is_new(&facts, 6 * MINUTE));
	facts.verdict = BOOT_VERDICT_LOADED;
	assert_true(boot_rules_file_is_new(&facts, 10 * SECOND));
}

static void silence_becomes_a_verdict(void **state)
{
	(void)state;
	struct boot_facts facts = {.heard_ms = 10 * MINUTE};
	assert_int_equal(boot_rules_verdict(&facts, 15 * MINUTE), BOOT_VERDICT_RUNNING);
	assert_int_equal(boot_rules_verdict(&facts, 15 * MINUTE + 1), BOOT_VERDICT_STALLED);
	facts.image_delivered = true;
	assert_int_equal(boot_rules_verdict(&facts, 15 * MINUTE), BOOT_VERDICT_RUNNING);
	assert_int_equal(boot_rules_verdict(&facts, 15 * MINUTE + 1), BOOT_VERDICT_LOADED);
	facts.verdict = BOOT_VERDICT_FAILED;
	assert_int_equal(boot_rules_verdict(&facts, 99 * MINUTE), BOOT_VERDICT_FAILED);
	/* a clock set back is not silence */
	facts.verdict = BOOT_VERDICT_RUNNING;
	assert_int_equal(boot_rules_verdict(&facts, 0), BOOT_VERDICT_RUNNING);
}

static void what_runs_is_not_forgotten(void **state)
{
	(void)state;
	struct boot_facts facts = {.heard_ms = 0};
	assert_false(boot_rules_may_forget(&facts, BOOT_FORGET_MS + 1));
	facts.verdict = BOOT_VERDICT_LOADED;
	assert_false(boot_rules_may_forget(&facts, BOOT_FORGET_MS));
	assert_true(boot_rules_may_forget(&facts, BOOT_FORGET_MS + 1));
}

static void verdicts_have_names(void **state)
{
	(void)state;
	for (int i = BOOT_VERDICT_RUNNING; i <= BOOT_VERDICT_HELD; i++) {
		enum boot_verdict back = BOOT_VERDICT_RUNNING;
		assert_true(boot_verdict_parse(boot_verdict_name((enum boot_verdict)i), &back));
		assert_int_equal(back, i);
	}
	enum boot_verdict verdict;
	assert_false(boot_verdict_parse("Booted", &verdict));
	assert_false(boot_verdict_parse("", &verdict));
}

static void what_waits_is_over_after_a_while(void **state)
{
	(void)state;
	assert_int_equal(boot_rules_over_ms(BOOT_VERDICT_RUNNING, 5), INT64_MAX);
	assert_int_equal(boot_rules_over_ms(BOOT_VERDICT_HELD, 5), 5 + BOOT_REPEAT_MS);
	assert_int_equal(boot_rules_over_ms(BOOT_VERDICT_REFUSED, 5), 5 + BOOT_REPEAT_MS);
	assert_int_equal(boot_rules_over_ms(BOOT_VERDICT_BOOTED, 5), 5);
	assert_int_equal(boot_rules_over_ms(BOOT_VERDICT_STALLED, 5), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_power_on_is_one_boot),
		cmocka_unit_test(a_file_rarely_begins_a_boot),
		cmocka_unit_test(silence_becomes_a_verdict),
		cmocka_unit_test(what_runs_is_not_forgotten),
		cmocka_unit_test(verdicts_have_names),
		cmocka_unit_test(what_waits_is_over_after_a_while),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
