/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/text.h"
#include "driver/target.h"

#include <errno.h>
#include <string.h>

static struct target target_of(const char *text)
{
	struct target target;
	struct error err = ERROR_NULL;
	if (target_parse(text, &target, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return target;
}

static void targets_are_read_and_written(void **state)
{
	(void)state;
	static const struct {
		const char *given, *written, *winpe;
	} cases[] = {
		{"10.0.22621/amd64", "10.0.22621/amd64", "11"},
		{"10.0.22621.1/amd64", "10.0.22621/amd64", "11"},
		{"10.0.19041/x64", "10.0.19041/amd64", "10"},
		{"6.1/x86", "6.1.7600/x86", "3.0"}, /* the first release of that version */
		{"6.1.7601/X86", "6.1.7601/x86", "3.1"},
		{"6.3.9600.16384/amd64", "6.3.9600/amd64", "5.0"},
		{"6.3.9600.17031/amd64", "6.3.9600/amd64", "5.1"},
		{"6.0.6001.18000/x86", "6.0.6001/x86", "2.1"},
		{"5.1.2600/x86", "5.1.2600/x86", "1.0"},
		{"5.2.3790/ia64/server", "5.2.3790/ia64/server", "1.5"},
		{"10.0.14393/amd64/server/0x80", "10.0.14393/amd64/server/0x80", "10"},
		{"10.0.14393/amd64/3/128", "10.0.14393/amd64/server/0x80", "10"},
		{"10.0.14393/amd64/workstation", "10.0.14393/amd64", "10"},
		{"10.0.14393/amd64/workstation/0x100", "10.0.14393/amd64/workstation/0x100", "10"},
		{"10.0.20348/arm64/domain-controller", "10.0.20348/arm64/domain-controller", "10"},
		{"7.8/x86", "7.8/x86", ""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct target target = target_of(cases[i].given);
		char text[TARGET_TEXT_BYTES];
		target_format(&target, text);
		assert_string_equal(text, cases[i].written);
		assert_string_equal(target_winpe(&target), cases[i].winpe);
	}
}

static void what_is_no_target_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"", "does not start with a Windows version"},
		{"winpe11", "does not start with a Windows version"},
		{"10/amd64", "does not start with a Windows version"},
		{"10.0.1.2.3/amd64", "does not start with a Windows version"},
		{"10.0.-1/amd64", "does not start with a Windows version"},
		{"10.0./amd64", "does not start with a Windows version"},
		{"65536.0/amd64", "does not start with a Windows version"},
		{"10.0.99999999999/amd64", "does not start with a Windows version"},
		{"10.0.22621", "does not say the architecture"},
		{"10.0.22621/", "does not say the architecture"},
		{"10.0.22621/mips", "there are x86, amd64"},
		{"10.0.22621/amd64/0", "product type"},
		{"10.0.22621/amd64/4", "product type"},
		{"10.0.22621/amd64/home", "product type"},
		{"10.0.22621/amd64/server/much", "suite mask"},
		{"10.0.22621/amd64/server/0x", "suite mask"},
		{"10.0.22621/amd64/server/0x100000000", "suite mask"},
		{"10.0.22621/amd64/server/1/1", "suite mask"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct target target;
		struct error err = ERROR_NULL;
		assert_int_equal(target_parse(cases[i].text, &target, &err), -EINVAL);
		if (!strstr(err.text, cases[i].says))
			fail_msg("%s: %s", cases[i].text, err.text);
	}
}

static void decorations_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		struct decoration found;
	} good[] = {
		{"", {0}},
		{"NT", {.has_nt = true}},
		{"nt.", {.has_nt = true}},
		{"NTx86", {.has_nt = true, .arch = "x86"}},
		{"ntAMD64.6", {.has_nt = true, .arch = "amd64", .has_major = true, .major = 6}},
		{"NTarm64.10.0", {.has_nt = true,
					 .arch = "arm64",
					 .has_major = true,
					 .major = 10,
					 .has_minor = true}},
		{"NTx86....0x80",
			{.has_nt = true, .arch = "x86", .has_suite = true, .suite = 0x80}},
		{"ntamd64.6.1.1", {.has_nt = true,
					  .arch = "amd64",
					  .has_major = true,
					  .major = 6,
					  .has_minor = true,
					  .minor = 1,
					  .has_product = true,
					  .product = 1}},
		{"NTia64.5.2.0x0000003.0x2", {.has_nt = true,
						     .arch = "ia64",
						     .has_major = true,
						     .major = 5,
						     .has_minor = true,
						     .minor = 2,
						     .has_product = true,
						     .product = 3,
						     .has_suite = true,
						     .suite = 2}},
		{"NTamd64.10.0...14393", {.has_nt = true,
						 .arch = "amd64",
						 .has_major = true,
						 .major = 10,
						 .has_minor = true,
						 .has_build = true,
						 .build = 14393}},
	};
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct decoration found;
		assert_int_equal(decoration_parse(good[i].text, &found), 0);
		assert_int_equal(found.has_nt, good[i].found.has_nt);
		assert_string_equal(found.arch, good[i].found.arch);
		assert_int_equal(found.has_major, good[i].found.has_major);
		assert_int_equal(found.major, good[i].found.major);
		assert_int_equal(found.has_minor, good[i].found.has_minor);
		assert_int_equal(found.minor, good[i].found.minor);
		assert_int_equal(found.has_product, good[i].found.has_product);
		assert_int_equal(found.product, good[i].found.product);
		assert_int_equal(found.has_suite, good[i].found.has_suite);
		assert_int_equal(found.suite, good[i].found.suite);
		assert_int_equal(found.has_build, good[i].found.has_build);
		assert_int_equal(found.build, good[i].found.build);
	}
	static const char *const bad[] = {"x86", "amd64", "NTmips", "NTx86amd64", "NT6.1", "NT.a",
		"NT.6.x", "NTx86.6.1.1.1.1.1", "NT.0x", "NT.65536", "NT.-6", "WIN", ".NT",
		"NTaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "NT.00000000000000000000000000000000006"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct decoration found;
		if (decoration_parse(bad[i], &found) != -EINVAL)
			fail_msg("%s is no decoration", bad[i]);
	}
}

static void each_decoration_is_weighed(void **state)
{
	(void)state;
	static const struct {
		const char *decoration, *target;
		enum decoration_fit fit;
	} cases[] = {
		/* Since Windows Server 2003 SP1 no architecture means x86, before any. */
		{"", "5.1.2600/x86", DECORATION_FITS},
		{"", "5.1.2600/ia64", DECORATION_FITS},
		{"NT", "5.1.2600/ia64", DECORATION_FITS},
		{"", "5.2.3790/amd64", DECORATION_OTHER_ARCH},
		{"NT", "6.0.6000/amd64", DECORATION_OTHER_ARCH},
		{"NT.6.0", "10.0.22621/amd64", DECORATION_OTHER_ARCH},
		{"", "10.0.19041/x86", DECORATION_FITS},
		{"NT", "10.0.19041/x86", DECORATION_FITS},
		{"NT.10.0...14393", "10.0.14393/x86", DECORATION_FITS},
		{"NTx86", "10.0.22621/amd64", DECORATION_OTHER_ARCH},
		{"NTarm", "10.0.22621/arm64", DECORATION_OTHER_ARCH},
		/* Windows 2000 knows no decorations. */
		{"", "5.0.2195/x86", DECORATION_FITS},
		{"NTx86", "5.0.2195/x86", DECORATION_NEWER_WINDOWS},
		/* Versions: not higher than that of the system. */
		{"NTx86.5.1", "5.1.2600/x86", DECORATION_FITS},
		{"NTx86.5.1", "10.0.19041/x86", DECORATION_FITS},
		{"NTx86.6.0", "5.1.2600/x86", DECORATION_NEWER_WINDOWS},
		{"NTamd64.6.2", "6.1.7601/amd64", DECORATION_NEWER_WINDOWS},
		{"NTamd64.6", "6.1.7601/amd64", DECORATION_FITS},
		{"NTamd64.10.0", "6.3.9600/amd64", DECORATION_NEWER_WINDOWS},
		{"NT.7.8", "7.8/x86", DECORATION_FITS},
		{"NT.7.8", "8.0/x86", DECORATION_FITS},
		{"NT.7.8", "5.1/x86", DECORATION_NEWER_WINDOWS},
		/* Builds: a minimum, of exactly that version, for systems that can read them. */
		{"NTamd64.10.0...14393", "10.0.14393/amd64", DECORATION_FITS},
		{"NTamd64.10.0...14393", "10.0.22621/amd64", DECORATION_FITS},
		{"NTamd64.10.0...22000", "10.0.19041/amd64", DECORATION_NEWER_WINDOWS},
		{"NTamd64.10.0...14310", "10.0.14310/amd64", DECORATION_FITS},
		{"NTamd64.10.0...10240", "10.0.10240/amd64", DECORATION_INVALID},
		{"NTamd64.10.0...10240", "10.0.10586/amd64", DECORATION_INVALID},
		{"NTamd64.10.0...14393", "10.0.10240/amd64", DECORATION_NEWER_WINDOWS},
		{"NTamd64.10.0...22000", "10.1.500/amd64", DECORATION_FITS},
		{"NTamd64.10.0...14393", "6.3.9600/amd64", DECORATION_NEWER_WINDOWS},
		{"NTamd64.6.1...7601", "6.1.7601/amd64", DECORATION_INVALID},
		{"NTamd64.6.1...7601", "10.0.22621/amd64", DECORATION_FITS},
		/* Product types: the same one. */
		{"NTamd64.6.1.1", "6.1.7601/amd64", DECORATION_FITS},
		{"NTamd64.6.1.3", "6.1.7601/amd64", DECORATION_OTHER_PRODUCT},
		{"NTamd64.6.1.3", "6.1.7601/amd64/server", DECORATION_FITS},
		{"NTamd64.6.1.2", "6.1.7601/amd64/server", DECORATION_OTHER_PRODUCT},
		{"NTamd64.6.1.0x0000001", "6.1.7601/amd64/workstation", DECORATION_FITS},
		/* Suites: all that are named. */
		{"NTx86....0x80", "5.2.3790/x86/server/0x80", DECORATION_FITS},
		{"NTx86....0x80", "5.2.3790/x86/server/0x82", DECORATION_FITS},
		{"NTx86....0x82", "5.2.3790/x86/server/0x80", DECORATION_OTHER_SUITE},
		{"NTx86....0x80", "5.2.3790/x86/server", DECORATION_OTHER_SUITE},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct target target = target_of(cases[i].target);
		struct decoration decoration;
		assert_int_equal(decoration_parse(cases[i].decoration, &decoration), 0);
		enum decoration_fit fit = decoration_fit(&decoration, &target);
		if (fit != cases[i].fit)
			fail_msg("%s for %s: %d", cases[i].decoration, cases[i].target, (int)fit);
	}
}

#define MAX_SECTIONS 8

/* "a|b|" is one line of [Manufacturer] with the decorations a, b and none. */
static int choose(const char *line, const char *target_text, enum decoration_fit *why)
{
	struct driver_section sections[MAX_SECTIONS] = {0};
	size_t n = 0;
	for (const char *at = line; n < MAX_SECTIONS; n++) {
		const char *end = strchrnul(at, '|');
		assert_true((size_t)(end - at) < sizeof(sections[n].decoration));
		memcpy(sections[n].decoration, at, (size_t)(end - at));
		sections[n].manufacturer = 7;
		if (!*end) {
			n++;
			break;
		}
		at = end + 1;
	}
	struct target target = target_of(target_text);
	return target_choose_section(sections, n, 7, &target, why);
}

/* The examples of "INF Manufacturer Section" and "Combining Platform Extensions with Operating
 * System Versions", and what follows from their rules. */
static void one_section_of_a_line_is_chosen(void **state)
{
	(void)state;
	static const struct {
		const char *line, *target;
		int chosen;
	} cases[] = {
		/* %FooCorp%=FooMfg, NTx86....0x80, NTamd64 and an undecorated [FooMfg] */
		{"NTx86....0x80|NTamd64|", "5.2.3790/x86/server/0x80", 0},
		{"NTx86....0x80|NTamd64|", "5.2.3790/amd64", 1},
		{"NTx86....0x80|NTamd64|", "10.0.22621/amd64/server/0x80", 1},
		{"NTx86....0x80|NTamd64|", "5.0.2195/x86/server/0x80", 2},
		{"NTx86....0x80|NTamd64", "5.1.2600/x86", -1},
		/* %FooCorp% = FooMfg, NTx86 */
		{"NTx86", "5.1.2600/x86", 0},
		{"NTx86", "10.0.19045/x86", 0},
		{"NTx86", "6.1.7601/amd64", -1},
		/* %FooCorp% = FooMfg, NT.7.8 */
		{"NT.7.8|NT", "7.8/x86", 0},
		{"NT.7.8|NT", "7.9/x86", 0},
		{"NT.7.8|NT", "5.1.2600/x86", 1},
		/* %FooCorp%=FooMfg, NT, NT.5, NT.5.5, NT....0x80 */
		{"NT|NT.5|NT.5.5|NT....0x80", "5.1.2600/x86", 1},
		{"NT|NT.5|NT.5.5|NT....0x80", "5.1.2600/x86/server/0x80", 1},
		{"NT|NT.5|NT.5.5|NT....0x80", "6.0.6000/x86", 2},
		/* %Mfg%=Contoso,NTamd64 */
		{"NTamd64", "10.0.22621/amd64", 0},
		{"NTamd64", "10.0.22621/arm64", -1},
		/* %foo%=foosec,NTx86.5.1 */
		{"NTx86.5.1", "5.1.2600/x86", 0},
		{"NTx86.5.1", "6.1.7601/x86", 0},
		{"NTx86.5.1", "5.0.2195/x86", -1},
		/* %foo%=foosec,NTamd64.10.0...14393 */
		{"NTamd64.10.0...14393", "10.0.14393/amd64", 0},
		{"NTamd64.10.0...14393", "10.0.22621/amd64", 0},
		{"NTamd64.10.0...14393", "10.0.10586/amd64", -1},
		/* Example 1: MyName,NTx86.5.1 and [MyName] */
		{"NTx86.5.1|", "5.0.2195/x86", 1},
		{"NTx86.5.1|", "5.1.2600/x86", 0},
		{"NTx86.5.1|", "6.1.7601/amd64", -1},
		/* Example 2: MyName,NTx86.6.0,NTx86.5.1: that the chosen one is empty excludes */
		{"NTx86.6.0|NTx86.5.1|", "6.0.6000/x86", 0},
		{"NTx86.6.0|NTx86.5.1|", "6.1.7601/x86", 0},
		{"NTx86.6.0|NTx86.5.1|", "5.1.2600/x86", 1},
		{"NTx86.6.0|NTx86.5.1|", "5.2.3790/x86", 1},
		{"NTx86.6.0|NTx86.5.1|", "5.0.2195/x86", 2},
		/* Example 3: MyMfg, NTamd64.6.1, NTamd64.10.0, NTamd64.10.0...14393 */
		{"NTamd64.6.1|NTamd64.10.0|NTamd64.10.0...14393", "6.1.7601/amd64", 0},
		{"NTamd64.6.1|NTamd64.10.0|NTamd64.10.0...14393", "6.3.9600/amd64", 0},
		{"NTamd64.6.1|NTamd64.10.0|NTamd64.10.0...14393", "10.0.10240/amd64", 1},
		{"NTamd64.6.1|NTamd64.10.0|NTamd64.10.0...14393", "10.0.14392/amd64", 1},
		{"NTamd64.6.1|NTamd64.10.0|NTamd64.10.0...14393", "10.0.14393/amd64", 2},
		{"NTamd64.6.1|NTamd64.10.0|NTamd64.10.0...14393", "10.0.22621/amd64", 2},
		{"NTamd64.6.1|NTamd64.10.0|NTamd64.10.0...14393", "6.0.6000/amd64", -1},
		/* Combining: two builds on one line */
		{"NTamd64.10.0...17134|NTamd64.10.0...22000", "10.0.17134/amd64", 0},
		{"NTamd64.10.0...17134|NTamd64.10.0...22000", "10.0.19045/amd64", 0},
		{"NTamd64.10.0...17134|NTamd64.10.0...22000", "10.0.22000/amd64", 1},
		{"NTamd64.10.0...17134|NTamd64.10.0...22000", "10.0.16299/amd64", -1},
		{"NTamd64.10.0...17134|NTamd64.10.0...17763", "10.0.17134/amd64", 0},
		{"NTamd64.10.0...17134|NTamd64.10.0...17763", "10.0.17763/amd64", 1},
		{"NTamd64.6.1|NTamd64.10.0", "6.2.9200/amd64", 0},
		{"NTamd64.6.1|NTamd64.10.0", "10.0.22621/amd64", 1},
		{"ntx86.5.1|", "6.0.6000/x86", 0},
		{"nt.6.0|", "5.1.2600/x86", 1},
		{"nt.10.0...14393", "10.0.14393/x86", 0},
		{"ntx86|", "6.1.7601/x86", 0},
		/* The version before the architecture, the architecture before none, the more exact
		 * product and suite of equals. */
		{"NTx86|NT.6.0", "6.1.7601/x86", 1},
		{"NT.6.0|NTx86.6.0", "6.1.7601/x86", 1},
		{"|NT|NTx86", "6.1.7601/x86", 2},
		{"|NT", "6.1.7601/x86", 1},
		{"NTamd64.6.1|NTamd64.6.1.3|NTamd64.6.1.1", "6.1.7601/amd64", 2},
		{"NTamd64.6.1|NTamd64.6.1.3|NTamd64.6.1.1", "6.1.7601/amd64/server", 1},
		{"NTamd64.6.1|NTamd64.6.1.3|NTamd64.6.1.1", "6.1.7601/amd64/2", 0},
		{"NTamd64.6.0.1|NTamd64.6.1", "6.1.7601/amd64", 1},
		{"NTamd64.6.1.3|NTamd64.6.1.3.0x80|NTamd64.6.1.3.0x82", "6.1.7601/amd64/3/0x82", 2},
		{"NTamd64.6.1.3|NTamd64.6.1.3.0x80|NTamd64.6.1.3.0x82", "6.1.7601/amd64/3/0x80", 1},
		{"NTamd64.6.1.3|NTamd64.6.1.3.0x80|NTamd64.6.1.3.0x82", "6.1.7601/amd64/3", 0},
		{"NTamd64.10.0.3|NTamd64.10.0...17763", "10.0.20348/amd64/3", 1},
		{"NTamd64.10.0.3...17763|NTamd64.10.0...17763", "10.0.20348/amd64/3", 1},
		{"NTamd64.10.0.3..17763|NTamd64.10.0...17763", "10.0.20348/amd64/3", 0},
		/* What cannot be read never counts. */
		{"NTamd64.10.0.x|NTamd64", "10.0.22621/amd64", 1},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum decoration_fit why;
		int chosen = choose(cases[i].line, cases[i].target, &why);
		if (chosen != cases[i].chosen)
			fail_msg("%s for %s: %d", cases[i].line, cases[i].target, chosen);
		assert_true((why == DECORATION_FITS) == (chosen >= 0));
	}
}

static void the_nearest_miss_is_told(void **state)
{
	(void)state;
	static const struct {
		const char *line, *target;
		enum decoration_fit why;
	} cases[] = {
		{"NTx86|NTamd64.10.0", "6.1.7601/amd64", DECORATION_NEWER_WINDOWS},
		{"NTx86|NTia64", "6.1.7601/amd64", DECORATION_OTHER_ARCH},
		{"", "6.1.7601/amd64", DECORATION_OTHER_ARCH},
		{"NTx86|NTamd64.6.1.3", "6.1.7601/amd64", DECORATION_OTHER_PRODUCT},
		{"NTamd64.6.1.3|NTamd64.6.1.1.0x40", "6.1.7601/amd64", DECORATION_OTHER_SUITE},
		{"garbage", "6.1.7601/amd64", DECORATION_INVALID},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum decoration_fit why;
		assert_int_equal(choose(cases[i].line, cases[i].target, &why), -1);
		assert_int_equal(why, cases[i].why);
	}
}

static void lines_of_other_manufacturers_do_not_count(void **state)
{
	(void)state;
	struct driver_section sections[] = {
		{.manufacturer = 0, .decoration = "NTamd64.10.0...17134"},
		{.manufacturer = 1, .decoration = "NTamd64.10.0...22000"},
	};
	static const struct {
		const char *target;
		int chosen[3];
	} cases[] = {
		{"10.0.22621/amd64", {0, 1, -1}}, /* both lines apply */
		{"10.0.19045/amd64", {0, -1, -1}},
		{"10.0.16299/amd64", {-1, -1, -1}},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct target target = target_of(cases[i].target);
		enum decoration_fit why;
		for (uint32_t line = 0; line < 3; line++)
			assert_int_equal(target_choose_section(sections, 2, line, &target, &why),
				cases[i].chosen[line]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_are_read_and_written),
		cmocka_unit_test(what_is_no_target_is_refused),
		cmocka_unit_test(decorations_are_read),
		cmocka_unit_test(each_decoration_is_weighed),
		cmocka_unit_test(one_section_of_a_line_is_chosen),
		cmocka_unit_test(the_nearest_miss_is_told),
		cmocka_unit_test(lines_of_other_manufacturers_do_not_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
