/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "driver/target.h"
#include "inf_text.h"

#include <errno.h>
#include <stdio.h>

static void an_inf_becomes_a_record(void **state)
{
	(void)state;
	static const char text[] =
		"[version]\n"
		"signature = \"$CHICAGO$\"\n"
		"ClassGuid = {4D36E972-E325-11CE-BFC1-08002BE10318}\n"
		"Provider = %Us%\n"
		"DriverVer = 02/28/2013,12.7.28.0\n"
		"[Manufacturer]\n"
		"%Us% = Models, NTx86.5.1, NTamd64.6.1, NTamd64.10.0...14393, NTarm64\n"
		"%Us% = More\n"
		"OldStyle\n"
		"[Models]\n"
		"%Card% = Old, pci\\ven_8086&dev_0001\n"
		"[Models.NTx86.5.1]\n"
		"%Card% = New,pci\\ven_8086&dev_0001 , PCI\\Ven_8086&Dev_0002,, pci\\cc_0200\n"
		"[Models.NTamd64.6.1]\n"
		"; nothing: not for these\n"
		"[Models.NTamd64.10.0...14393]\n"
		"%Card% = New,,*PNP8086\n"
		"\"For the list of models only\" = New\n"
		"no key at all\n"
		"[More]\n"
		"%Card% = New,USB\\VID_0001\n"
		"[OldStyle]\n"
		"Named = Gone,ISAPNP\\X\n"
		"[New.ntx86]\nFeatureScore=xFD\nFeatureScore=01\nDriverVer=3-4-2014\n"
		"ExcludeID=pci\\ven_8086&dev_0001&subsys_1,  pci\\ven_8086&dev_0003\n"
		"ExcludeID=usb\\x\n"
		"[New.nt]\nFeatureScore=0x42\n"
		"[New]\n"
		"[Old]\n"
		"[New.ntx86.Services]\n"
		"AddService = filter,,Filter.Service\nAddService=%Name%,0x00000002,Its.Service\n"
		"[Filter.Service]\nStartType=0\n[Its.Service]\nStartType=3\n"
		"ServiceBinary = %12%\\Card.sys\n"
		"[New.nt.Services]\nAddService = bootdrv,2,Boot.Service\n"
		"[Boot.Service]\nStartType = 0x0\n"
		"[Strings]\nUs=\"Ourselves, Ltd.\"\nCard=\"A \"\"good\"\" card\"\nName=carddrv\n";
	struct driver_package package = read_text(text);
	assert_string_equal(package.class, "Net");
	assert_string_equal(package.provider, "Ourselves, Ltd.");
	assert_int_equal(package.date, 20130228);
	assert_true(package.has_version);
	assert_int_equal(package.version, 0x000C0007001C0000);
	assert_string_equal(package.archs, "x86 amd64");

	static const struct {
		uint32_t manufacturer;
		const char *decoration, *name;
		bool exists, is_empty;
	} sections[] = {
		{0, "NTx86.5.1", "Models.NTx86.5.1", true, false},
		{0, "NTamd64.6.1", "Models.NTamd64.6.1", true, true},
		{0, "NTamd64.10.0...14393", "Models.NTamd64.10.0...14393", true, false},
		{0, "NTarm64", "Models.NTarm64", false, false},
		{0, "", "Models", true, false},
		{1, "", "More", true, false},
		{2, "", "OldStyle", true, false},
	};
	assert_int_equal(package.n_sections, ARRAY_SIZE(sections));
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		assert_int_equal(package.sections[i].manufacturer, sections[i].manufacturer);
		assert_string_equal(package.sections[i].decoration, sections[i].decoration);
		assert_string_equal(package.sections[i].name, sections[i].name);
		assert_int_equal(package.sections[i].exists, sections[i].exists);
		assert_int_equal(package.sections[i].is_empty, sections[i].is_empty);
	}
	assert_int_equal(package.n_warnings, 1);
	assert_string_equal(package.warnings[0],
		"line 7: [Manufacturer] names [Models.NTarm64], which is not there");

	static const struct {
		uint32_t section;
		const char *description, *install;
		size_t n_ids;
		const char *ids[3];
		uint32_t line;
	} models[] = {
		{0, "A \"good\" card", "New", 3,
			{"PCI\\VEN_8086&DEV_0001", "PCI\\VEN_8086&DEV_0002", "PCI\\CC_0200"}, 13},
		{2, "A \"good\" card", "New", 2, {"", "*PNP8086"}, 17},
		{4, "A \"good\" card", "Old", 1, {"PCI\\VEN_8086&DEV_0001"}, 11},
		{5, "A \"good\" card", "New", 1, {"USB\\VID_0001"}, 21},
		{6, "Named", "Gone", 1, {"ISAPNP\\X"}, 23},
	};
	assert_int_equal(package.n_models, ARRAY_SIZE(models));
	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		assert_int_equal(package.models[i].section, models[i].section);
		assert_string_equal(package.models[i].description, models[i].description);
		assert_string_equal(package.models[i].install, models[i].install);
		assert_int_equal(package.models[i].line, models[i].line);
		assert_int_equal(package.models[i].n_ids, models[i].n_ids);
		for (size_t k = 0; k < models[i].n_ids; k++)
			assert_string_equal(package.models[i].ids[k], models[i].ids[k]);
	}

	assert_int_equal(package.n_installs, 4);
	const struct driver_install *x86 = install_of(&package, "New", "x86");
	assert_string_equal(x86->section, "New.ntx86");
	assert_true(x86->is_nt);
	assert_int_equal(x86->feature_score, 0xFD);
	assert_int_equal(x86->date, 20140304);
	assert_false(x86->has_version);
	assert_int_equal(x86->n_excluded, 3);
	assert_string_equal(x86->excluded[1], "PCI\\VEN_8086&DEV_0003");
	assert_string_equal(x86->excluded[2], "USB\\X");
	assert_string_equal(x86->service, "carddrv");
	assert_string_equal(x86->binary, "Card.sys");
	assert_false(x86->is_boot_start);
	const struct driver_install *amd64 = install_of(&package, "New", "amd64");
	assert_string_equal(amd64->section, "New.nt");
	assert_int_equal(amd64->feature_score, 0x42);
	assert_int_equal(amd64->date, 0);
	assert_string_equal(amd64->service, "bootdrv");
	assert_null(amd64->binary);
	assert_true(amd64->is_boot_start);
	const struct driver_install *old = install_of(&package, "Old", "x86");
	assert_string_equal(old->section, "Old");
	assert_false(old->is_nt);
	assert_int_equal(old->feature_score, 0xFF);
	assert_null(old->service);
	assert_null(install_of(&package, "Gone", "x86")->section);
	driver_package_clear(&package);
}

static void what_is_no_setup_inf_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"[Strings]\na=b\n", "no [Version] section"},
		{"[Version]\nClass=Net\n", "1: [Version] has no Signature"},
		{"\n[Version]\nSignature=\"$Windows 95$\"\n", "3: Signature is \"$Windows 95$\""},
		{HEAD, "no [Manufacturer] section"},
		{HEAD "[Manufacturer]\n", "names no Models section"},
		{HEAD "[Manufacturer]\n%x%=\n", "names no Models section"},
		{HEAD "[Manufacturer]\n%x%=M,NTamd64\n", "names a hardware id"},
		{HEAD "[Manufacturer]\n%x%=M,NTamd64\n[M.NTamd64]\n", "names a hardware id"},
		{HEAD "[Manufacturer]\n%x%=M\n[M]\nA=I\nB=I,,\n,Y\n", "names a hardware id"},
		{HEAD "[Manufacturer]\n%x%=M,NT$ARCH$.10.0\n[M.NT$ARCH$.10.0]\nA=I,X\n",
			"5: \"NT$ARCH$.10.0\" is no TargetOS decoration"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct driver_package package = {.row = 7};
		struct error err = ERROR_NULL;
		CLEANUP(inf_freep) struct inf *inf = parse(cases[i].text, strlen(cases[i].text));
		assert_int_equal(models_read(inf, &package, &err), -EINVAL);
		if (!strstr(err.text, cases[i].says))
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_int_equal(package.n_models, 0);
		assert_int_equal(package.row, 7);
	}
}

static void driver_ver_is_read_as_windows_does(void **state)
{
	(void)state;
	static const struct {
		const char *value;
		uint32_t date;
		bool has_version;
		uint64_t version;
	} cases[] = {
		{"09/28/1999,5.00.2136.1", 19990928, true, 0x0005000008580001},
		{"07-15-2009, 6.1.7600.16385", 20090715, true, 0x000600011DB04001},
		{"2/5/2010,1.2", 20100205, true, 0x0001000200000000},
		{"10/10/2012,9.9.9", 20121010, true, 0x0009000900090000},
		{"01/01/2020", 20200101, false, 0},
		{"02/29/2012,1.0.0.0", 20120229, true, 0x0001000000000000},
		{"02/29/2013,1.0.0.0", 0, true, 0x0001000000000000},
		{"28/02/2013,1.0.0.0", 0, true, 0x0001000000000000},
		{"2013/02/28,1.0.0.0", 0, true, 0x0001000000000000},
		{"00/00/0000,1.0.0.0", 0, true, 0x0001000000000000},
		{"02/28/13,1.0.0.0", 0, true, 0x0001000000000000},
		{"02/28/2013x,1.0.0.0", 0, true, 0x0001000000000000},
		{"02/28/2013,0.0.0.0", 20130228, false, 0},
		{"02/28/2013,65535.0.0.0", 20130228, false, 0},
		{"02/28/2013,65534.0.0.65534", 20130228, true, 0xFFFE00000000FFFE},
		{"02/28/2013,1.2.3.4.5", 20130228, false, 0},
		{"02/28/2013,1..2", 20130228, false, 0},
		{"02/28/2013,1.2.", 20130228, false, 0},
		{"02/28/2013,one", 20130228, false, 0},
		{",1.0.0.0", 0, true, 0x0001000000000000},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[512];
		(void)snprintf(text, sizeof(text),
			"[Version]\nSignature=$Chicago$\nDriverVer=%s\n"
			"[Manufacturer]\nX=M\n[M]\nA=I,X\n",
			cases[i].value);
		struct driver_package package = read_text(text);
		if (package.date != cases[i].date || package.version != cases[i].version ||
			package.has_version != cases[i].has_version)
			fail_msg("%s: %u %llx", cases[i].value, package.date,
				(unsigned long long)package.version);
		driver_package_clear(&package);
	}
}

static void feature_scores_are_hexadecimal(void **state)
{
	(void)state;
	static const struct {
		const char *value;
		uint8_t score;
	} cases[] = {{"0x80", 0x80}, {"F9", 0xF9}, {"80", 0x80}, {"xFD", 0xFD}, {"0x0", 0},
		{"7", 7}, {"0xFF", 0xFF}, {"0x100", 0xFF}, {"", 0xFF}, {"best", 0xFF}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[512];
		(void)snprintf(
			text, sizeof(text), TWO_ARCHS "[I]\nFeatureScore=%s\n", cases[i].value);
		struct driver_package package = read_text(text);
		if (package.installs[0].feature_score != cases[i].score)
			fail_msg("%s: %02x", cases[i].value, package.installs[0].feature_score);
		driver_package_clear(&package);
	}
}

/* "Windows checks for .ntARCH, then .nt, then neither"; .Services follows the section taken. */
static void install_sections_are_chosen_by_platform(void **state)
{
	(void)state;
	static const struct {
		const char *sections;
		const char *x86, *amd64;
		const char *x86_service, *amd64_service;
	} cases[] = {
		{"[I]\n[I.Services]\nAddService=s,2,S\n", "I", "I", "s", "s"},
		{"[I]\n[I.NTAMD64]\n[I.Services]\nAddService=s,2,S\n", "I", "I.NTAMD64", "s", NULL},
		{"[I.NT]\n[i.nt.services]\nAddService=s,2,S\n", "I.NT", "I.NT", "s", "s"},
		{"[I.ntx86]\n[I.nt]\n[I]\n", "I.ntx86", "I.nt", NULL, NULL},
		{"[I.ntx86]\n", "I.ntx86", NULL, NULL, NULL},
		{"[I.ntx86.Services]\nAddService=s,2,S\n", NULL, NULL, NULL, NULL},
		/* Needs within the INF, in a circle too. */
		{"[I]\n[I.Services]\nNeeds=B.Services,Windows.Own\n[B.Services]\nNeeds=I.Services\n"
		 "AddService=s,0x3,S\n",
			"I", "I", "s", "s"},
		/* No function driver: none is needed, or only filters. */
		{"[I]\n[I.Services]\nAddService=,2\nAddService=late,2,S\n", "I", "I", NULL, NULL},
		{"[I]\n[I.Services]\nAddService=filter,0x8,S\n", "I", "I", NULL, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[1024];
		(void)snprintf(text, sizeof(text), TWO_ARCHS "%s", cases[i].sections);
		struct driver_package package = read_text(text);
		const struct driver_install *x86 = install_of(&package, "I", "x86");
		const struct driver_install *amd64 = install_of(&package, "I", "amd64");
		const struct {
			const char *found, *expected;
		} pairs[] = {{x86->section, cases[i].x86}, {amd64->section, cases[i].amd64},
			{x86->service, cases[i].x86_service},
			{amd64->service, cases[i].amd64_service}};
		for (size_t k = 0; k < ARRAY_SIZE(pairs); k++) {
			if (!pairs[k].found != !pairs[k].expected ||
				(pairs[k].found && strcmp(pairs[k].found, pairs[k].expected) != 0))
				fail_msg("%s: %zu is %s", cases[i].sections, k,
					pairs[k].found ? pairs[k].found : "nothing");
		}
		driver_package_clear(&package);
	}
}

static void catalogues_have_platforms(void **state)
{
	(void)state;
	static const struct {
		const char *lines;
		enum inf_arch arch;
		const char *name;
	} cases[] = {
		{"CatalogFile=a.cat\n", INF_AMD64, "a.cat"},
		{"CatalogFile=a.cat\nCatalogFile.NTamd64=b.cat\n", INF_AMD64, "b.cat"},
		{"CatalogFile=a.cat\nCatalogFile.NTamd64=b.cat\n", INF_X86, "a.cat"},
		{"CatalogFile=a.cat\nCatalogFile.NT=c.cat\n", INF_X86, "c.cat"},
		{"CatalogFile.NTarm64=b.cat\n", INF_ARM64, "b.cat"},
		{"CatalogFile.NTarm64=b.cat\n", INF_ARM, ""},
		{"CatalogFile=\n", INF_X86, ""},
		{"", INF_X86, ""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[256], name[32] = "";
		(void)snprintf(text, sizeof(text), HEAD "%s", cases[i].lines);
		CLEANUP(inf_freep) struct inf *inf = parse(text, strlen(text));
		bool found = models_catalog(inf, cases[i].arch, name, sizeof(name));
		assert_int_equal(found, cases[i].name[0] != 0);
		if (found)
			assert_string_equal(name, cases[i].name);
	}
}

/* Windows allows 200 characters; one that is left out is not left out in silence. */
static void ids_that_are_too_long_are_told(void **state)
{
	(void)state;
	char text[4096], id[LIMIT_HARDWARE_ID_BYTES + 2];
	struct driver_package package = {0};
	struct error err = ERROR_NULL;
	memset(id, 'A', sizeof(id) - 1);
	id[sizeof(id) - 1] = 0;
	int length = snprintf(text, sizeof(text),
		HEAD "[Manufacturer]\nA=M\n[M]\nB=I,%s,PCI\\VEN_1\nC=I,%s\n[I]\n", id, id + 1);
	struct inf *inf = parse(text, (size_t)length);
	assert_int_equal(models_read(inf, &package, &err), 0);
	assert_int_equal(package.n_models, 2);
	assert_int_equal(package.models[0].n_ids, 2);
	assert_string_equal(package.models[0].ids[0], "");
	assert_string_equal(package.models[0].ids[1], "PCI\\VEN_1");
	assert_string_equal(package.models[1].ids[0], id + 1);
	assert_int_equal(package.n_warnings, 1);
	assert_non_null(strstr(package.warnings[0], "256 bytes"));
	driver_package_clear(&package);
	inf_free(inf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_inf_becomes_a_record),
		cmocka_unit_test(what_is_no_setup_inf_is_refused),
		cmocka_unit_test(driver_ver_is_read_as_windows_does),
		cmocka_unit_test(feature_scores_are_hexadecimal),
		cmocka_unit_test(install_sections_are_chosen_by_platform),
		cmocka_unit_test(catalogues_have_platforms),
		cmocka_unit_test(ids_that_are_too_long_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
