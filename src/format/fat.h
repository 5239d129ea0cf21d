/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * FAT12, FAT16, FAT32 file systems, written: a list of files in, a view out. Boot sector, tables
 * and folders are made in memory; the files are views themselves, so a boot image of half a
 * gigabyte is on the volume without having been copied. "FAT: General Overview of On-Disk Format",
 * Microsoft, 2000 (fatgen103).
 */
#pragma once

#include "base/error.h"
#include "base/view.h"

#include <stddef.h>
#include <stdint.h>

struct fat_file {
	const char *path;  /* '/' between names; long names are fine, ASCII or UTF-8 */
	struct view *view; /* borrowed; its content. NULL: an empty folder */
};

struct fat_request {
	const struct fat_file *files;
	size_t n_files;
	const char *label; /* at most 11 characters */
	uint32_t serial;
	uint64_t time;           /* Unix seconds: all dates */
	uint64_t volume_bytes;   /* 0: as small as it can be */
	uint64_t hidden_sectors; /* where on the disk it starts, 512-byte sectors */
	bool must_be_32;         /* FAT32 whatever its size (USB media; UEFI reads all three) */
};

/* -EFBIG for a file of 4 GiB or more (the error names it and what to do), -ENOSPC if volume_bytes
 * is too little, -EEXIST for names that differ only in case, -EINVAL for names FAT has not. */
int fat_build(
	const struct fat_request *request, struct view **ret_view, struct error *err) MUST_CHECK;
