/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A medium as the image of a CD: all its files in ISO 9660, from where boot managers read them, and
 * El Torito entries for what firmware starts: for UEFI a FAT volume made here, with the medium's
 * EFI/BOOT in it, for BIOS its boot/etfsboot.com. What is known of how boot managers read such
 * media: docs/images.md, "Media".
 */
#pragma once

#include "base/error.h"
#include "base/view.h"
#include "image/medium.h"

#include <stdint.h>

struct iso_request {
	const struct medium *medium;
	int64_t now_ms; /* the date of all files */
};

/* Where the FAT volume lies among the files. */
#define ISO_UEFI_PATH    "boot/uefi.img"
/* Files of this size and more have several extents, of which boot managers read none, as far as is
 * known. */
#define ISO_EXTENT_BYTES ((4ULL << 30) - 2048)

/* What a person has to know about the medium as a CD: "" for nothing. */
void iso_doubts(const struct medium *medium, char *text, size_t size);

/* -EOPNOTSUPP if neither UEFI nor BIOS could start the medium: err says what to do. The same medium
 * gives the same bytes. */
int iso_build(
	const struct iso_request *request, struct view **ret_view, struct error *err) MUST_CHECK;
