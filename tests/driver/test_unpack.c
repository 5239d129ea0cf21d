/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drivers that come packed: compressed files, cabinets that an INF names, archives. */
#include "../unit.h"

#include "import_world.h"

#include <errno.h>

/* ---- files of a package ---- */

static struct buffer make_szdd(const uint8_t *bytes, size_t n)
{
	struct buffer out = buffer_with_max(10000);
	put_bytes(&out,
		"SZDD\x88\xf0\x27\x33"
		"As",
		10);
	put_le(&out, n, 4);
	for (size_t i = 0; i < n; i++) {
		if (i % 8 == 0)
			put_le(&out, 0xff, 1);
		put_bytes(&out, bytes + i, 1);
	}
	return out;
}

static void compressed_files_are_expanded(void **state)
{
	const struct world *world = *state;
	struct told told;
	char id[SHA256_TEXT_BYTES];
	put_pack(world, "plain", INF_PLAIN);
	import(world, "plain", &told);
	memcpy(id, told.id, sizeof(id));
	const struct test_entry entry = {.name = "card64.sys",
		.content = (char *)world->sys64,
		.content_bytes = FAKE_SYS_BYTES};
	struct buffer szdd = make_szdd(world->sys32, FAKE_SYS_BYTES);
	struct buffer cab = make_cab(&entry, 1);
	put_text(world->root, "packed/card.inf", INF_PLAIN);
	put_file(world->root, "packed/CARD32.SY_", szdd.bytes, szdd.size);
	put_file(world->root, "packed/card64.sy_", cab.bytes, cab.size);
	import(world, "packed", &told);
	assert_int_equal(told.n_already, 1);
	assert_string_equal(told.id, id);

	/* Cut or of no known kind: as good as missing, and it is said why. */
	put_file(world->root, "packed/CARD32.SY_", szdd.bytes, szdd.size - 20);
	put_text(world->root, "packed/card64.sy_", "what is this");
	import(world, "packed", &told);
	assert_int_equal(told.n_added, 1);
	assert_string_equal(told.missing, "card32.sys;card64.sys;");
	assert_non_null(strstr(told.warnings, "CARD32.SY_: the compressed file is cut short"));
	assert_non_null(strstr(told.warnings, "card64.sy_: not compressed"));
	buffer_free(&szdd);
	buffer_free(&cab);
}

#define INF_CABINET                                                                                \
	(INF_HEAD INF_BODY "[SourceDisksNames]\r\n1 = Disk, files.cab\r\n"                         \
			   "[SourceDisksFiles]\r\ncard32.sys = 1\r\ncard64.sys = 1\r\n")

static void cabinets_that_the_inf_names_are_opened(void **state)
{
	const struct world *world = *state;
	struct told told;
	const struct test_entry entries[] = {
		{.name = "CARD32.SYS",
			.content = (char *)world->sys32,
			.content_bytes = FAKE_SYS_BYTES},
		{.name = "sub\\card64.sys",
			.content = (char *)world->sys64,
			.content_bytes = FAKE_SYS_BYTES},
	};
	struct buffer cab = make_cab(entries, 2);
	put_text(world->root, "card.inf", INF_CABINET);
	put_text(world->root, "card2.inf", INF_CABINET);
	put_file(world->root, "Files.CAB", cab.bytes, cab.size);
	import(world, "", &told);
	assert_int_equal(told.n_added, 2);
	/* sub\card64.sys is not where the INF says it is. */
	assert_string_equal(told.missing, "card64.sys;");
	struct driver_package package = package_of(world, &told);
	assert_string_equal(file_of(&package, "card32.sys")->arch, "x86");
	assert_int_equal(file_of(&package, "files.cab")->blob.size, cab.size);
	driver_package_clear(&package);

	put_file(world->root, "Files.CAB", cab.bytes, cab.size - 10);
	import(world, "card.inf", &told);
	assert_string_equal(told.missing, "card32.sys;card64.sys;");
	assert_non_null(strstr(told.warnings, "Files.CAB: cut short"));
	buffer_free(&cab);
}

/* ---- archives ---- */

static void nested_archives_are_opened(void **state)
{
	const struct world *world = *state;
	struct told told;
	struct test_entry entries[2] = {{.name = "card.inf", .content = INF_PLAIN}};
	struct buffer inner = make_cab(entries, 1);
	char path[512];
	for (int depth = 0; depth < 6; depth++) {
		(void)snprintf(path, sizeof(path), "%d.zip", depth);
		put_file(world->root, path, inner.bytes, inner.size);
		entries[0] = (struct test_entry){.name = "Inner.CAB",
			.content = (char *)inner.bytes,
			.content_bytes = inner.size};
		if (depth > 0)
			entries[0].name = "inner.Zip";
		struct buffer outer = make_zip(entries, 1);
		buffer_free(&inner);
		inner = outer;
	}
	import(world, "2.zip", &told);
	assert_int_equal(told.n_added, 1);
	assert_non_null(strstr(told.text, "/in/2.zip: inner.Zip: Inner.CAB: card.inf\n"));
	import(world, "4.zip", &told);
	assert_int_equal(told.n_already, 1);
	import(world, "5.zip", &told);
	assert_int_equal(told.n_already, 0);
	assert_non_null(strstr(told.text, "nested too deep"));
	buffer_free(&inner);
}

/* 40 MB each is nothing to ask about; all of them together are a bomb. */
static void bombs_in_pieces_are_stopped(void **state)
{
	const struct world *world = *state;
	struct told told;
	CLEANUP(buffer_free) struct buffer piece = make_bomb(ARCHIVE_FILTER_GZIP, 40 << 20);
	struct test_entry entries[] = {{.name = "1.tgz"}, {.name = "2.tgz"}, {.name = "3.tgz"}};
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		entries[i].content = (const char *)piece.bytes;
		entries[i].content_bytes = piece.size;
	}
	CLEANUP(buffer_free) struct buffer pack = make_zip(entries, ARRAY_SIZE(entries));
	put_file(world->root, "pack.zip", pack.bytes, pack.size);
	import(world, "pack.zip", &told);
	assert_int_equal(told.n_faults, 2);
	assert_non_null(strstr(told.text, "pack.zip: 2.tgz: big.sys: "));
	assert_non_null(strstr(told.text, "more than 500 times its size"));
	/* In a folder each stands for itself. */
	put_file(world->root, "folder/1.tgz", piece.bytes, piece.size);
	put_file(world->root, "folder/2.tgz", piece.bytes, piece.size);
	import(world, "folder", &told);
	assert_null(strstr(told.text, "times its size"));
}

static void hostile_archives_leave_nothing(void **state)
{
	const struct world *world = *state;
	const struct test_entry good = {.name = "card.inf", .content = INF_PLAIN};
	static const struct {
		struct test_entry entry;
		const char *why;
	} cases[] = {
		{{.name = "../../evil.inf", .content = INF_PLAIN}, "\"..\""},
		{{.name = "/tmp/evil.inf", .content = INF_PLAIN}, "absolute"},
		{{.name = "C:\\evil.inf", .content = INF_PLAIN}, "drive"},
		{{.name = "link.inf", .content = "/etc/passwd", .zip_mode = 0120777}, "symbolic"},
		{{.name = "CARD.INF", .content = INF_PLAIN}, "two of that name"},
		{{.name = "card.inf", .content = INF_PLAIN}, "two of that name"},
		{{.name = "card.inf/x.sys", .content = "x"}, "two of that name"},
		{{.name = "secret.sys", .content = "x", .zip_flags = 1}, "encrypted"},
		{{.name = "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z/a/b/c/d/e/f/g.sys",
			 .content = "x"},
			"nested deeper"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct told told;
		const struct test_entry entries[] = {good, cases[i].entry};
		struct buffer zip = make_zip(entries, 2);
		put_file(world->root, "hostile.zip", zip.bytes, zip.size);
		import(world, "hostile.zip", &told);
		if (told.n_faults != 1 || strstr(told.text, cases[i].why) == NULL)
			fail_msg("case %zu: %s", i, told.text);
		assert_int_equal(told.n_added + told.n_already + told.n_skipped, 0);
		assert_non_null(strstr(told.text, "/in/hostile.zip: "));
		assert_null(strchr(strchr(told.text, '\n') + 1, '\n'));
		buffer_free(&zip);
	}
	assert_int_equal(count_packages(world), 0);
}

/* One that is broken is no reason to leave its neighbours. */
static void a_broken_archive_harms_no_other(void **state)
{
	const struct world *world = *state;
	struct told told;
	const struct test_entry good = {.name = "card.inf", .content = INF_PLAIN};
	struct buffer zip = make_zip(&good, 1);
	put_file(world->root, "a.zip", zip.bytes, zip.size - 30);
	put_file(world->root, "b.zip", zip.bytes, zip.size);
	put_text(world->root, "c.exe", "MZ, but no archive");
	import(world, "", &told);
	assert_int_equal(told.n_added, 1);
	assert_int_equal(told.n_faults, 1);
	assert_non_null(strstr(told.text, "/in/a.zip: cut short"));
	buffer_free(&zip);
}

static void other_files_are_refused(void **state)
{
	const struct world *world = *state;
	struct told told;
	struct error err = ERROR_NULL;
	put_text(world->root, "notes.txt", "nothing");
	import(world, "notes.txt", &told);
	assert_int_equal(told.n_faults, 1);
	assert_non_null(strstr(told.text, "neither an INF nor an archive"));
	import(world, "", &told);
	assert_non_null(strstr(told.text, "/in: holds no INF"));
	assert_int_equal(
		driver_import(world->store, "/nowhere", write_down, &told, NULL, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nowhere"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(compressed_files_are_expanded),
		IN_WORLD(cabinets_that_the_inf_names_are_opened),
		IN_WORLD(nested_archives_are_opened),
		IN_WORLD(bombs_in_pieces_are_stopped),
		IN_WORLD(hostile_archives_leave_nothing),
		IN_WORLD(a_broken_archive_harms_no_other),
		IN_WORLD(other_files_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
