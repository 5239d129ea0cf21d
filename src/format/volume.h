/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the first sector of a volume says: which file system it is, and how many bytes it has. And
 * of a disk, where its first volume lies. References: "FAT32 File System Specification" 1.03 (also
 * for FAT12 and 16); the BIOS parameter block of NTFS as mkntfs and Windows write it; MBRs as
 * everybody does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VOLUME_SECTOR_BYTES 512 /* of what is looked at */

enum volume_kind {
	VOLUME_NONE, /* no boot sector of these */
	VOLUME_NTFS,
	VOLUME_FAT, /* 12, 16 or 32 */
};

struct volume {
	enum volume_kind kind;
	uint64_t bytes; /* that it says it has: no blob or partition may be shorter */
};

/* sector: the first VOLUME_SECTOR_BYTES. A sector that contradicts itself is none of these. */
void volume_read(const uint8_t sector[static VOLUME_SECTOR_BYTES], struct volume *ret_volume);
/* "NTFS", "FAT", "". */
const char *volume_kind_name(enum volume_kind kind);

/* The first partition in the MBR of a disk of that many bytes, in bytes; false if there is none, or
 * it is not inside the disk. */
bool volume_first_partition(const uint8_t sector[static VOLUME_SECTOR_BYTES], uint64_t disk_bytes,
	uint64_t *ret_offset, uint64_t *ret_bytes);
