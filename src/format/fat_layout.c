/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which FAT, and how large its parts are. The number of clusters alone decides what a volume is
 * (fatgen103, "FAT Type Determination"): fewer than 4085 make it FAT12, fewer than 65525 FAT16.
 * Drivers are off by some around these borders, so that they are kept away from.
 */
#include "format/fat_room.h"

#include <errno.h>

#define BORDER_ROOM           16 /* clusters; fatgen103 advises so */
#define FAT12_MAX             (4084U - BORDER_ROOM)
#define FAT16_MAX             (65524U - BORDER_ROOM)
#define FAT32_MAX             268435444U
#define N_FATS                2
#define RESERVED_FAT32        32
#define RESERVED_OTHERS       1
/* The largest file begins at a multiple of 64 KiB of a volume that does: blocks of a base stay
 * whole blocks, which can be shared, and whole large folios of the page cache, which the kernel
 * copies half as fast again. The room for that is in front of the tables, so all clusters
 * lie as well as that. */
#define LARGEST_ALIGN_SECTORS 128U

/* fatgen103's tables DskTableFAT16 and DskTableFAT32 for the cluster sizes of disks; FAT12 as
 * floppies have it and for what is between. The first row that holds the tree is taken. */
static const struct row {
	unsigned bits;
	uint32_t cluster_sectors;
	uint32_t max_sectors; /* of the volume */
} rows[] = {
	{12, 1, 4200},
	{12, 4, 16500},
	{12, 8, 33000},
	{16, 4, 262144},
	{16, 8, 524288},
	{16, 16, 1048576},
	{32, 1, 532480},
	{32, 8, 16777216},
	{32, 16, 33554432},
	{32, 32, 67108864},
	{32, 64, UINT32_MAX},
};

static uint32_t min_clusters(unsigned bits)
{
	switch (bits) {
	case 12: return 1;
	case 16: return 4085 + BORDER_ROOM;
	default: return 65525 + BORDER_ROOM;
	}
}

static uint32_t max_clusters(unsigned bits)
{
	switch (bits) {
	case 12: return FAT12_MAX;
	case 16: return FAT16_MAX;
	default: return FAT32_MAX;
	}
}

static uint64_t fat_sectors_for(uint64_t n_clusters, unsigned bits)
{
	const uint64_t bytes = ((n_clusters + FAT_FIRST_CLUSTER) * bits + 7) / 8;
	return (bytes + FAT_SECTOR_BYTES - 1) / FAT_SECTOR_BYTES;
}

static uint32_t root_entries_for(const struct fat_tree *tree)
{
	const uint32_t per_sector = FAT_SECTOR_BYTES / FAT_ENTRY_BYTES;
	uint32_t n = tree->nodes[0].n_entries;
	if (n < FAT_ROOT_ENTRIES_MIN)
		n = FAT_ROOT_ENTRIES_MIN;
	return (n + per_sector - 1) / per_sector * per_sector;
}

/* Sectors of clusters in front of the largest file. */
static uint64_t sectors_before_largest(const struct row *row, const struct fat_tree *tree)
{
	const uint32_t cluster_bytes = row->cluster_sectors * FAT_SECTOR_BYTES;
	uint32_t largest = 0;
	for (uint32_t i = 1; i < tree->n; i++)
		if (tree->nodes[i].view != NULL &&
			(largest == 0 || view_size(tree->nodes[i].view) >
						 view_size(tree->nodes[largest].view)))
			largest = i;
	uint64_t n = 0;
	for (uint32_t i = 0; i < tree->n; i++)
		if (tree->nodes[i].view == NULL || i < largest)
			n += fat_node_clusters(&tree->nodes[i], cluster_bytes);
	return n * row->cluster_sectors;
}

/* Where data begins if the tables are for so many clusters. */
static uint64_t place_data(const struct row *row, const struct fat_tree *tree, uint64_t n_clusters,
	struct fat_layout *layout)
{
	const uint64_t fats = fat_sectors_for(n_clusters, row->bits);
	uint64_t reserved = row->bits == 32 ? RESERVED_FAT32 : RESERVED_OTHERS;
	layout->root_entries = row->bits == 32 ? 0 : root_entries_for(tree);
	uint64_t first = reserved + N_FATS * fats +
			 layout->root_entries * FAT_ENTRY_BYTES / FAT_SECTOR_BYTES;
	if (row->bits == 32) {
		const uint64_t at = first + sectors_before_largest(row, tree);
		const uint64_t more = (LARGEST_ALIGN_SECTORS - at % LARGEST_ALIGN_SECTORS) %
				      LARGEST_ALIGN_SECTORS;
		reserved += more;
		first += more;
	}
	layout->bits = row->bits;
	layout->cluster_sectors = row->cluster_sectors;
	layout->reserved = (uint32_t)reserved;
	layout->fat_sectors = (uint32_t)fats;
	layout->first_data = (uint32_t)first;
	return first;
}

/* sectors 0: as few as will do. False if this row is not for such a volume. */
static bool try_row(const struct row *row, const struct fat_tree *tree, uint64_t sectors,
	uint64_t needed, struct fat_layout *layout)
{
	uint64_t n_clusters = needed > min_clusters(row->bits) ? needed : min_clusters(row->bits);
	if (sectors != 0)
		n_clusters = sectors / row->cluster_sectors; /* more than there will be */
	if (n_clusters > FAT32_MAX + FAT_FIRST_CLUSTER)
		return false;
	const uint64_t first = place_data(row, tree, n_clusters, layout);
	if (sectors == 0)
		sectors = first + n_clusters * row->cluster_sectors;
	if (sectors > row->max_sectors || first >= sectors)
		return false;
	n_clusters = (sectors - first) / row->cluster_sectors;
	layout->sectors = (uint32_t)sectors;
	layout->n_clusters = (uint32_t)n_clusters;
	return n_clusters >= min_clusters(row->bits) && n_clusters <= max_clusters(row->bits);
}

static int refuse(const struct fat_request *request, const struct fat_tree *tree, bool too_little,
	struct error *err)
{
	const uint64_t data = fat_tree_clusters(tree, FAT_SECTOR_BYTES, true) * FAT_SECTOR_BYTES;
	if (too_little)
		return error_set(err, -ENOSPC,
			"the files need more than the %llu bytes of the volume (%llu bytes without "
			"the file system's own)",
			(unsigned long long)request->volume_bytes, (unsigned long long)data);
	if (request->volume_bytes == 0)
		return error_set(err, -EFBIG, "%llu bytes are more than FAT32 can hold",
			(unsigned long long)data);
	return error_set(err, -EINVAL, "a volume of %llu bytes cannot be: %s to 2 TB",
		(unsigned long long)request->volume_bytes,
		request->must_be_32 ? "FAT32 goes from 34 MB" : "FAT goes from 19 kB");
}

int fat_layout_choose(const struct fat_request *request, const struct fat_tree *tree,
	struct fat_layout *ret_layout, struct error *err)
{
	const uint64_t sectors = request->volume_bytes / FAT_SECTOR_BYTES;
	bool too_little = false;

	if (request->volume_bytes != 0 && sectors == 0)
		return refuse(request, tree, false, err);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct fat_layout layout;
		if (request->must_be_32 && row->bits != 32)
			continue;
		const uint64_t needed = fat_tree_clusters(
			tree, row->cluster_sectors * FAT_SECTOR_BYTES, row->bits == 32);
		if (!try_row(row, tree, sectors, needed, &layout))
			continue;
		if (needed <= layout.n_clusters) {
			*ret_layout = layout;
			return 0;
		}
		too_little = true;
	}
	return refuse(request, tree, too_little, err);
}
