/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "wims.h"

#include "format/wim.h"
#include "image/revise.h"
#include "image/verify.h"

#include <errno.h>

static struct wim_world world;
static struct driver_package first, second;

static int set_up(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct revise_result result;
	char path[256], text[64];
	world_open(&world);
	for (int i = 0; i < 300; i++) {
		(void)snprintf(path, sizeof(path), "Windows/System32/some file %d.dll", i);
		(void)snprintf(text, sizeof(text), "content %d", i / 3);
		put_text(world.tree, path, text);
	}
	capture(&world, "base.wim", WIMLIB_COMPRESSION_TYPE_LZX, WIM_WITH_INTEGRITY);
	add_image(&world, "pe", "base.wim");
	add_package(&world, "card.inf", "a", 50000, &first);
	add_package(&world, "other.inf", "b", 60000, &second);
	const char *const ids[] = {first.id, second.id};
	const struct revise_request request = {
		.store = world.store, .image = "pe", .now_ms = INT64_C(1795312800000)};
	assert_ok(image_add_drivers(&request, ids, 2, &result, &err));
	revise_result_clear(&result);
	put_text(world.folder, "note", "a note");
	world_path(&world, "note", path);
	const struct part_source sources[] = {
		{path, "windows\\note.txt"}, {path, "\\system32.txt"}};
	assert_ok(image_add_files(&request, sources, 2, "notes", &result, &err));
	assert_int_equal(result.revision.revision, 3);
	revise_result_clear(&result);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	driver_package_clear(&first);
	driver_package_clear(&second);
	world_close(&world);
	return 0;
}

static void verify(uint32_t revision, struct verify_result *result)
{
	struct error err = ERROR_NULL;
	assert_ok(image_verify(world.store, "pe", revision, NULL, result, &err));
}

static void expect_fault(const struct verify_result *result, const char *words)
{
	for (size_t i = 0; i < result->n_faults && i < ARRAY_SIZE(result->faults); i++)
		if (strstr(result->faults[i].what, words) != NULL)
			return;
	for (size_t i = 0; i < result->n_faults && i < ARRAY_SIZE(result->faults); i++)
		print_error("%s\n", result->faults[i].what);
	fail_msg("none of %zu faults says \"%s\"", result->n_faults, words);
}

static void what_was_made_is_whole(void **state)
{
	(void)state;
	static struct verify_result result;
	for (uint32_t revision = 0; revision <= 3; revision++) {
		verify(revision, &result);
		for (size_t i = 0; i < result.n_faults; i++)
			print_error("%s\n", result.faults[i].what);
		assert_int_equal(result.n_faults, 0);
		assert_int_equal(result.revision, revision == 0 ? 3 : revision);
		assert_int_equal(result.n_packages, revision == 1 ? 0 : 2);
		assert_true(result.n_resources >= 100);
	}
	struct error err = ERROR_NULL;
	assert_int_equal(image_verify(world.store, "pe", 4, NULL, &result, &err), -ENOENT);
	assert_int_equal(image_verify(world.store, "none", 0, NULL, &result, &err), -ENOENT);
}

static void blob_of(uint32_t revision, size_t index, char *path, size_t size)
{
	struct error err = ERROR_NULL;
	CLEANUP(revision_record_clear) struct revision_record record;
	assert_ok(store_revision_get(world.store, "pe", revision, &record, &err));
	assert_true(index < record.n_blobs);
	blob_path(&world, &record.blobs[index], path, size);
	assert_int_equal(chmod(path, 0600), 0);
}

static void flip(const char *path, uint64_t at)
{
	CLEANUP(file_closep) int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t byte;
	assert_true(fd >= 0);
	assert_int_equal(file_read_at(fd, at, &byte, 1), 0);
	byte ^= 0x55;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
}

/* Every byte of every blob: flipped, it is found; and flipped back, all is well. */
static void no_changed_byte_goes_unseen(void **state)
{
	(void)state;
	static struct verify_result result;
	for (size_t blob = 0; blob < 4; blob++) {
		char path[512];
		struct stat status;
		blob_of(3, blob, path, sizeof(path));
		assert_int_equal(stat(path, &status), 0);
		for (int i = 0; i < 12; i++) {
			uint64_t at = (uint64_t)status.st_size * (uint64_t)i / 12;
			flip(path, at);
			verify(3, &result);
			expect_fault(&result, "is damaged");
			flip(path, at);
		}
		verify(3, &result);
		assert_int_equal(result.n_faults, 0);
	}
}

static void what_is_gone_or_cut_is_told(void **state)
{
	(void)state;
	static struct verify_result result;
	char path[512], kept[520];
	for (size_t blob = 0; blob < 4; blob++) {
		blob_of(3, blob, path, sizeof(path));
		(void)snprintf(kept, sizeof(kept), "%s.kept", path);
		assert_int_equal(rename(path, kept), 0);
		verify(3, &result);
		expect_fault(&result, "is missing");
		assert_int_equal(rename(kept, path), 0);
		struct stat status;
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(truncate(path, status.st_size + 1), 0);
		verify(3, &result);
		expect_fault(&result, "is damaged");
		assert_int_equal(truncate(path, status.st_size), 0);
	}
	verify(3, &result);
	assert_int_equal(result.n_faults, 0);
}

/* The record says one thing, the WIM another. */
static void record_and_manifest_are_held_together(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	static struct verify_result result;
	CLEANUP(revision_record_clear) struct revision_record record;
	assert_ok(store_revision_get(world.store, "pe", 3, &record, &err));
	record.revision = 4;
	record.packages[1].number = 9;
	assert_ok(store_revision_add(world.store, &record, 3, &err));
	verify(4, &result);
	expect_fault(&result, "is that of pe@3");
	expect_fault(&result, "names package 2, other.inf");
	expect_fault(&result, "does not name package 9, other.inf");
	expect_fault(&result, "\\pewter/drivers/9/other.inf of package other.inf");

	char part[SHA256_TEXT_BYTES];
	record.revision = 5;
	record.packages[1].number = 2;
	memcpy(part, record.packages[0].part, sizeof(part));
	memcpy(record.packages[0].part, record.packages[1].part, sizeof(part));
	memcpy(record.packages[1].part, part, sizeof(part));
	assert_ok(store_revision_add(world.store, &record, 4, &err));
	verify(5, &result);
	expect_fault(&result, "\\pewter/drivers/1/card64.sys is not what package card.inf");
	expect_fault(&result, "\\pewter/drivers/1/other.inf of package card.inf");
}

/* A WIM that was wrong before it became a base: nothing but the look inside can tell. */
static void faults_inside_are_found(void **state)
{
	(void)state;
	static const struct {
		const char *what, *words;
	} rows[] = {
		{"data", "the data at byte "},
		{"data", "integrity table does not match"},
		{"uses", " names, and there are "},
		{"sha1", " is not in the WIM"},
		{"sha1", "does not match its SHA-1"},
		{"sha1", "wimlib says that it"},
		{"boot", "the header names metadata at byte"},
		{"metadata", "its metadata"},
		{"xml", "wimlib says that it"},
	};
	static struct verify_result result;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_NULL;
		char path[256], name[16];
		uint8_t head[WIM_HEADER_BYTES];
		struct wim_header header;
		(void)snprintf(name, sizeof(name), "pe-%zu", i);
		capture(&world, "wrong.wim", WIMLIB_COMPRESSION_TYPE_LZX, WIM_WITH_INTEGRITY);
		world_path(&world, "wrong.wim", path);
		CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_int_equal(file_read_at(fd, 0, head, sizeof(head)), 0);
		assert_ok(wim_header_parse(head, sizeof(head), &header, &err));
		/* wimlib puts the metadata first. */
		uint64_t entry = header.blob_table.offset + WIM_BLOB_ENTRY_BYTES;
		if (strcmp(rows[i].what, "data") == 0)
			flip(path, WIM_HEADER_BYTES + 3);
		else if (strcmp(rows[i].what, "uses") == 0)
			flip(path, entry + 26);
		else if (strcmp(rows[i].what, "sha1") == 0)
			flip(path, entry + 30);
		else if (strcmp(rows[i].what, "boot") == 0)
			flip(path, 96 + 8); /* its offset */
		else if (strcmp(rows[i].what, "metadata") == 0)
			flip(path, header.boot_metadata.offset + 90);
		else if (strcmp(rows[i].what, "xml") == 0)
			flip(path, header.xml.offset + 2);
		add_image(&world, name, "wrong.wim");
		assert_ok(image_verify(world.store, name, 0, NULL, &result, &err));
		expect_fault(&result, rows[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_made_is_whole),
		cmocka_unit_test(no_changed_byte_goes_unseen),
		cmocka_unit_test(what_is_gone_or_cut_is_told),
		cmocka_unit_test(record_and_manifest_are_held_together),
		cmocka_unit_test(faults_inside_are_found),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
