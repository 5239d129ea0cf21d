/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * System Deployment Images ("$SDI0001"): a table of contents in front of blobs. A boot.sdi holds
 * one NTFS volume (PART) and an empty WIM record behind it, where the loader puts the WIM; other
 * SDIs hold a whole system in their PART, or a disk (DISK). All fields are little-endian; header
 * and table are one page, the table starts at 0x400 with 64 bytes for each blob.
 */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define SDI_PAGE_BYTES 4096
#define SDI_HEAD_BYTES 8192 /* in front of the first blob, with the alignment of a boot.sdi */
#define SDI_BLOBS_MAX  8
#define SDI_BASE_NTFS  7 /* base of a PART that holds NTFS */

struct sdi_blob {
	char type[9]; /* "PART", "WIM", "BOOT", "LOAD", "DISK" */
	uint64_t attributes;
	uint64_t offset, size; /* in the file, bytes */
	uint64_t base;         /* of a PART: its kind of file system */
};

struct sdi {
	uint64_t alignment_pages; /* blobs start at multiples of this */
	size_t n_blobs;
	struct sdi_blob blobs[SDI_BLOBS_MAX];
};

/* bytes[0..n) is the beginning of a file of file_size bytes; the first SDI_PAGE_BYTES are needed.
 * -EBADMSG with the place in err for anything that is no SDI, and for a table whose blobs lie in
 * the head, in each other or past the end, or that names one kind twice. */
int sdi_read(const void *bytes, size_t n, uint64_t file_size, struct sdi *ret_sdi,
	struct error *err) MUST_CHECK;

/* The blob of that type that is not empty; NULL for none. */
const struct sdi_blob *sdi_find(const struct sdi *sdi, const char *type);

/* The head of an SDI; its checksum is made here. */
void sdi_write_head(const struct sdi *sdi, uint8_t out[static SDI_HEAD_BYTES]);

/* A boot.sdi around an NTFS volume of that many bytes: sets *ret_sdi; the file's size is where the
 * WIM record points. */
void sdi_plan_boot(uint64_t volume_bytes, struct sdi *ret_sdi);
