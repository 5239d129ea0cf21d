/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an image brings along, classes that no report told, and binaries that are too new. */
#include "asks.h"

#define SERVED_BY(binary)                                                                          \
	"[I]\n[I.Services]\nAddService=s,2,S\n[S]\nServiceBinary=%12%\\" binary "\n"

#define BASE_1 "1111111111111111111111111111111111111111111111111111111111111111"
#define BASE_2 "2222222222222222222222222222222222222222222222222222222222222222"

static void an_images_own_drivers_are_candidates(void **state)
{
	(void)state;
	static const struct sample own = {"a.inf",
		VERSION_HEAD("01/01/2020,3.0") BOTH FOR_BOTH("D=I,B\\1\nD=I,B\\2") "[I]\n",
		DRIVER_SIGNED, NULL};
	static const struct sample inbox[] = {
		{"b.inf", VERSION_HEAD("06/21/2006,10.0.1.1") BOTH FOR_BOTH("D=I,B\\1") "[I]\n",
			DRIVER_SIGNED, NULL},
		/* The very driver that the database has too: it is there already. */
		{"c.inf", VERSION_HEAD("01/01/2020,3.0") BOTH FOR_BOTH("D=I,B\\2") "[I]\n",
			DRIVER_SIGNED, NULL},
		{"d.inf", VERSION_HEAD("06/21/2006,10.0.1.1") BOTH FOR_BOTH("D=I,B\\3") "[I]\n",
			DRIVER_SIGNED, NULL},
	};
	static const struct sample others[] = {
		{"e.inf", VERSION_HEAD("01/01/2022,10.0") BOTH FOR_BOTH("D=I,B\\1") "[I]\n",
			DRIVER_SIGNED, NULL},
	};
	add(&own);
	add_inbox(BASE_1, inbox, ARRAY_SIZE(inbox));
	add_inbox(BASE_2, others, ARRAY_SIZE(others));
	static const struct {
		const char *base;
		struct question question;
	} cases[] = {
		{NULL, {"10.0.22621/amd64", "B\\1", "", "*a usable 00ff0000 [I]", "the only"}},
		{BASE_1, {"10.0.22621/amd64", "B\\1", "",
				 "*a usable 00ff0000 [I]; b usable 00ff0000 [I]", "newer date"}},
		{BASE_1, {"10.0.22621/amd64", "B\\2", "",
				 "*c usable 00ff0000 [I]; a usable 00ff0000 [I]",
				 "the image drives it itself (\\Windows\\INF\\c.inf); the best of "
				 "2"}},
		{BASE_1, {"10.0.22621/amd64", "B\\3", "", "*d usable 00ff0000 [I]",
				 "the image drives it itself (\\Windows\\INF\\d.inf); the only"}},
		{BASE_2, {"10.0.22621/amd64", "B\\3", "", "",
				 "neither the image itself nor any package drives this device"}},
		{NULL, {"10.0.22621/amd64", "B\\3", "", "", "unless Windows itself does"}},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ask_of_image(NULL, cases[i].base, &cases[i].question);

	struct error err = ERROR_NULL;
	struct target target;
	const struct device_match *match;
	CLEANUP(matching_closep) struct matching *matching = NULL;
	CLEANUP(device_clear) struct device device = device_of("B\\1", "");
	assert_ok(target_parse("10.0.22621/amd64", &target, &err));
	assert_ok(matching_open(store, NULL, &target, BASE_1, &matching, &err));
	assert_ok(matching_device(matching, &device, &match, &err));
	assert_false(match->candidates[0].is_inbox);
	assert_true(match->candidates[1].is_inbox);
	assert_string_equal(match->candidates[1].reason, "the image's own: \\Windows\\INF\\b.inf");
}

/* Behind those without doubt, before those that lack files; and only up to Windows 7. */
static void too_new_binaries_stand_behind(void **state)
{
	(void)state;
	static const struct {
		struct sample sample;
		uint16_t major, minor;
	} samples[] = {
		{{"rt630.inf",
			 VERSION_HEAD("01/01/2020,9.0") BOTH FOR_BOTH("D=I,B\\1\nD=I,B\\2")
				 SERVED_BY("rt630.sys"),
			 DRIVER_SIGNED, NULL},
			6, 2},
		{{"old.inf",
			 VERSION_HEAD("01/01/2010,1.0") BOTH FOR_BOTH("D=I,B\\1")
				 SERVED_BY("old.sys"),
			 DRIVER_SIGNED, NULL},
			1, 10},
		{{"seven.inf",
			 VERSION_HEAD("01/01/2021,1.0") BOTH FOR_BOTH("D=I,B\\3")
				 SERVED_BY("Seven.sys"),
			 DRIVER_SIGNED, NULL},
			6, 1},
		{{"bare.inf",
			 VERSION_HEAD("01/01/2022,1.0")
				 BOTH FOR_BOTH("D=I,B\\1") "[I]\nCopyFiles=@x.sys\n",
			 DRIVER_SIGNED, "x.sys"},
			0, 0},
		/* Its service is another file's than the one that is too new. */
		{{"1.inf",
			 VERSION_HEAD("01/01/2021,1.0") BOTH FOR_BOTH("D=I,B\\4")
				 SERVED_BY("other.sys"),
			 DRIVER_SIGNED, NULL},
			10, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		add_built_for(&samples[i].sample, samples[i].major, samples[i].minor);
	static const struct question questions[] = {
		{"6.1.7601/amd64", "B\\1", "",
			"*o usable 00ff0000 [I]; r too-new 00ff0000 [I]; b incomplete 00ff0000 [I]",
			"the only usable one of 3"},
		{"6.2.9200/amd64", "B\\1", "",
			"*r usable 00ff0000 [I]; o usable 00ff0000 [I]; b incomplete 00ff0000 [I]",
			NULL},
		{"6.1.7601/amd64", "B\\2", "", "*r too-new 00ff0000 [I]",
			"made for Windows 6.2 and later: its rt630.sys says subsystem 6.2; it may "
			"not load"},
		{"6.0.6002/amd64", "B\\3", "", "*s too-new 00ff0000 [I]", "subsystem 6.1"},
		{"6.1.7600/amd64", "B\\3", "", "*s usable 00ff0000 [I]", NULL},
		/* Of the other architecture there is no binary. */
		{"6.1.7601/x86", "B\\2", "", "*r usable 00ff0000 [I]", NULL},
		{"6.1.7601/amd64", "B\\4", "", "*1 usable 00ff0000 [I]", NULL},
	};
	ask_all(questions, ARRAY_SIZE(questions));
}

static void a_class_that_no_report_told_is_the_drivers(void **state)
{
	(void)state;
	static const struct sample samples[] = {
		{"a.inf", VERSION_HEAD("01/01/2020,3.0") BOTH FOR_BOTH("D=I,B\\1") "[I]\n",
			DRIVER_SIGNED, NULL},
		{"b.inf",
			VERSION_HEAD("01/01/2020,3.0") "[Manufacturer]\nA=M,NTarm64\n[M.NTarm64]"
						       "\nD=I,B\\2"
						       "\n[I]\n",
			DRIVER_SIGNED, NULL},
		{"x.inf",
			"[Version]\nSignature=$CHICAGO$\nClass=Extension\nDriverVer=01/01/"
			"2022,1.0\n[Manufacturer]\nA=M,NTamd64.10.0\n[M.NTamd64.10.0]\nD=I,B\\3\n["
			"I]"
			"\n",
			DRIVER_SIGNED, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		add(&samples[i]);
	static const struct {
		const char *id, *class, *expected;
	} cases[] = {
		{"B\\1", "", "Net"},
		{"B\\1", "HDC", "HDC"},
		{"B\\2", "", "Net"}, /* none fits, but what it is for is known */
		{"B\\3", "", ""},
		{"B\\4", "", ""},
	};
	struct error err = ERROR_NULL;
	struct target target;
	CLEANUP(matching_closep) struct matching *matching = NULL;
	assert_ok(target_parse("10.0.22621/amd64", &target, &err));
	assert_ok(matching_open(store, NULL, &target, NULL, &matching, &err));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct device_match *match;
		CLEANUP(device_clear) struct device device = device_of(cases[i].id, "");
		(void)text_copy(device.class, sizeof(device.class), cases[i].class);
		assert_ok(matching_device(matching, &device, &match, &err));
		assert_string_equal(match->class, cases[i].expected);
	}
}

/* What only a revision has is a candidate like any other, with its own rank. */
static void lent_packages_are_candidates(void **state)
{
	(void)state;
	static const struct sample known = {"a.inf",
		VERSION_HEAD("01/01/2020,3.0") BOTH FOR_BOTH("D=I,B\\1\nD=I,B\\2") "[I]\n",
		DRIVER_SIGNED, NULL};
	static const struct sample forgotten[] = {
		{"l.inf", VERSION_HEAD("01/01/2021,3.0") BOTH FOR_BOTH("D=I,X\\9,B\\1") "[I]\n",
			DRIVER_SIGNED, NULL},
		{"m.inf",
			VERSION_HEAD("01/01/2022,3.0") BOTH FOR_BOTH("D=I,B\\2\nD=I,B\\3") "[I]\n",
			DRIVER_SIGNED, NULL},
	};
	static const struct {
		const char *id, *answer;
	} cases[] = {
		{"B\\1", "*a usable 00ff0000 [I]; l usable 00ff1000 [I]"},
		{"B\\2", "*m usable 00ff0000 [I]; a usable 00ff0000 [I]"},
		{"B\\3", "*m usable 00ff0000 [I]"},
		{"B\\4", ""},
	};
	struct error err = ERROR_NULL;
	struct target target;
	struct driver_package lent[ARRAY_SIZE(forgotten)];
	struct matching *matching = NULL;
	add(&known);
	assert_ok(target_parse("10.0.22621/amd64", &target, &err));
	assert_ok(matching_open(store, NULL, &target, NULL, &matching, &err));
	for (size_t i = 0; i < ARRAY_SIZE(forgotten); i++) {
		read_sample(&forgotten[i], &lent[i]);
		assert_ok(matching_lend(matching, &lent[i], &err));
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[1024];
		const struct device_match *match;
		CLEANUP(device_clear) struct device device = device_of(cases[i].id, "");
		assert_ok(matching_device(matching, &device, &match, &err));
		write_match(match, text, sizeof(text));
		assert_string_equal(text, cases[i].answer);
	}
	matching_close(matching);
	for (size_t i = 0; i < ARRAY_SIZE(forgotten); i++)
		driver_package_clear(&lent[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_images_own_drivers_are_candidates, start, stop),
		cmocka_unit_test_setup_teardown(too_new_binaries_stand_behind, start, stop),
		cmocka_unit_test_setup_teardown(
			a_class_that_no_report_told_is_the_drivers, start, stop),
		cmocka_unit_test_setup_teardown(lent_packages_are_candidates, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
