/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files and bytes as WIM resources, one behind the other. */
#pragma once

#include "base/buffer.h"
#include "base/progress.h"
#include "format/wim_table.h"
#include "image/press.h"
#include "store/store.h"

/* One that was written. An empty file has none: all zero. */
struct resource {
	uint8_t sha1[WIM_SHA1_BYTES];
	uint64_t offset; /* where it was written */
	uint64_t stored_bytes, original_bytes;
	bool is_compressed; /* one that does not become smaller lies there as it is */
};

/* An open file that is to become a resource. */
struct resource_input {
	int fd; /* closed by whom it is given to */
	uint64_t size;
	char sha256[SHA256_TEXT_BYTES]; /* what its content must hash to; "" for anything */
};
/* The index-th input; may be asked for twice. */
typedef int resource_opener(
	void *context, size_t index, struct resource_input *ret_input, struct error *err);

/*
 * Writes n_inputs resources to out, an empty file, and cuts it behind the last one. total_bytes: of
 * all inputs, for threads and progress. -EIO for one that has become shorter or is not what it
 * should be.
 */
int resources_write(const struct press_way *way, resource_opener *opener, void *context,
	size_t n_inputs, uint64_t total_bytes, int out, const struct progress_sink *progress,
	struct resource *ret_resources, struct error *err) MUST_CHECK;
