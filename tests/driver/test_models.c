/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "driver/models.h"
#include "driver/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- helpers ---- */

static struct inf *parse(const char *text, size_t n)
{
	struct inf *inf = NULL;
	struct error err = ERROR_NULL;
	if (inf_parse(text, n, NULL, &inf, &err) < 0)
		fail_msg("%s", err.text);
	return inf;
}

static struct driver_package read_text(const char *text)
{
	struct driver_package package = {0};
	struct error err = ERROR_NULL;
	CLEANUP(inf_freep) struct inf *inf = parse(text, strlen(text));
	if (models_read(inf, &package, &err) < 0)
		fail_msg("%s", err.text);
	return package;
}

static const struct driver_install *install_of(
	const struct driver_package *package, const char *name, const char *arch)
{
	for (size_t i = 0; i < package->n_installs; i++) {
		if (strcmp(package->installs[i].name, name) == 0 &&
			strcmp(package->installs[i].arch, arch) == 0)
			return &package->installs[i];
	}
	fail_msg("no install section %s for %s", name, arch);
	return NULL;
}

#define HEAD "[Version]\nSignature=\"$Windows NT$\"\nClass=Net\n"
/* One device on two architectures, with whatever follows. */
#define TWO_ARCHS                                                                                  \
	HEAD "[Manufacturer]\n\"Ours\"=M,NTx86,NTamd64\n"                                          \
	     "[M.NTx86]\n\"A\"=I,PCI\\VEN_1\n[M.NTamd64]\n\"A\"=I,PCI\\VEN_1\n"

/* ---- [Version], Models ---- */

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

/* ---- files ---- */

/* "PATH[@CABINET][?]:ARCHS ..." in the order of the list; ? may be Windows' own. */
static void write_files(const struct inf_file_list *files, char *text, size_t size)
{
	size_t length = 0;
	text[0] = 0;
	for (size_t i = 0; i < files->n; i++) {
		const struct inf_file *file = &files->files[i];
		length += (size_t)snprintf(text + length, size - length,
			"%s%s%s%s%s:", i ? " " : "", file->path, file->cabinet ? "@" : "",
			file->cabinet ? file->cabinet : "", file->is_inbox ? "?" : "");
		for (enum inf_arch arch = 0; arch < INF_N_ARCHS; arch++) {
			if (file->archs >> arch & 1)
				length += (size_t)snprintf(text + length, size - length, "%c",
					inf_arch_names[arch][0]);
		}
	}
}

static const struct {
	const char *what, *sections;
	const char *files; /* of the whole INF: x is x86, a is amd64 */
	const char *amd64; /* of [I] for amd64 */
} file_cases[] = {
	{"nothing", "[I]\n", "", ""},
	{"one by name", "[I]\nCopyFiles=@a.sys\n", "a.sys:xa", "a.sys:a"},
	{"lists, with another name, flags, and none",
		"[I]\nCopyFiles=L1, L2,@b.sys,Gone\n[L1]\na.sys\nnew.sys,old.sys,,2\n[L2]\n,\n\"c "
		"d.dll\","
		",,0x10\n",
		"a.sys:xa old.sys:xa c d.dll:xa b.sys:xa", "a.sys:a old.sys:a c d.dll:a b.sys:a"},
	{"by platform", "[I.ntx86]\nCopyFiles=@x.sys\n[I.nt]\nCopyFiles=@n.sys\n",
		"x.sys:x n.sys:a", "n.sys:a"},
	{"in folders of disks and files",
		"[I]\nCopyFiles=L\n[L]\na.sys\nb.sys\nc.sys\n[SourceDisksNames]\n1=d,,,\\WinNT\n2="
		"e\n"
		"[SourceDisksFiles]\na.sys=1,\\x86\\deep\nb.sys=2,.\\x\nC.SYS=1\n",
		"WinNT/x86/deep/a.sys:xa x/b.sys:xa WinNT/c.sys:xa",
		"WinNT/x86/deep/a.sys:a x/b.sys:a WinNT/c.sys:a"},
	{"the architecture's own place first",
		"[I]\nCopyFiles=@a.sys,@b.sys\n[SourceDisksFiles]\na.sys=1,plain\nb.sys=1,plain\n"
		"[SourceDisksFiles.amd64]\na.sys=2,\n[SourceDisksNames.amd64]\n1=d,,,one64\n2=d,,,"
		"two64\n"
		"[SourceDisksNames]\n1=d,,,one\n2=d,,,two\n",
		"one/plain/a.sys:x one/plain/b.sys:x two64/a.sys:a one64/plain/b.sys:a",
		"two64/a.sys:a one64/plain/b.sys:a"},
	{"in cabinets",
		"[I]\nCopyFiles=@a,@b,@c,@d\n[SourceDisksFiles]\na=1\nb=2,sub\nc=3\nd=4\n"
		"[SourceDisksNames]\n1=d,one.CAB\n2=d,two.cab,,in\n3=d,three.pak,,,0x10,tag\n4=d,"
		"tag\n",
		"a@one.CAB:xa in/sub/b@in/two.cab:xa c@three.pak:xa d:xa",
		"a@one.CAB:a in/sub/b@in/two.cab:a c@three.pak:a d:a"},
	{"never above the folder",
		"[I]\nCopyFiles=@..\\..\\etc\\passwd,@a.sys\n[SourceDisksFiles]\na.sys=1,..\\.."
		"\\x\\..\\y\n"
		"[SourceDisksNames]\n1=d,,,/abs//ab\\./\n",
		"etc/passwd:xa y/a.sys:xa", "etc/passwd:a y/a.sys:a"},
	{"perhaps Windows' own",
		"[Version]\nLayoutFile=layout.inf\n[I]\nCopyFiles=@a.sys,@b.sys\n"
		"[SourceDisksFiles.amd64]\na.sys=1\n[SourceDisksFiles]\nB.sys=1\n",
		"a.sys:xa b.sys:xa", "a.sys:a b.sys:a"},
	{"Windows' own", "[Version]\nLayoutFile=layout.inf\n[I]\nCopyFiles=@a.sys\n", "a.sys?:xa",
		"a.sys?:a"},
	{"co-installers, interfaces, the class",
		"[I.ntx86]\n[I.ntx86.CoInstallers]\nCopyFiles=@co86.dll\n[I.nt]\n"
		"[I.nt.CoInstallers]\nCopyFiles=L\n[L]\nco64.dll\n[I.CoInstallers]\nCopyFiles=@no."
		"dll\n"
		"[I.nt.Interfaces]\nAddInterface={0},,If\n[If.nt]\nCopyFiles=@if.dll\n"
		"[ClassInstall32.ntamd64]\nCopyFiles=@class.dll\n",
		"co86.dll:x co64.dll:a class.dll:a if.dll:a", "co64.dll:a if.dll:a"},
	{"what it needs of itself, round and round",
		"[I]\nInclude=a.inf\nNeeds=B,Windows.Own\nCopyFiles=@i.sys\n"
		"[B]\nNeeds=I,B\nCopyFiles=L\n[B.CoInstallers]\nCopyFiles=@no\n[L]\nb.sys\nI.SYS\n",
		"i.sys:xa b.sys:xa", "i.sys:a b.sys:a"},
};

static void files_are_found_where_they_lie(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(file_cases); i++) {
		char text[2048], written[512];
		struct error err = ERROR_NULL;
		struct inf_file_list files;
		(void)snprintf(text, sizeof(text), TWO_ARCHS "%s", file_cases[i].sections);
		CLEANUP(inf_freep) struct inf *inf = parse(text, strlen(text));
		if (models_files(inf, &files, &err) < 0)
			fail_msg("%s: %s", file_cases[i].what, err.text);
		write_files(&files, written, sizeof(written));
		if (strcmp(written, file_cases[i].files) != 0)
			fail_msg("%s: %s", file_cases[i].what, written);
		inf_file_list_clear(&files);
		assert_int_equal(models_install_files(inf, "I", INF_AMD64, &files, &err), 0);
		write_files(&files, written, sizeof(written));
		if (strcmp(written, file_cases[i].amd64) != 0)
			fail_msg("%s, for amd64: %s", file_cases[i].what, written);
		inf_file_list_clear(&files);
	}
}

static void every_install_section_knows_what_it_misses(void **state)
{
	(void)state;
	static const char text[] = HEAD
		"LayoutFile=layout.inf\n"
		"[Manufacturer]\nX=M,NTx86,NTamd64\n[M.NTx86]\nA=I,X\nB=J,Y\nC=K,Z\n"
		"[M.NTamd64]\nA=I,X\n"
		"[I.ntx86]\nCopyFiles=@here.sys,@gone.sys,L\n[L]\ngone.sys\ngone2.sys\ninbox.sys\n"
		"[I]\nCopyFiles=@here.sys\n[J]\nCopyFiles=L\n[K]\n"
		"[SourceDisksFiles]\nhere.sys=1\ngone.sys=1,sub\ngone2.sys=1\n";
	struct error err = ERROR_NULL;
	struct inf_file_list files;
	struct driver_package package = read_text(text);
	CLEANUP(inf_freep) struct inf *inf = parse(text, strlen(text));
	assert_int_equal(models_files(inf, &files, &err), 0);
	assert_int_equal(files.n, 4);
	bool is_there[4] = {true};
	assert_string_equal(files.files[0].path, "here.sys");
	assert_int_equal(models_missing(inf, &files, is_there, &package, &err), 0);
	const struct driver_install *x86 = install_of(&package, "I", "x86");
	assert_int_equal(x86->n_missing, 2);
	assert_string_equal(x86->missing[0], "sub/gone.sys");
	assert_string_equal(x86->missing[1], "gone2.sys");
	assert_int_equal(install_of(&package, "J", "x86")->n_missing, 2);
	assert_int_equal(install_of(&package, "K", "x86")->n_missing, 0);
	assert_int_equal(install_of(&package, "I", "amd64")->n_missing, 0);
	inf_file_list_clear(&files);
	driver_package_clear(&package);
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

/* ---- bombs ---- */

#define BOMB_SECONDS                                                                               \
	20 /* a hundred times what they take: sanitizers and busy machines are slow                \
	    */

struct bomb {
	const char *what;
	const char *head;
	size_t n;
	const char *line; /* one %zu */
	const char *tail;
	int rc_models, rc_files;
};

#define TEN(x)   x x x x x x x x x x
#define FIFTY(x) TEN(x) TEN(x) TEN(x) TEN(x) TEN(x)
#define LONG_STRING                                                                                \
	"[Strings]\na=\"" FIFTY(                                                                   \
		"012345678901234567890123456789012345678901234567890123456789") "\"\nb=\"" FIFTY("0123") "\"\n"

static const struct bomb bombs[] = {
	{"models", TWO_ARCHS "[M.NTx86]\n", 250000, "A=I,PCI\\%zu\n", "", -E2BIG, 0},
	{"ids", TWO_ARCHS "[M.NTx86]\nA=I", 450000, ",PCI\\%zu", "\n", -E2BIG, 0},
	{"one long string in every line", TWO_ARCHS LONG_STRING "[M.NTx86]\n", 20000,
		"%%a%%=I,PCI\\%zu\n", "", -E2BIG, 0},
	{"one long id excluded everywhere", TWO_ARCHS LONG_STRING "[I]\nExcludeID=X", 200000,
		",A%%b%%%zu", "\n", -E2BIG, 0},
	{"install sections", TWO_ARCHS "[M.NTx86]\n", 30000, "A=I%zu,PCI\\X\n", "", -E2BIG, 0},
	{"lines of one manufacturer", TWO_ARCHS "[Manufacturer]\n", 5000, "A%zu=M,NTx86\n", "",
		-E2BIG, -E2BIG},
	{"the same big section by many lines", TWO_ARCHS "[Manufacturer]\nA=M,NTx86\nA=M,NTx86\n",
		150000, "[M.NTx86]\nA=I,X%zu\n", "", -E2BIG, 0},
	{"decorations of one line", HEAD "[Manufacturer]\nA=M", 5000, ",NTx86.%zu", "\n", -E2BIG,
		-E2BIG},
	{"files", TWO_ARCHS "[I]\nCopyFiles=L\n[L]\n", 5000, "f%zu.sys\n", "", 0, -E2BIG},
	{"needs in a chain", TWO_ARCHS "[I]\nNeeds=I0\n", 100000,
		"[I%zu]\nNeeds=I,I1,I2,I3,I4\nCopyFiles=@a\n", "", 0, 0},
};

static char *write_bomb(const struct bomb *bomb, size_t *ret_length)
{
	size_t size =
		strlen(bomb->head) + strlen(bomb->tail) + 1 + bomb->n * (strlen(bomb->line) + 20);
	char *text = malloc(size);
	assert_non_null(text);
	size_t length = (size_t)snprintf(text, size, "%s", bomb->head);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	for (size_t i = 0; i < bomb->n; i++)
		length += (size_t)snprintf(text + length, size - length, bomb->line, i);
#pragma GCC diagnostic pop
	length += (size_t)snprintf(text + length, size - length, "%s", bomb->tail);
	*ret_length = length;
	return text;
}

static void bombs_end_soon_and_say_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bombs); i++) {
		size_t length;
		char *text = write_bomb(&bombs[i], &length);
		struct driver_package package = {0};
		struct inf_file_list files = {0};
		struct error err = ERROR_NULL, files_err = ERROR_NULL;
		struct inf *inf = parse(text, length);
		free(text);
		clock_t start = clock();
		int rc = models_read(inf, &package, &err);
		if (rc != bombs[i].rc_models)
			fail_msg("%s: models_read %d: %s", bombs[i].what, rc, err.text);
		rc = models_files(inf, &files, &files_err);
		if (rc != bombs[i].rc_files)
			fail_msg("%s: models_files %d: %s", bombs[i].what, rc, files_err.text);
		assert_true((bombs[i].rc_models < 0) == (err.text[0] != 0));
		assert_true((bombs[i].rc_files < 0) == (files_err.text[0] != 0));
		assert_true(clock() - start < BOMB_SECONDS * CLOCKS_PER_SEC);
		inf_file_list_clear(&files);
		driver_package_clear(&package);
		inf_free(inf);
	}
}

/* 3000 install sections that all need one of 10000 lines: for each of them alone that is little. */
static struct inf *parse_common_section(const char *each_needs)
{
	enum { INSTALLS = 3000, LINES = 10000 };
	size_t size = 1 << 20, length = 0;
	char *text = malloc(size);
	assert_non_null(text);
	length += (size_t)snprintf(text, size, "%s", TWO_ARCHS);
	for (unsigned i = 0; i < INSTALLS; i++)
		length += (size_t)snprintf(text + length, size - length,
			"[M.NTx86]\nA=I%u,X\n[I%u]\nA=B\n[I%u%s]\nNeeds=C\n", i, i, i, each_needs);
	length += (size_t)snprintf(text + length, size - length, "[C]\nCopyFiles=@a.sys\n");
	for (unsigned i = 0; i < LINES; i++)
		length += (size_t)snprintf(text + length, size - length, "A=B\n");
	assert_true(length < size);
	struct inf *inf = parse(text, length);
	free(text);
	return inf;
}

static void a_common_section_is_not_read_forever(void **state)
{
	(void)state;
	struct driver_package package = {0};
	struct inf_file_list files = {0};
	struct error err = ERROR_NULL;
	clock_t start = clock();
	struct inf *inf = parse_common_section(".Services");
	assert_int_equal(models_read(inf, &package, &err), -E2BIG);
	assert_non_null(strstr(err.text, "name each other more often"));
	inf_free(inf);

	inf = parse_common_section("");
	bool is_there = false;
	assert_int_equal(models_read(inf, &package, &err), 0);
	assert_int_equal(models_files(inf, &files, &err), 0);
	assert_int_equal(files.n, 1);
	assert_int_equal(models_missing(inf, &files, &is_there, &package, &err), -E2BIG);
	inf_file_list_clear(&files);
	driver_package_clear(&package);
	inf_free(inf);
	assert_true(clock() - start < BOMB_SECONDS * CLOCKS_PER_SEC);
}

/* 5000 install sections that copy one list of 4000 files, and none of these is there: the list is
 * gone through once, not 5000 times. */
static void what_a_list_lacks_is_worked_out_once(void **state)
{
	(void)state;
	enum { INSTALLS = 5000, FILES = 4000, NAMED = 64 };
	static const bool is_there[FILES];
	struct driver_package package = {0};
	struct inf_file_list files = {0};
	struct error err = ERROR_NULL;
	size_t size = 1 << 20, length = 0;
	char *text = malloc(size);
	assert_non_null(text);
	length += (size_t)snprintf(text, size, "%s[C]\n", TWO_ARCHS);
	for (unsigned i = 0; i < FILES; i++)
		length += (size_t)snprintf(text + length, size - length, "f%u.sys\n", i);
	for (unsigned i = 0; i < INSTALLS; i++)
		length += (size_t)snprintf(text + length, size - length,
			"[M.NTx86]\nA=I%u,X\n[I%u]\nCopyFiles=C\n", i, i);
	assert_true(length < size);
	struct inf *inf = parse(text, length);
	free(text);
	assert_int_equal(models_read(inf, &package, &err), 0);
	assert_int_equal(models_files(inf, &files, &err), 0);
	assert_int_equal(files.n, FILES);
	if (models_missing(inf, &files, is_there, &package, &err) != 0)
		fail_msg("%s", err.text);
	size_t n_copying = 0;
	for (size_t i = 0; i < package.n_installs; i++) {
		const struct driver_install *install = &package.installs[i];
		assert_true(install->n_missing == 0 || install->n_missing == NAMED);
		if (install->n_missing == 0)
			continue;
		n_copying++;
		assert_string_equal(install->missing[0], "f0.sys");
		assert_string_equal(install->missing[NAMED - 1], "f63.sys");
	}
	assert_int_equal(n_copying, INSTALLS);
	inf_file_list_clear(&files);
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
		cmocka_unit_test(files_are_found_where_they_lie),
		cmocka_unit_test(every_install_section_knows_what_it_misses),
		cmocka_unit_test(ids_that_are_too_long_are_told),
		cmocka_unit_test(bombs_end_soon_and_say_why),
		cmocka_unit_test(a_common_section_is_not_read_forever),
		cmocka_unit_test(what_a_list_lacks_is_worked_out_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
