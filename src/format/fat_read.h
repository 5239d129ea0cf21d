/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * FAT12, FAT16, FAT32 file systems, read: as much as is needed to find one file on somebody's disk.
 * What comes out is a view of the disk's own bytes. fatgen103, as in fat.h.
 */
#pragma once

#include "base/error.h"
#include "base/view.h"

#include <stdint.h>

struct fat_volume {
	struct view *disk; /* borrowed */
	uint64_t offset;   /* of the volume in it */
	unsigned bits;     /* 12, 16, 32 */
	uint64_t tables;   /* bytes from the volume's start, as the two below */
	uint64_t root;     /* of the fixed root folder of FAT12 and FAT16 */
	uint64_t data;     /* of cluster 2 */
	uint32_t root_bytes;
	uint32_t root_cluster; /* FAT32 */
	uint32_t cluster_bytes;
	uint32_t n_clusters;
};

/* -EMEDIUMTYPE if there is no FAT there. */
int fat_open(struct view *disk, uint64_t offset, uint64_t length, struct fat_volume *ret_volume,
	struct error *err) MUST_CHECK;
/* '/' between names, ASCII; whatever their case. -ENOENT if there is no such file, -EINVAL if what
 * leads to it is broken. */
int fat_find(const struct fat_volume *volume, const char *path, struct view **ret_file,
	struct error *err) MUST_CHECK;
