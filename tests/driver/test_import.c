/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "import_world.h"

#include <errno.h>

/* ---- packages ---- */

static void a_folder_is_taken_in(void **state)
{
	const struct world *world = *state;
	struct told told;
	put_pack(world, "a/b", INF_PLAIN);
	import(world, "", &told);
	assert_int_equal(told.n_added, 1);
	assert_non_null(strstr(told.text, "/in/a/b/card.inf\n"));
	assert_string_equal(told.missing, "");
	assert_string_equal(told.warnings, "");

	struct driver_package package = package_of(world, &told);
	assert_string_equal(package.inf, "card.inf");
	assert_string_equal(package.class, "Net");
	assert_int_equal(package.date, 20240131);
	assert_int_equal(package.n_files, 3);
	const struct driver_file *file = file_of(&package, "card64.sys");
	assert_string_equal(file->arch, "amd64");
	assert_int_equal(file->subsystem_major, 6);
	assert_int_equal(file->blob.size, FAKE_SYS_BYTES);
	assert_int_equal(file_of(&package, "card.inf")->kind, DRIVER_FILE_INF);
	struct error err = ERROR_NULL;
	CLEANUP(file_closep) int fd = -1;
	uint8_t bytes[FAKE_SYS_BYTES];
	assert_ok(store_blob_open(world->store, file->blob.sha256, &fd, &err));
	assert_int_equal(file_read_at(fd, 0, bytes, sizeof(bytes)), 0);
	assert_memory_equal(bytes, world->sys64, sizeof(bytes));
	driver_package_clear(&package);
}

/* From a folder, and out of every kind of archive: one package. */
static void the_same_package_is_one(void **state)
{
	struct world *world = *state;
	struct told told;
	const struct test_entry entries[] = {
		{.name = "x/card.inf", .content = INF_PLAIN},
		{.name = "x/card32.sys",
			.content = (char *)world->sys32,
			.content_bytes = FAKE_SYS_BYTES},
		{.name = "x/CARD64.SYS",
			.content = (char *)world->sys64,
			.content_bytes = FAKE_SYS_BYTES},
	};
	put_pack(world, "folder", INF_PLAIN);
	import(world, "folder", &told);
	assert_int_equal(told.n_added, 1);
	char id[SHA256_TEXT_BYTES];
	memcpy(id, told.id, sizeof(id));
	struct buffer archives[] = {make_zip(entries, 3), make_cab(entries, 3), make_7z(entries, 3),
		make_tar(entries, 3)};
	for (size_t i = 0; i < ARRAY_SIZE(archives); i++) {
		put_file(world->root, "pack", archives[i].bytes, archives[i].size);
		import(world, "pack", &told);
		assert_int_equal(told.n_already, 1);
		assert_string_equal(told.id, id);
		assert_non_null(strstr(told.text, "/in/pack: x/card.inf\n"));
		buffer_free(&archives[i]);
	}
	import(world, "folder", &told);
	assert_int_equal(told.n_already, 1);
	assert_int_equal(count_packages(world), 1);
	/* Another byte in a file makes another package. */
	world->sys64[FAKE_SYS_BYTES - 1] = 1;
	put_pack(world, "folder", INF_PLAIN);
	import(world, "folder", &told);
	assert_int_equal(told.n_added, 1);
	assert_string_not_equal(told.id, id);
}

static void what_is_missing_is_told(void **state)
{
	const struct world *world = *state;
	struct told told;
	put_text(world->root, "card.inf",
		INF_HEAD "CatalogFile = card.cat\r\n" INF_BODY INF_PLAIN_DISK);
	put_file(world->root, "card32.sys", world->sys32, FAKE_SYS_BYTES);
	import(world, "", &told);
	assert_int_equal(told.n_added, 1);
	assert_string_equal(told.missing, "card.cat;card64.sys;");
	struct driver_package package = package_of(world, &told);
	assert_int_equal(package.n_missing, 2);
	for (size_t i = 0; i < package.n_installs; i++) {
		const struct driver_install *install = &package.installs[i];
		bool is_64 = strcmp(install->name, "I64") == 0;
		if (strcmp(install->arch, is_64 ? "amd64" : "x86") == 0)
			assert_int_equal(install->n_missing, is_64 ? 1 : 0);
	}
	driver_package_clear(&package);
}

static void other_infs_are_passed_over(void **state)
{
	const struct world *world = *state;
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"[autorun]\r\nopen=setup.exe\r\n", "no [Version] section"},
		{"[Version]\r\nSignature=\"$Something$\"\r\n", "Signature"},
		{"[Version]\r\nSignature=\"$Windows NT$\"\r\nClass=Net\r\n", "[Manufacturer]"},
		{"plain words", "no section"},
		{"", ""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct told told;
		put_text(world->root, "autorun.inf", cases[i].text);
		import(world, "", &told);
		if (told.n_skipped != 1 || strstr(told.text, cases[i].why) == NULL)
			fail_msg("case %zu: %s", i, told.text);
		assert_int_equal(told.n_added + told.n_faults, 0);
	}
}

/* ---- where files lie ---- */

#define INF_FOLDERS                                                                                \
	(INF_HEAD INF_BODY "[SourceDisksNames]\r\n1 = Disk,,,\\Drivers\r\n2 = Disk\r\n"            \
			   "[SourceDisksFiles]\r\ncard32.sys = 1, x86\r\ncard64.sys = 2, x64\r\n")

static void files_lie_where_the_inf_says(void **state)
{
	const struct world *world = *state;
	struct told told;
	char id[SHA256_TEXT_BYTES];
	put_text(world->root, "a/card.inf", INF_FOLDERS);
	put_file(world->root, "a/DRIVERS/X86/card32.sys", world->sys32, FAKE_SYS_BYTES);
	put_file(world->root, "a/X64/card64.sys", world->sys64, FAKE_SYS_BYTES);
	/* Not those of other folders. */
	put_text(world->root, "a/card64.sys", "another");
	import(world, "a", &told);
	assert_int_equal(told.n_added, 1);
	assert_string_equal(told.missing, "");
	memcpy(id, told.id, sizeof(id));
	struct driver_package package = package_of(world, &told);
	assert_string_equal(file_of(&package, "Drivers/x86/card32.sys")->arch, "x86");
	assert_string_equal(file_of(&package, "x64/card64.sys")->arch, "amd64");
	driver_package_clear(&package);

	/* The INF alone needs the same files, and no other folders. */
	put_text(world->root, "a/other/card.inf", INF_PLAIN);
	import(world, "a/card.inf", &told);
	assert_int_equal(told.n_already, 1);
	assert_string_equal(told.id, id);
	assert_int_equal(told.n_added + told.n_skipped + told.n_faults, 0);

	/* Copied flat, they are found beside the INF. */
	put_text(world->root, "b/card.inf", INF_FOLDERS);
	put_file(world->root, "b/card32.sys", world->sys32, FAKE_SYS_BYTES);
	put_file(world->root, "b/card64.sys", world->sys64, FAKE_SYS_BYTES);
	import(world, "b", &told);
	assert_int_equal(told.n_already, 1);
	assert_string_equal(told.id, id);
}

static void links_do_not_lead_out(void **state)
{
	const struct world *world = *state;
	struct told told;
	char path[256], target[256];
	put_text(world->root, "outside/card.inf", INF_PLAIN);
	put_text(world->root, "in/card.inf", INF_PLAIN);
	put_file(world->root, "in/real/card64.sys", world->sys64, FAKE_SYS_BYTES);
	put_file(world->root, "outside/card32.sys", world->sys32, FAKE_SYS_BYTES);
	(void)snprintf(path, sizeof(path), "%s/in/out", world->root);
	assert_int_equal(symlink("../outside", path), 0);
	(void)snprintf(path, sizeof(path), "%s/in/round", world->root);
	assert_int_equal(symlink(".", path), 0);
	(void)snprintf(path, sizeof(path), "%s/in/card64.sys", world->root);
	assert_int_equal(symlink("real/card64.sys", path), 0);
	(void)snprintf(path, sizeof(path), "%s/in/card32.sys", world->root);
	(void)snprintf(target, sizeof(target), "%s/outside/card32.sys", world->root);
	assert_int_equal(symlink(target, path), 0);
	import(world, "in", &told);
	assert_int_equal(told.n_added, 1);
	assert_string_equal(told.missing, "card32.sys;");
	assert_non_null(strstr(told.text, "/in/in/card32.sys: a link that leads out"));
	assert_non_null(strstr(told.text, "/in/in/round: a link to a folder"));
	assert_null(strstr(told.text, "outside/"));
}

/* ---- what contradicts ---- */

static void binaries_are_held_against_the_inf(void **state)
{
	const struct world *world = *state;
	static const struct {
		uint16_t machine_32, machine_64, major_64, minor_64;
		const char *warning; /* NULL: none */
	} cases[] = {
		{PE_MACHINE_X86, PE_MACHINE_AMD64, 6, 1, NULL},
		{PE_MACHINE_X86, PE_MACHINE_AMD64, 5, 2, NULL},
		{PE_MACHINE_X86, PE_MACHINE_AMD64, 6, 2,
			"card64.sys is built for Windows 6.2 and later, and the INF offers it "
			"from 6.1 on: it may not load there;"},
		{PE_MACHINE_X86, PE_MACHINE_AMD64, 10, 0, "card64.sys is built for Windows 10.0"},
		{PE_MACHINE_X86, PE_MACHINE_X86, 5, 1,
			"card64.sys is built for x86, and sections for amd64 copy it: Windows "
			"does not load it there;"},
		{PE_MACHINE_AMD64, PE_MACHINE_AMD64, 6, 1,
			"card32.sys is built for amd64, and sections for x86 copy it"},
		{PE_MACHINE_X86, PE_MACHINE_ARM64, 10, 0,
			"card64.sys is built for arm64, and sections for amd64 copy it"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct told told;
		uint8_t sys[FAKE_SYS_BYTES];
		put_text(world->root, "card.inf", INF_PLAIN);
		fake_sys(sys, cases[i].machine_32, 5, 1);
		sys[FAKE_SYS_BYTES - 1] = (uint8_t)i;
		put_file(world->root, "card32.sys", sys, sizeof(sys));
		fake_sys(sys, cases[i].machine_64, cases[i].major_64, cases[i].minor_64);
		put_file(world->root, "card64.sys", sys, sizeof(sys));
		import(world, "", &told);
		assert_int_equal(told.n_added, 1);
		if (cases[i].warning == NULL ? told.warnings[0] != 0
					     : strstr(told.warnings, cases[i].warning) == NULL)
			fail_msg("case %zu: %s", i, told.warnings);
	}
}

/* Programs are refused by an older Windows, whatever they are copied for. */
static void programs_are_held_against_the_inf(void **state)
{
	const struct world *world = *state;
	struct told told;
	uint8_t program[FAKE_SYS_BYTES];
	put_text(world->root, "card.inf",
		INF_HEAD
		"[Manufacturer]\r\n%P% = M, NTamd64.6.1\r\n"
		"[M.NTamd64.6.1]\r\n\"Card\" = I, PCI\\VEN_1234&DEV_0001\r\n"
		"[I]\r\nCopyFiles = C\r\n[C]\r\ntool.exe\r\ntool32.exe\r\n" INF_PLAIN_DISK);
	fake_sys(program, PE_MACHINE_AMD64, 6, 2);
	put_file(world->root, "tool.exe", program, sizeof(program));
	fake_sys(program, PE_MACHINE_X86, 6, 2);
	put_file(world->root, "tool32.exe", program, sizeof(program));
	import(world, "", &told);
	assert_int_equal(told.n_added, 1);
	assert_string_equal(told.warnings,
		"tool.exe is built for Windows 6.2 and later, and the INF offers it from 6.1 on: "
		"there it fails with 0x800700C1 (not a valid Win32 application);");
}

static void damaged_catalogues_refuse_the_package(void **state)
{
	const struct world *world = *state;
	static const struct {
		const char *bytes;
		size_t n;
		const char *why;
	} cases[] = {
		{"", 0, "card.cat: truncated at byte 0"},
		{"; the catalogue comes later\r\n", 29, "card.cat: byte 0: "},
		{"\x30\x82\x10\x00\x06\x09", 6, "card.cat: truncated at byte"},
		{"\x30\x03\x02\x01\x00", 5, "card.cat: "},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct told told;
		put_pack(world, "a", INF_HEAD "CatalogFile = card.cat\r\n" INF_BODY INF_PLAIN_DISK);
		put_file(world->root, "a/card.cat", cases[i].bytes, cases[i].n);
		import(world, "a", &told);
		assert_int_equal(told.n_added, 0);
		assert_int_equal(told.n_faults, 1);
		if (strstr(told.text, cases[i].why) == NULL ||
			strstr(told.text, "without it the package is unsigned") == NULL)
			fail_msg("case %zu: %s", i, told.text);
	}
	assert_int_equal(count_packages(world), 0);
}

/* ---- many ---- */

/* More than one batch holds, with files that they share. */
static void many_packages_are_taken_in_batches(void **state)
{
	const struct world *world = *state;
	struct told told;
	enum { N = 150 };
	char path[64], inf[4096];
	for (int i = 0; i < N; i++) {
		(void)snprintf(path, sizeof(path), "p/card%03d.inf", i);
		(void)snprintf(inf, sizeof(inf), "%s; %d\r\n", INF_PLAIN, i);
		put_text(world->root, path, inf);
	}
	put_file(world->root, "p/card32.sys", world->sys32, FAKE_SYS_BYTES);
	put_file(world->root, "p/card64.sys", world->sys64, FAKE_SYS_BYTES);
	import(world, "", &told);
	assert_int_equal(told.n_added, N);
	assert_int_equal(count_packages(world), N);
	import(world, "", &told);
	assert_int_equal(told.n_already, N);
}

/* Somebody at work in the folder while it is read. */
struct meddler {
	struct told told;
	char path[512];
	ssize_t n; /* bytes that the file has then; -1: it is gone */
};

static int meddle(void *context, const struct import_item *item)
{
	struct meddler *meddler = context;
	static const uint8_t others[FAKE_SYS_BYTES] = "MZ, and nothing else";
	if (item->result == IMPORT_ALREADY && meddler->n < 0)
		assert_int_equal(unlink(meddler->path), 0);
	else if (item->result == IMPORT_ALREADY)
		put_file("", meddler->path, others, (size_t)meddler->n);
	return write_down(&meddler->told, item);
}

/* Hashed for a package that is there already, and another one when a second package needs it. */
static void a_file_that_changes_harms_no_other_package(void **state)
{
	const struct world *world = *state;
	static const ssize_t sizes[] = {-1, 0, FAKE_SYS_BYTES - 1, FAKE_SYS_BYTES};
	struct told told;
	put_pack(world, "p", INF_PLAIN);
	import(world, "p", &told);
	put_text(world->root, "p/card2.inf", INF_HEAD "; another\r\n" INF_BODY INF_PLAIN_DISK);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct meddler meddler = {.n = sizes[i]};
		struct error err = ERROR_NULL;
		char inf[4096];
		put_file(world->root, "p/CARD64.sys", world->sys64, FAKE_SYS_BYTES);
		(void)snprintf(inf, sizeof(inf), "%s; %zu\r\n", INF_PLAIN, i);
		put_pack(world, "q", inf);
		(void)snprintf(meddler.path, sizeof(meddler.path), "%s/p/CARD64.sys", world->root);
		int rc = driver_import(world->store, world->root, meddle, &meddler, NULL, &err);
		if (rc != 0)
			fail_msg("%zd: %d: %s", sizes[i], rc, err.text);
		assert_int_equal(meddler.told.n_already, 1);
		assert_int_equal(meddler.told.n_added, 1);
		assert_int_equal(meddler.told.n_faults, 1);
		assert_non_null(strstr(meddler.told.text, "p/card2.inf: p/CARD64.sys: "));
		assert_int_equal(count_packages(world), 2 + i);
	}
}

/* What a killed import left is taken away by the next, and by no other that lives. */
static void leftovers_are_removed(void **state)
{
	const struct world *world = *state;
	struct told told;
	put_text(world->state, ".import-dead01/out/x", "");
	put_text(world->state, ".import-dead01/3/a/b/c/d.sys", "left behind");
	put_pack(world, "a", INF_PLAIN);
	import(world, "a", &told);
	assert_int_equal(told.n_added, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_folder_is_taken_in),
		IN_WORLD(the_same_package_is_one),
		IN_WORLD(what_is_missing_is_told),
		IN_WORLD(other_infs_are_passed_over),
		IN_WORLD(files_lie_where_the_inf_says),
		IN_WORLD(links_do_not_lead_out),
		IN_WORLD(binaries_are_held_against_the_inf),
		IN_WORLD(programs_are_held_against_the_inf),
		IN_WORLD(damaged_catalogues_refuse_the_package),
		IN_WORLD(many_packages_are_taken_in_batches),
		IN_WORLD(a_file_that_changes_harms_no_other_package),
		IN_WORLD(leftovers_are_removed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
