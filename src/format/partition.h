/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk with one partition, written: partition table in memory, the volume a view. MBR, or GPT
 * with its protective MBR and its copy at the disk's end (UEFI 2.10, chapter 5).
 */
#pragma once

#include "base/error.h"
#include "base/guid.h"
#include "base/view.h"

#include <stdint.h>

#define DISK_SECTOR_BYTES      512U
/* Where the partition begins: 1 MiB, a multiple of the blocks of any disk. */
#define PARTITION_FIRST_SECTOR 2048U

enum partition_scheme {
	PARTITION_MBR,
	PARTITION_GPT,
};

#define MBR_TYPE_FAT32_LBA 0x0c
#define MBR_TYPE_FAT16_LBA 0x0e
#define MBR_CODE_BYTES     440

struct disk_request {
	enum partition_scheme scheme;
	struct view *volume; /* borrowed; whole sectors */
	/* Of MBR. */
	uint8_t mbr_type;
	uint32_t signature; /* by which Windows tells disks apart; not 0 */
	/* What BIOS starts, at most MBR_CODE_BYTES; NULL: a program that says that it takes UEFI.
	 */
	const uint8_t *boot_code;
	size_t n_boot_code;
	/* What lies between the MBR and the partition; NULL for nothing. */
	const uint8_t *gap;
	size_t n_gap; /* less than PARTITION_FIRST_SECTOR sectors */
	/* Of GPT. */
	struct guid disk, partition;
	const char *name; /* ASCII, at most 36 characters */
};

/* What a disk needs besides its volume: subtracted from its size before the volume is made. */
uint64_t disk_overhead(enum partition_scheme scheme);
int disk_build(
	const struct disk_request *request, struct view **ret_view, struct error *err) MUST_CHECK;
