/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "format/volume.h"

#include <string.h>

/* The head of a boot sector as mkntfs and mkfs.fat write it. */
static void make_sector(uint8_t sector[static 512], const char *oem, size_t name_at,
	const char *name, uint16_t sector_bytes)
{
	memset(sector, 0, 512);
	memcpy(sector + 3, oem, 8);
	memcpy(sector + name_at, name, strlen(name));
	struct writer w = writer_over(sector + 11, 8);
	writer_le16(&w, sector_bytes);
	writer_u8(&w, 8); /* sectors per cluster */
	writer_le16(&w, 1);
	writer_u8(&w, 2); /* FATs */
	sector[510] = 0x55;
	sector[511] = 0xaa;
}

static void knows_file_systems(void **state)
{
	(void)state;
	uint8_t sector[512];
	struct volume volume;
	make_sector(sector, "NTFS    ", 3, "NTFS", 512);
	volume_read(sector, &volume);
	assert_int_equal(volume.kind, VOLUME_NONE); /* of no sectors */
	sector[41] = 8;                             /* 2048 */
	volume_read(sector, &volume);
	assert_int_equal(volume.kind, VOLUME_NTFS);
	assert_int_equal(volume.bytes, 1 << 20);
	assert_string_equal(volume_kind_name(volume.kind), "NTFS");
	sector[47] = 0x80; /* more than there are bytes in the world */
	volume_read(sector, &volume);
	assert_int_equal(volume.kind, VOLUME_NONE);

	make_sector(sector, "mkfs.fat", 54, "FAT16   ", 512);
	sector[20] = 4; /* 1024 */
	volume_read(sector, &volume);
	assert_int_equal(volume.kind, VOLUME_FAT);
	assert_int_equal(volume.bytes, 1 << 19);
	make_sector(sector, "MSDOS5.0", 82, "FAT32   ", 4096);
	sector[34] = 1; /* 65536 */
	volume_read(sector, &volume);
	assert_int_equal(volume.kind, VOLUME_FAT);
	assert_int_equal(volume.bytes, 1ULL << 28);
}

static void is_not_taken_in(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		uint8_t value;
	} faults[] = {{510, 0}, {511, 0}, {11, 1}, {12, 0}, {12, 3}, {12, 0x20}, {13, 0}, {3, 'X'}};
	uint8_t sector[512];
	struct volume volume;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		make_sector(sector, "NTFS    ", 3, "NTFS", 512);
		sector[41] = 8;
		sector[faults[i].at] = faults[i].value;
		volume_read(sector, &volume);
		assert_int_equal(volume.kind, VOLUME_NONE);
	}
	make_sector(sector, "mkfs.fat", 54, "FAT16   ", 512);
	sector[20] = 4;
	sector[16] = 3; /* FATs */
	volume_read(sector, &volume);
	assert_int_equal(volume.kind, VOLUME_NONE);
}

static void finds_the_first_partition(void **state)
{
	(void)state;
	uint8_t sector[512] = {[510] = 0x55, [511] = 0xaa};
	uint64_t offset, bytes;
	assert_false(volume_first_partition(sector, 1 << 20, &offset, &bytes));
	/* The second entry; 63 sectors are in front of it, 1985 in it. */
	memcpy(sector + 462, "\x80\0\0\0\x07\0\0\0\x3f\0\0\0\xc1\x07\0\0", 16);
	assert_true(volume_first_partition(sector, 1 << 20, &offset, &bytes));
	assert_int_equal(offset, 63 * 512);
	assert_int_equal(bytes, 1985 * 512);
	assert_false(volume_first_partition(sector, (1 << 20) - 1, &offset, &bytes));
	assert_false(volume_first_partition(sector, 1024, &offset, &bytes));
	sector[466] = 0xee;
	assert_false(volume_first_partition(sector, 1 << 20, &offset, &bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_file_systems),
		cmocka_unit_test(is_not_taken_in),
		cmocka_unit_test(finds_the_first_partition),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
