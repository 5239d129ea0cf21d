/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ISO 9660 file systems, written through libisofs: level 3 with Joliet names beside it, and an El
 * Torito boot catalogue. A list of files in, a view out: libisofs lays the volume out and writes
 * everything up to the largest file, which it is made to place last; that file is then a part of
 * the view, and no byte of it has been copied.
 *
 * The same request gives the same bytes.
 */
#pragma once

#include "base/error.h"
#include "base/view.h"

#include <stddef.h>
#include <stdint.h>

struct isofs_file {
	const char *path;  /* '/' between names, none in front; ASCII */
	struct view *view; /* borrowed; its content */
};

struct isofs_request {
	const struct isofs_file *files;
	size_t n_files;
	const char *label;     /* A-Z, 0-9, '_'; at most 32 */
	uint64_t time;         /* Unix seconds: all dates */
	const char *bios_path; /* which of the files BIOS starts: four sectors of 512 bytes a block,
				  no emulation; NULL for none */
	const char
		*uefi_path; /* and which is the FAT volume that UEFI starts from; NULL for none */
};

/* Sectors of 512 bytes that BIOS loads of bios_path: 4096 bytes, what etfsboot.com has. */
#define ISOFS_BIOS_SECTORS 8

/* -EEXIST for a path that is there twice, -EFBIG if all files but the largest have more than
 * LIMIT_ISO_HEAD_BYTES together, -EINVAL for a path that ISO 9660 cannot have. */
int isofs_build(
	const struct isofs_request *request, struct view **ret_view, struct error *err) MUST_CHECK;
