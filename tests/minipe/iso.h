/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reader of ISO 9660 as Windows' boot library reads a CD that it was started from: with El Torito's
 * boot record in the second sector, the primary names without version and last dot, no file of
 * several extents, nothing past 4 GiB. Where that is known from: docs/images.md, "Media".
 */
#pragma once

#include "bytes.h"

#define ISO_BLOCK_BYTES 2048U

struct iso {
	bool (*read)(void *context, uint32_t block, uint32_t n_blocks, void *out);
	void *context;
	uint32_t root_block, root_bytes;
};

struct iso_entry {
	uint32_t block, size;
	bool is_folder;
};

/* read and context are set; NULL, or why it cannot be read. */
const char *iso_open(struct iso *iso);
/* Either slash between names. */
bool iso_find(const struct iso *iso, const char *path, struct iso_entry *ret_entry);
