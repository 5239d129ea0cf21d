/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks that fat.c and partition.c write, and broken ones; tests/system/media has some of mkfs.vfat
 * and sfdisk. */
#include "../unit.h"

#include "format/fat.h"
#include "format/fat_read.h"
#include "format/partition.h"
#include "format/partition_read.h"

#include <errno.h>
#include <string.h>

static struct error err;

static struct view *pattern(size_t n, uint8_t seed)
{
	struct view *view = NULL;
	CLEANUP(memory_freep) uint8_t *bytes = malloc(n + 1);
	assert_non_null(bytes);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(seed + i * 7 + i / 251);
	assert_int_equal(view_new(&view), 0);
	assert_int_equal(view_add_copy(view, bytes, n), 0);
	return view;
}

static const struct {
	const char *path;
	size_t n;
} contents[] = {
	{"pewter/medium.json", 300},
	{"sources/boot.wim", 700001},
	{"EFI/BOOT/BOOTX64.EFI", 4096},
	{"bootmgr", 1},
	{"empty.txt", 0},
	{"a rather long name of a file, longer than thirteen.data", 5000},
};

/* A volume of the kind that its size makes it. */
static struct view *volume_of(uint64_t bytes, bool must_be_32)
{
	struct fat_file files[ARRAY_SIZE(contents)];
	struct view *view = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(contents); i++)
		files[i] = (struct fat_file){
			.path = contents[i].path, .view = pattern(contents[i].n, (uint8_t)i)};
	const struct fat_request request = {.files = files,
		.n_files = ARRAY_SIZE(files),
		.label = "PE",
		.volume_bytes = bytes,
		.must_be_32 = must_be_32};
	int rc = fat_build(&request, &view, &err);
	if (rc < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		(void)view_unref(files[i].view);
	return view;
}

static void assert_holds_all(const struct fat_volume *volume)
{
	for (size_t i = 0; i < ARRAY_SIZE(contents); i++) {
		CLEANUP(view_unrefp) struct view *found = NULL;
		CLEANUP(view_unrefp) struct view *wanted = pattern(contents[i].n, (uint8_t)i);
		CLEANUP(memory_freep) uint8_t *left = malloc(contents[i].n + 1);
		CLEANUP(memory_freep) uint8_t *right = malloc(contents[i].n + 1);
		int rc = fat_find(volume, contents[i].path, &found, &err);
		if (rc < 0)
			fail_msg("%s: %s", contents[i].path, err.text);
		assert_int_equal(view_size(found), contents[i].n);
		assert_int_equal(view_read(found, 0, left, contents[i].n), 0);
		assert_int_equal(view_read(wanted, 0, right, contents[i].n), 0);
		assert_memory_equal(left, right, contents[i].n);
	}
}

static void every_kind_is_read(void **state)
{
	(void)state;
	static const struct {
		uint64_t bytes;
		bool must_be_32;
		unsigned bits;
	} rows[] = {{0, false, 12}, {16U << 20, false, 16}, {64U << 20, true, 32}};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(view_unrefp)
		struct view *disk = volume_of(rows[i].bytes, rows[i].must_be_32);
		struct fat_volume volume;
		assert_int_equal(fat_open(disk, 0, view_size(disk), &volume, &err), 0);
		assert_int_equal(volume.bits, rows[i].bits);
		assert_holds_all(&volume);
	}
}

static void names_are_found_whatever_their_case(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *disk = volume_of(0, false);
	struct fat_volume volume;
	assert_int_equal(fat_open(disk, 0, view_size(disk), &volume, &err), 0);
	static const struct {
		const char *path;
		int rc;
	} rows[] = {
		{"PEWTER/Medium.JSON", 0},
		{"SOURCES/BOOT.WIM", 0},
		{"sources/boot.wi", -ENOENT},
		{"sources/boot.wimm", -ENOENT},
		{"sources", -ENOENT},
		{"bootmgr/x", -ENOENT},
		{"sources/", -ENOENT},
		{"/sources/boot.wim", -ENOENT},
		{"PE", -ENOENT}, /* the label */
		{"", -ENOENT},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct view *found = NULL;
		int rc = fat_find(&volume, rows[i].path, &found, &err);
		if (rc != rows[i].rc)
			fail_msg("'%s': %d", rows[i].path, rc);
		(void)view_unref(found);
	}
}

/* ---- partitions ---- */

static void disks_have_their_volume(void **state)
{
	(void)state;
	static const enum partition_scheme schemes[] = {PARTITION_MBR, PARTITION_GPT};
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		CLEANUP(view_unrefp) struct view *volume = volume_of(0, false);
		CLEANUP(view_unrefp) struct view *disk = NULL;
		struct partition_place places[PARTITIONS_MAX];
		struct fat_volume fat;
		const struct disk_request request = {.scheme = schemes[i],
			.volume = volume,
			.mbr_type = MBR_TYPE_FAT16_LBA,
			.signature = 1,
			.disk = {{1}},
			.partition = {{2}},
			.name = "x"};
		assert_int_equal(disk_build(&request, &disk, &err), 0);
		assert_int_equal(partitions_find(disk, places), 2);
		assert_int_equal(partitions_end(disk), view_size(disk));
		assert_int_equal(partitions_end(volume), 0);
		assert_int_equal(places[0].offset, 0);
		assert_int_equal(places[1].offset, PARTITION_FIRST_SECTOR * DISK_SECTOR_BYTES);
		assert_int_equal(fat_open(disk, 0, view_size(disk), &fat, &err), -EMEDIUMTYPE);
		assert_int_equal(fat_open(disk, places[1].offset, places[1].length, &fat, &err), 0);
		assert_holds_all(&fat);
	}
}

static struct view *bytes_view(const uint8_t *bytes, size_t n)
{
	struct view *view = NULL;
	assert_int_equal(view_new(&view), 0);
	assert_int_equal(view_add_static(view, bytes, n), 0);
	return view;
}

static void partitions_outside_the_disk_are_left_out(void **state)
{
	(void)state;
	static uint8_t bytes[8192] = {[510] = 0x55,
		[511] = 0xaa,
		/* From sector 4, two sectors; then more than there are; then past all. */
		[446 + 4] = 6,
		[446 + 8] = 4,
		[446 + 12] = 2,
		[462 + 4] = 6,
		[462 + 8] = 4,
		[462 + 12] = 13,
		[478 + 4] = 6,
		[478 + 8] = 0xff,
		[478 + 11] = 0xff,
		[478 + 12] = 1};
	CLEANUP(view_unrefp) struct view *disk = bytes_view(bytes, sizeof(bytes));
	struct partition_place places[PARTITIONS_MAX];
	assert_int_equal(partitions_find(disk, places), 2);
	assert_int_equal(places[1].offset, 2048);
	assert_int_equal(places[1].length, 1024);
	CLEANUP(view_unrefp) struct view *empty = bytes_view(bytes, 0);
	assert_int_equal(partitions_find(empty, places), 0);
	CLEANUP(view_unrefp) struct view *tiny = bytes_view(bytes, 511);
	assert_int_equal(partitions_find(tiny, places), 0);
}

/* ---- broken volumes ---- */

struct broken {
	uint8_t *bytes;
	size_t n;
};

static struct broken copy_of(const struct view *view)
{
	struct broken copy = {.n = (size_t)view_size(view)};
	copy.bytes = malloc(copy.n);
	assert_non_null(copy.bytes);
	assert_int_equal(view_read(view, 0, copy.bytes, copy.n), 0);
	return copy;
}

static int find_wim(const struct broken *broken)
{
	CLEANUP(view_unrefp) struct view *disk = bytes_view(broken->bytes, broken->n);
	CLEANUP(view_unrefp) struct view *file = NULL;
	struct fat_volume volume;
	int rc = fat_open(disk, 0, view_size(disk), &volume, &err);
	return rc < 0 ? rc : fat_find(&volume, "sources/boot.wim", &file, &err);
}

static void a_chain_that_loops_is_broken(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *good = volume_of(16U << 20, false); /* FAT16 */
	struct fat_volume volume;
	assert_int_equal(fat_open(good, 0, view_size(good), &volume, &err), 0);
	struct broken bad = copy_of(good);
	assert_int_equal(find_wim(&bad), 0);
	/* Longer than the volume, so that a loop has no other end. */
	uint8_t *entry = memmem(bad.bytes, bad.n, "BOOT    WIM", 11);
	assert_non_null(entry);
	memset(entry + 28, 0xff, 4);
	/* Every cluster is followed by cluster 2, then by one that is not there, then free. */
	static const uint16_t next[] = {2, 0xfff0, 0, 1};
	for (size_t i = 0; i < ARRAY_SIZE(next); i++) {
		for (uint32_t c = 2; c < volume.n_clusters + 2; c++) {
			bad.bytes[volume.tables + 2 * c] = (uint8_t)next[i];
			bad.bytes[volume.tables + 2 * c + 1] = (uint8_t)(next[i] >> 8);
		}
		assert_int_equal(find_wim(&bad), -EINVAL);
	}
	/* All chains end at once: the file is longer than its bytes. */
	memset(bad.bytes + volume.tables, 0xff, 2 * (size_t)volume.n_clusters);
	assert_int_equal(find_wim(&bad), -EINVAL);
	free(bad.bytes);
}

static void a_folder_that_holds_itself_leads_nowhere(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *good = volume_of(0, false);
	struct broken bad = copy_of(good);
	struct fat_volume volume;
	assert_int_equal(fat_open(good, 0, view_size(good), &volume, &err), 0);
	/* What was boot.wim in sources/ is sources/ itself. */
	uint8_t *entry = memmem(bad.bytes, bad.n, "BOOT    WIM", 11);
	uint8_t *folder = memmem(bad.bytes, bad.n, "SOURCES    ", 11);
	assert_non_null(entry);
	assert_non_null(folder);
	memcpy(entry, folder, 32);
	CLEANUP(view_unrefp) struct view *disk = bytes_view(bad.bytes, bad.n);
	struct view *file = NULL;
	char path[2000] = "sources";
	for (int i = 0; i < 200; i++)
		strcat(path, "/sources");
	assert_int_equal(fat_find(&volume, path, &file, &err), -ENOENT);
	volume.disk = disk;
	assert_int_equal(fat_find(&volume, path, &file, &err), -ENOENT);
	strcat(path, "/boot.wim");
	assert_int_equal(fat_find(&volume, path, &file, &err), -ENOENT);
	free(bad.bytes);
}

static void wrong_boot_sectors_are_no_fat(void **state)
{
	(void)state;
	CLEANUP(view_unrefp) struct view *good = volume_of(0, false);
	struct broken bad = copy_of(good);
	static const struct {
		size_t at;
		uint8_t value;
		int rc;
	} rows[] = {
		{0, 0, -EMEDIUMTYPE}, {12, 0, -EMEDIUMTYPE}, /* no bytes a sector */
		{12, 3, -EMEDIUMTYPE},                       /* 768 */
		{13, 0, -EMEDIUMTYPE},                       /* no sectors a cluster */
		{13, 3, -EMEDIUMTYPE},                       /* three */
		{16, 0, -EMEDIUMTYPE},                       /* no table */
		{16, 9, -EMEDIUMTYPE},                       /* nine */
		{20, 0xff, -EINVAL},                         /* more sectors than there are */
		{12, 16, -EINVAL},                           /* 4096 */
		{510, 0, -EMEDIUMTYPE},                      /* signature */
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t before = bad.bytes[rows[i].at];
		bad.bytes[rows[i].at] = rows[i].value;
		int rc = find_wim(&bad);
		if (rc != rows[i].rc)
			fail_msg("byte %zu = %u: %d, %s", rows[i].at, rows[i].value, rc, err.text);
		bad.bytes[rows[i].at] = before;
	}
	assert_int_equal(find_wim(&bad), 0);
	free(bad.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_read),
		cmocka_unit_test(names_are_found_whatever_their_case),
		cmocka_unit_test(disks_have_their_volume),
		cmocka_unit_test(partitions_outside_the_disk_are_left_out),
		cmocka_unit_test(a_chain_that_loops_is_broken),
		cmocka_unit_test(a_folder_that_holds_itself_leads_nowhere),
		cmocka_unit_test(wrong_boot_sectors_are_no_fat),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
