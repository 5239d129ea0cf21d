/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/partition_read.h"

#include "base/bytes.h"

#include <stdbool.h>
#include <string.h>

#define SECTOR_BYTES    512U
#define MBR_PARTITIONS  446U
#define MBR_ENTRY_BYTES 16U
#define TYPE_PROTECTIVE 0xee

struct places {
	struct partition_place *all;
	size_t n;
	uint64_t disk_bytes;
};

static void add(struct places *places, uint64_t first, uint64_t n_sectors, uint64_t sector)
{
	if (places->n == PARTITIONS_MAX || n_sectors == 0 || first > UINT64_MAX / sector ||
		n_sectors > UINT64_MAX / sector)
		return;
	uint64_t offset = first * sector, length = n_sectors * sector;
	if (offset > places->disk_bytes || length > places->disk_bytes - offset)
		return;
	places->all[places->n++] = (struct partition_place){.offset = offset, .length = length};
}

/* 5.3.2, 5.3.3. Checksums are not looked at: what is found is looked at anyway. */
static void read_gpt(const struct view *disk, uint64_t sector, struct places *places)
{
	uint8_t head[92], raw[128];
	if (view_size(disk) < 2 * sector || view_read(disk, sector, head, sizeof(head)) < 0 ||
		memcmp(head, "EFI PART", 8) != 0)
		return;
	struct reader r = reader_over(head, sizeof(head));
	reader_seek(&r, 72);
	const uint64_t table = reader_le64(&r);
	const uint32_t n = reader_le32(&r), entry_bytes = reader_le32(&r);
	if (entry_bytes < sizeof(raw) || table > view_size(disk) / sector)
		return;
	for (uint32_t i = 0; i < n && i < PARTITIONS_MAX; i++) {
		static const uint8_t unused[16];
		const uint64_t at = table * sector + (uint64_t)i * entry_bytes;
		if (at > view_size(disk) || view_size(disk) - at < sizeof(raw) ||
			view_read(disk, at, raw, sizeof(raw)) < 0)
			return;
		struct reader entry = reader_over(raw, sizeof(raw));
		reader_seek(&entry, 32);
		const uint64_t first = reader_le64(&entry), last = reader_le64(&entry);
		if (memcmp(raw, unused, sizeof(unused)) != 0 && last >= first && last != UINT64_MAX)
			add(places, first, last - first + 1, sector);
	}
}

struct mbr_entry {
	uint8_t status, type; /* type 0: none */
	uint32_t first, n_sectors;
};

/* False if there is no table. */
static bool read_mbr(const struct view *disk, struct mbr_entry ret_entries[static 4])
{
	uint8_t head[SECTOR_BYTES];
	if (view_size(disk) < sizeof(head) || view_read(disk, 0, head, sizeof(head)) < 0 ||
		head[510] != 0x55 || head[511] != 0xaa)
		return false;
	for (unsigned i = 0; i < 4; i++) {
		struct reader r = reader_over(head, sizeof(head));
		reader_seek(&r, MBR_PARTITIONS + i * MBR_ENTRY_BYTES);
		ret_entries[i].status = reader_u8(&r);
		reader_skip(&r, 3);
		ret_entries[i].type = reader_u8(&r);
		reader_skip(&r, 3);
		ret_entries[i].first = reader_le32(&r);
		ret_entries[i].n_sectors = reader_le32(&r);
	}
	return true;
}

size_t partitions_find(
	const struct view *disk, struct partition_place ret_places[static PARTITIONS_MAX])
{
	struct places places = {.all = ret_places, .disk_bytes = view_size(disk)};
	struct mbr_entry entries[4];
	add(&places, 0, view_size(disk) / SECTOR_BYTES, SECTOR_BYTES);
	if (!read_mbr(disk, entries))
		return places.n;
	for (unsigned i = 0; i < 4; i++) {
		if (entries[i].type == TYPE_PROTECTIVE) {
			read_gpt(disk, SECTOR_BYTES, &places);
			read_gpt(disk, 4096, &places); /* disks whose sectors are that large */
		} else if (entries[i].type != 0) {
			add(&places, entries[i].first, entries[i].n_sectors, SECTOR_BYTES);
		}
	}
	return places.n;
}

/* A GPT's entry here is for all of the disk, or UINT32_MAX: "as far as it goes". The first sector
 * of a volume without a table has code in this place, of which the status tells that. */
uint64_t partitions_end(const struct view *disk)
{
	struct mbr_entry entries[4];
	uint64_t end = 0;
	if (!read_mbr(disk, entries))
		return 0;
	for (unsigned i = 0; i < 4; i++) {
		const uint64_t at = (uint64_t)entries[i].first + entries[i].n_sectors;
		const bool is_open =
			entries[i].type == TYPE_PROTECTIVE && entries[i].n_sectors == UINT32_MAX;
		if ((entries[i].status & 0x7f) != 0)
			return 0;
		if (entries[i].type != 0 && !is_open && at * SECTOR_BYTES > end)
			end = at * SECTOR_BYTES;
	}
	return end;
}
