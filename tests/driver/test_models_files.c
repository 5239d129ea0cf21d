/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "inf_text.h"

#include <stdio.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_found_where_they_lie),
		cmocka_unit_test(every_install_section_knows_what_it_misses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
