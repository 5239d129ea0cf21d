/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/volume.h"

#include "base/bytes.h"

#include <string.h>

#define SIGNATURE_AT     510
#define NAME_AT          3
#define SECTOR_BYTES_AT  11
#define CLUSTER_AT       13
#define FATS_AT          16
#define SECTORS_16_AT    19
#define SECTORS_32_AT    32
#define SECTORS_NTFS_AT  40
#define FAT16_NAME_AT    54
#define FAT32_NAME_AT    82
#define PARTITIONS_AT    446
#define PARTITION_BYTES  16
#define PARTITIONS       4
#define PARTITION_GPT    0xee
#define MBR_SECTOR_BYTES 512

static uint64_t number(const uint8_t *sector, size_t at, size_t n_bytes)
{
	uint64_t value = 0;
	for (size_t i = n_bytes; i > 0; i--)
		value = value << 8 | sector[at + i - 1];
	return value;
}

static bool is_power_of_two(uint64_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

static bool has_signature(const uint8_t *sector)
{
	return sector[SIGNATURE_AT] == 0x55 && sector[SIGNATURE_AT + 1] == 0xaa;
}

static enum volume_kind name_of(const uint8_t *sector)
{
	if (memcmp(sector + NAME_AT, "NTFS    ", 8) == 0)
		return VOLUME_NTFS;
	/* The name of FAT is only a comment, so what follows has to be like one. */
	if (memcmp(sector + FAT16_NAME_AT, "FAT", 3) == 0 ||
		memcmp(sector + FAT32_NAME_AT, "FAT32", 5) == 0)
		return sector[FATS_AT] == 1 || sector[FATS_AT] == 2 ? VOLUME_FAT : VOLUME_NONE;
	return VOLUME_NONE;
}

static uint64_t sectors_of(const uint8_t *sector, enum volume_kind kind)
{
	if (kind == VOLUME_NTFS)
		return number(sector, SECTORS_NTFS_AT, 8);
	uint64_t few = number(sector, SECTORS_16_AT, 2);
	return few != 0 ? few : number(sector, SECTORS_32_AT, 4);
}

void volume_read(const uint8_t sector[static VOLUME_SECTOR_BYTES], struct volume *ret_volume)
{
	*ret_volume = (struct volume){.kind = VOLUME_NONE};
	enum volume_kind kind = name_of(sector);
	if (!has_signature(sector) || kind == VOLUME_NONE)
		return;
	uint64_t sector_bytes = number(sector, SECTOR_BYTES_AT, 2);
	uint64_t n_sectors = sectors_of(sector, kind);
	if (!is_power_of_two(sector_bytes) || sector_bytes < 256 || sector_bytes > 4096 ||
		sector[CLUSTER_AT] == 0 || n_sectors == 0 || n_sectors > UINT64_MAX / sector_bytes)
		return;
	*ret_volume = (struct volume){kind, n_sectors * sector_bytes};
}

const char *volume_kind_name(enum volume_kind kind)
{
	static const char *const names[] = {
		[VOLUME_NONE] = "",
		[VOLUME_NTFS] = "NTFS",
		[VOLUME_FAT] = "FAT",
	};
	return names[kind];
}

bool volume_first_partition(const uint8_t sector[static VOLUME_SECTOR_BYTES], uint64_t disk_bytes,
	uint64_t *ret_offset, uint64_t *ret_bytes)
{
	if (!has_signature(sector))
		return false;
	for (size_t i = 0; i < PARTITIONS; i++) {
		size_t at = PARTITIONS_AT + PARTITION_BYTES * i;
		uint8_t type = sector[at + 4];
		uint64_t first = number(sector, at + 8, 4), n = number(sector, at + 12, 4);
		if (type == 0 || type == PARTITION_GPT || first == 0 || n == 0)
			continue;
		if (first * MBR_SECTOR_BYTES > disk_bytes ||
			n * MBR_SECTOR_BYTES > disk_bytes - first * MBR_SECTOR_BYTES)
			return false;
		*ret_offset = first * MBR_SECTOR_BYTES;
		*ret_bytes = n * MBR_SECTOR_BYTES;
		return true;
	}
	return false;
}
