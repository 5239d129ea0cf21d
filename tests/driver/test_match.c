/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From INFs, written for these tests, to the driver that a device gets. */
#include "asks.h"

#include "driver/rules.h"

/* ---- the documents' rules, end to end ---- */

/* Sections of "INF Manufacturer Section", examples 1 to 3, and builds of "Combining Platform
 * Extensions"; on two lines of [Manufacturer] both apply. */
static void sections_decide(void **state)
{
	(void)state;
	static const struct sample samples[] = {
		{"a.inf",
			VERSION_HEAD(
				"01/01/2010,1.0.0.0") "[Manufacturer]\nA=M,NTx86.5.1\n"
						      "[M]\nD=IA,E\\1\n[M.NTx86.5.1]\nD=IB,E\\1\n"
						      "[IA]\n[IB]\n",
			DRIVER_SIGNED, NULL},
		{"b.inf",
			VERSION_HEAD(
				"01/01/2010,1.0.0.0") "[Manufacturer]\nA=M,NTx86.6.0,NTx86.5.1,\n"
						      "[M.NTx86.6.0]\n[M.NTx86.5.1]\nD=I,E\\2\n"
						      "[M]\n[I]\n",
			DRIVER_SIGNED, NULL},
		{"c.inf",
			VERSION_HEAD("01/01/2010,1.0.0.0") "[Manufacturer]\nA=M,NTamd64.6.1,"
							   "NTamd64.10.0,NTamd64.10.0...14393\n"
							   "[M.NTamd64.6.1]\nD=Seven,E\\3\n[M."
							   "NTamd64.10.0]\nD=Ten,E\\3\n"
							   "[M.NTamd64.10.0...14393]\nD=Build,"
							   "E\\3\n[Seven]\n[Ten]\n[Build]\n",
			DRIVER_SIGNED, NULL},
		{"d.inf",
			VERSION_HEAD("01/01/2010,1.0.0.0") "[Manufacturer]\nA=M,NTamd64.10.0..."
							   "17134,NTamd64.10.0...17763\n"
							   "[M.NTamd64.10.0...17134]\nD=I,E\\4\n[M."
							   "NTamd64.10.0...17763]\n[I]\n",
			DRIVER_SIGNED, NULL},
		{"e.inf",
			VERSION_HEAD("01/01/2010,1.0.0.0") "[Manufacturer]\nA=M,NTamd64.10.0..."
							   "17134\nA=N,NTamd64.10.0...22000\n"
							   "[M.NTamd64.10.0...17134]\nD=I,E\\5\n[N."
							   "NTamd64.10.0...22000]\nD=J,E\\5\n"
							   "[I]\n[J]\n",
			DRIVER_SIGNED, NULL},
		{"f.inf",
			VERSION_HEAD("01/01/2010,1.0.0.0") "[Manufacturer]\nA=M,NTamd64.6.1,"
							   "NTamd64.6.1.3,NTamd64.6.2,NTx86\n"
							   "[M.NTamd64.6.1]\nD=I,E\\6\n[M.NTamd64."
							   "6.1.3]\nD=S,E\\6\n"
							   "[M.NTamd64.6.2]\nD=I,E\\66\n[M.NTx86]"
							   "\nD=Gone,E\\6\n[I]\n[S]\n",
			DRIVER_SIGNED, NULL},
		{"9.inf",
			VERSION_HEAD("01/01/2010,1.0.0.0") "[Manufacturer]\nA=M,NT,NT.5,NT.5.5,NT.."
							   "..0x80\n[M.NT]\nD=I,E\\7\n"
							   "[M.NT.5]\nD=Five,E\\7\n[M.NT.5.5]\nD=I,"
							   "E\\7\n[M.NT....0x80]\nD=I,E\\7\n"
							   "[I]\n[Five]\n",
			DRIVER_SIGNED, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		add(&samples[i]);
	static const struct question questions[] = {
		{"5.0.2195/x86", "E\\1", "", "*a usable 00ff0000 [IA]",
			"the only driver that names this device"},
		{"5.1.2600/x86", "e\\1", "", "*a usable 00ff0000 [IB]", NULL},
		{"6.1.7601/x86", "E\\1", "", "*a usable 00ff0000 [IB]", NULL},
		{"6.1.7601/amd64", "E\\1", "", "a arch",
			"a.inf: only for x86, as no architecture is named ([M])"},
		{"5.0.2195/x86", "E\\2", "", "b windows", "only for Windows 5.1 and later"},
		{"5.1.2600/x86", "E\\2", "", "*b usable 00ff0000 [I]", NULL},
		{"5.2.3790/x86/server", "E\\2", "", "*b usable 00ff0000 [I]", NULL},
		{"6.0.6000/x86", "E\\2", "", "b excluded",
			"b.inf: the INF excludes Windows 6.0.6000: its "
			"section "
			"[M.NTx86.6.0] is empty"},
		{"10.0.19045/x86", "E\\2", "", "b excluded", NULL},
		{"6.0.6002/amd64", "E\\3", "", "c windows",
			"c.inf: only for Windows 6.1 and later ([M.NTamd64.6.1])"},
		{"6.1.7601/amd64", "E\\3", "", "*c usable 00ff0000 [Seven]", NULL},
		{"6.3.9600/amd64", "E\\3", "", "*c usable 00ff0000 [Seven]", NULL},
		{"10.0.10240/amd64", "E\\3", "", "*c usable 00ff0000 [Ten]", NULL},
		{"10.0.14392/amd64", "E\\3", "", "*c usable 00ff0000 [Ten]", NULL},
		{"10.0.14393/amd64", "E\\3", "", "*c usable 00ff0000 [Build]", NULL},
		{"10.0.22621/amd64", "E\\3", "", "*c usable 00ff0000 [Build]", NULL},
		{"10.0.22621/arm64", "E\\3", "", "c arch", "only for amd64"},
		{"10.0.16299/amd64", "E\\4", "", "d windows",
			"only for Windows 10.0.17134 and later"},
		{"10.0.17134/amd64", "E\\4", "", "*d usable 00ff0000 [I]", NULL},
		{"10.0.17763/amd64", "E\\4", "", "d excluded", "[M.NTamd64.10.0...17763] is empty"},
		{"10.0.19045/amd64", "E\\5", "", "*e usable 00ff0000 [I]", NULL},
		{"10.0.22000/amd64", "E\\5", "", "*e usable 00ff0000 [I]; e usable 00ff0000 [J]",
			"the best of 2: equal to the next in rank, date and version"},
		{"6.1.7601/amd64", "E\\6", "", "*f usable 00ff0000 [I]", NULL},
		{"6.1.7601/amd64/server", "E\\6", "", "*f usable 00ff0000 [S]", NULL},
		{"6.2.9200/amd64", "E\\6", "", "f windows",
			"for Windows 6.2.9200 the INF has [M.NTamd64.6.2], which does not name "
			"this "
			"device"},
		{"6.0.6000/amd64", "E\\66", "", "f windows", NULL},
		{"6.1.7601/x86", "E\\6", "", "f no-section",
			"f.inf: line 15 of the INF "
			"names "
			"the install section [Gone]"},
		{"5.1.2600/x86", "E\\7", "", "*9 usable 00ff0000 [Five]", NULL},
		{"5.1.2600/x86/server/0x80", "E\\7", "", "*9 usable 00ff0000 [Five]", NULL},
		{"10.0.22621/amd64", "E\\8", "E\\9", "", "no package knows this device"},
	};
	ask_all(questions, ARRAY_SIZE(questions));
}

/* "Driver Package Rank Example", and what comes before the identifier: signature and feature. */
static void ranks_decide(void **state)
{
	(void)state;
	static const struct sample samples[] = {
		{"a.inf",
			VERSION_HEAD("01/01/2001,1.0.0.0")
				BOTH FOR_BOTH("D=I,R\\HW2,R\\X,R\\HW1") "[I]\n",
			DRIVER_SIGNED, NULL},
		{"b.inf",
			VERSION_HEAD("01/01/2020,9.0.0.0")
				BOTH FOR_BOTH("D=I,R\\CID2,R\\CID1") "[I]\n",
			DRIVER_SIGNED, NULL},
		{"c.inf",
			VERSION_HEAD("01/01/2020,9.0.0.0")
				BOTH FOR_BOTH("D=I,,R\\Y,R\\CID2") "[I]\n",
			DRIVER_SIGNED, NULL},
		{"d.inf", VERSION_HEAD("01/01/2020,9.0.0.0") BOTH FOR_BOTH("D=I,R\\HW1") "[I.nt]\n",
			DRIVER_UNSIGNED, NULL},
		{"e.inf",
			VERSION_HEAD("01/01/2020,9.0.0.0") "[Manufacturer]\nA=M\n[M]\nD=I,R\\HW1\n"
							   "[I]\n",
			DRIVER_SIGNATURE_INVALID, NULL},
		{"f.inf",
			VERSION_HEAD("01/01/2001,1.0.0.0")
				BOTH FOR_BOTH("D=I,R\\CID2") "[I.ntamd64]\nFeatureScore=80\n[I]"
							     "\nFeatureScore=70\n",
			DRIVER_SIGNED, NULL},
		/* Equal ranks: the date, then the version; an install section has its own. */
		{"1.inf",
			VERSION_HEAD("02/28/2013,12.7.28.0")
				BOTH FOR_BOTH("D=I,T\\1,T\\2,T\\3") "[I]\n",
			DRIVER_SIGNED, NULL},
		{"2.inf",
			VERSION_HEAD("02/28/2013,12.7.28.1") BOTH FOR_BOTH("D=I,T\\1,T\\2") "[I]\n",
			DRIVER_SIGNED, NULL},
		{"3.inf",
			VERSION_HEAD("02/27/2013,99.0.0.0") BOTH FOR_BOTH(
				"D=I,T\\1\nD=J,T\\2") "[I]\n[J]\nDriverVer=03/01/2013,1.0\n",
			DRIVER_SIGNED, NULL},
		{"4.inf", VERSION_HEAD("") BOTH FOR_BOTH("D=I,T\\1") "[I]\n", DRIVER_SIGNED, NULL},
		/* Several lines of one package for one device. */
		{"5.inf",
			VERSION_HEAD("01/01/2013,1.0") BOTH FOR_BOTH(
				"D=I,S\\2\nD=I,S\\1\nD=I,S\\3\nD=J,S\\2\nD=K,S\\3") "[I]\n[J]\n[K]"
										    "\n",
			DRIVER_SIGNED, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		add(&samples[i]);
	static const struct question questions[] = {
		{"10.0.22621/amd64", "R\\HW1,R\\HW2", "R\\CID1,R\\CID2",
			"*f usable 00802001 [I.ntamd64]; a usable 00ff0001 [I]; b usable 00ff2001 "
			"[I]; "
			"c usable 00ff3101 [I]; d usable 80ff0000 [I.nt]; e arch",
			"the best of 5: the lowest rank"},
		/* No feature scores before Vista; without any NT decoration the last. */
		{"5.1.2600/x86", "R\\HW1,R\\HW2", "R\\CID1,R\\CID2",
			"*a usable 00ff0001 [I]; b usable 00ff2001 [I]; f usable 00ff2001 [I]; "
			"c usable 00ff3101 [I]; d usable 80ff0000 [I.nt]; e usable c0ff0000 [I]",
			NULL},
		{"6.0.6000/x86", "R\\HW1,R\\HW2", "R\\CID1,R\\CID2",
			"*f usable 00702001 [I]; a usable 00ff0001 [I]; b usable 00ff2001 [I]; "
			"c usable 00ff3101 [I]; d usable 80ff0000 [I.nt]; e usable c0ff0000 [I]",
			NULL},
		{"10.0.22621/amd64", "R\\Z,R\\HW1", "",
			"*a usable 00ff1001 [I]; d usable 80ff0001 [I.nt]; e arch", NULL},
		{"10.0.22621/amd64", "T\\1", "",
			"*2 usable 00ff0000 [I]; 1 usable 00ff0000 [I]; 3 usable 00ff0000 [I]; 4 "
			"usable "
			"00ff0000 [I]",
			"the best of 4: same rank and date as the next, higher version"},
		{"10.0.22621/amd64", "T\\2", "",
			"*3 usable 00ff0000 [J]; 2 usable 00ff1000 [I]; 1 usable 00ff1000 [I]",
			"the best of 3: the lowest rank"},
		{"10.0.22621/amd64", "S\\1,S\\2,S\\3", "",
			"*5 usable 00ff0000 [I]; 5 usable 00ff0001 [J]; 5 usable 00ff0002 [K]",
			NULL},
		{"10.0.22621/amd64", "S\\0,S\\3", "",
			"*5 usable 00ff0001 [I]; 5 usable 00ff0001 [K]", NULL},
	};
	ask_all(questions, ARRAY_SIZE(questions));
}

static void excluded_broken_and_incomplete_ones_stand_behind(void **state)
{
	(void)state;
	static const struct sample samples[] = {
		{"a.inf",
			VERSION_HEAD("01/01/2020,2.0")
				BOTH FOR_BOTH("D=I,X\\1") "[I]\nCopyFiles=@a.sys,@a.dll\n",
			DRIVER_SIGNED, "a.sys"},
		{"b.inf",
			VERSION_HEAD("01/01/2010,1.0")
				BOTH FOR_BOTH("D=I,X\\1") "[I]\nCopyFiles=@b.sys\n",
			DRIVER_UNSIGNED, NULL},
		{"c.inf",
			VERSION_HEAD("01/01/2021,1.0")
				BOTH FOR_BOTH("D=I,X\\2") "[I]\nCopyFiles=@c.sys\n",
			DRIVER_SIGNED, "c.sys"},
		{"d.inf",
			VERSION_HEAD("01/01/2022,1.0")
				BOTH FOR_BOTH("D=I,X\\2") "[I]\nCopyFiles=@d.sys\n",
			DRIVER_SIGNED, "d.sys"},
		/* ExcludeID: any id of the device, also one that the line does not name. */
		{"e.inf",
			VERSION_HEAD("01/01/2022,1.0")
				BOTH FOR_BOTH("D=I,X\\3") "[I]\nExcludeID=x\\3&bad\n",
			DRIVER_SIGNED, NULL},
		{"f.inf",
			"[Version]\nSignature=$CHICAGO$\nClass=Extension\nDriverVer=01/01/"
			"2022,1.0\n"
			"[Manufacturer]\nA=M,NTamd64.10.0\n[M.NTamd64.10.0]\nD=I,X\\3\n[I]\n",
			DRIVER_SIGNED, NULL},
		{"g.inf",
			VERSION_HEAD("01/01/2002,1.0") "[Manufacturer]\nA=M\n[M]\nD=I,X\\4\n[I]"
						       "\nExcludeID=X\\4&BAD\n",
			DRIVER_SIGNED, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		add(&samples[i]);
	static const struct question questions[] = {
		{"10.0.22621/amd64", "X\\1", "",
			"*b usable 80ff0000 [I]; a incomplete 00ff0000 [I]",
			"the only usable one of 2"},
		{"10.0.22621/amd64", "X\\2", "",
			"*d incomplete 00ff0000 [I]; c incomplete 00ff0000 [I]",
			"files are missing: d.sys; `pewter driver add` the driver's whole folder, "
			"which has them; the best of 2: same rank as the next, newer date"},
		{"10.0.22621/amd64", "X\\3", "", "*e usable 00ff0000 [I]; f excluded [I]", NULL},
		{"10.0.22621/amd64", "X\\3", "X\\3&BAD", "e excluded [I]; f excluded [I]",
			"2 drivers name this device, all of them excluded by the INF itself"},
		/* "Windows XP and later": INF DDInstall Section. */
		{"5.0.2195/x86", "X\\4", "X\\4&BAD", "*g usable 00ff0000 [I]", NULL},
		{"5.1.2600/x86", "X\\4", "X\\4&BAD", "g excluded [I]",
			"g.inf: ExcludeID of [I] names X\\4&BAD"},
	};
	ask_all(questions, ARRAY_SIZE(questions));
}

/* ---- marks and rules ---- */

static void marked_ones_are_passed_over(void **state)
{
	(void)state;
	static const struct sample samples[] = {
		{"a.inf",
			VERSION_HEAD("01/01/2020,3.0") BOTH FOR_BOTH("D=I,B\\1\nD=I,B\\2") "[I]\n",
			DRIVER_SIGNED, NULL},
		{"b.inf", VERSION_HEAD("01/01/2019,2.0") BOTH FOR_BOTH("D=I,B\\1") "[I]\n",
			DRIVER_SIGNED, NULL},
		{"c.inf", VERSION_HEAD("01/01/2018,1.0") BOTH FOR_BOTH("D=I,,B\\1") "[I]\n",
			DRIVER_SIGNED, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		add(&samples[i]);
	static const char rules_text[] =
		"[rule first]\ninf = a.inf\ncondition = winpe<=3.1\nwhy = it crashes\ninstead = "
		"c.inf\n"
		"[rule second]\ninf = a.inf\ncondition = winpe=4.0\nwhy = it hangs\ninstead = "
		"x.inf\n"
		"[rule third]\ninf = c.inf\ncondition = winpe=5.0\nwhy = it sleeps\ninstead = "
		"b.inf\n";
	struct error err = ERROR_NULL;
	CLEANUP(driver_rules_freep) struct driver_rules *rules = driver_rules_new();
	assert_non_null(rules);
	assert_ok(driver_rules_add(rules, "test.rules", rules_text, strlen(rules_text), &err));
	static const struct question questions[] = {
		/* Nothing is marked on this one. */
		{"10.0.22621/amd64", "B\\1", "",
			"*a usable 00ff0000 [I]; b usable 00ff0000 [I]; c usable 00ff1000 [I]",
			NULL},
		/* The substitute is taken, though another one is better. */
		{"6.1.7601/amd64", "B\\1", "",
			"b usable 00ff0000 [I]; *c usable 00ff1000 [I]; a marked 00ff0000 [I]",
			"stands in for a.inf, which is better but known not to work here (it "
			"crashes"},
		/* No such substitute: the next best. */
		{"6.2.9200/amd64", "B\\1", "",
			"*b usable 00ff0000 [I]; c usable 00ff1000 [I]; a marked 00ff0000 [I]",
			"the best of 2: the lowest rank; passed over: 1 known not to work here"},
		{"6.1.7601/amd64", "B\\2", "", "a marked 00ff0000 [I]",
			"known not to work here: it crashes"},
		/* One that would not have been taken anyway gives no place away. */
		{"6.3.9600/amd64", "B\\1", "",
			"*a usable 00ff0000 [I]; b usable 00ff0000 [I]; c marked 00ff1000 [I]",
			"the best of 2: same rank as the next, newer date"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
		ask_with(rules, &questions[i]);
}

/* ---- ids and Windows ---- */

/* A subsystem of zeros: before Windows 10 VEN&DEV is a hardware id, since then a compatible one. */
static void ids_are_ordered_as_the_targets_windows_does(void **state)
{
	(void)state;
	static const struct sample sample = {"a.inf",
		VERSION_HEAD("01/01/2020,3.0") BOTH FOR_BOTH("D=I,PCI\\VEN_8086&DEV_0001") "[I]\n",
		DRIVER_SIGNED, NULL};
	add(&sample);
	static const char hardware[] =
		"PCI\\VEN_8086&DEV_0001&SUBSYS_00000000&REV_01,"
		"PCI\\VEN_8086&DEV_0001&SUBSYS_00000000,"
		"PCI\\VEN_8086&DEV_0001&CC_020000,PCI\\VEN_8086&DEV_0001&CC_0200";
	static const char compatible[] =
		"PCI\\VEN_8086&DEV_0001&REV_01,PCI\\VEN_8086&DEV_0001,PCI\\VEN_8086&CC_020000";
	static const struct question questions[] = {
		{"10.0.22621/amd64", hardware, compatible, "*a usable 00ff2001 [I]", NULL},
		{"6.1.7601/amd64", hardware, compatible, "*a usable 00ff0003 [I]", NULL},
	};
	ask_all(questions, ARRAY_SIZE(questions));
}

static void results_live_as_long_as_the_matching(void **state)
{
	(void)state;
	enum { DEVICES = 40 };
	static const struct sample sample = {"a.inf",
		VERSION_HEAD("01/01/2020,3.0") BOTH FOR_BOTH("D=I,L\\1") "[I]\n", DRIVER_SIGNED,
		NULL};
	add(&sample);
	struct error err = ERROR_NULL;
	struct target target;
	const struct device_match *matches[DEVICES];
	CLEANUP(matching_closep) struct matching *matching = NULL;
	assert_ok(target_parse("6.1/amd64", &target, &err));
	assert_ok(matching_open(store, NULL, &target, NULL, &matching, &err));
	for (size_t i = 0; i < DEVICES; i++) {
		struct device device = device_of(i % 2 ? "L\\1" : "L\\2", "");
		assert_ok(matching_device(matching, &device, &matches[i], &err));
		device_clear(&device);
	}
	for (size_t i = 0; i < DEVICES; i++) {
		assert_int_equal(matches[i]->n, i % 2);
		assert_int_equal(matches[i]->pick, i % 2 ? 0 : -1);
		if (i % 2) {
			assert_string_equal(matches[i]->candidates[0].id, "L\\1");
			assert_string_equal(matches[i]->candidates[0].package->inf, "a.inf");
			assert_string_equal(matches[i]->candidates[0].description, "D");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sections_decide, start, stop),
		cmocka_unit_test_setup_teardown(ranks_decide, start, stop),
		cmocka_unit_test_setup_teardown(
			excluded_broken_and_incomplete_ones_stand_behind, start, stop),
		cmocka_unit_test_setup_teardown(marked_ones_are_passed_over, start, stop),
		cmocka_unit_test_setup_teardown(
			ids_are_ordered_as_the_targets_windows_does, start, stop),
		cmocka_unit_test_setup_teardown(results_live_as_long_as_the_matching, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
