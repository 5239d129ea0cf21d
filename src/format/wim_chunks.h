/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A compressed resource: a table of where chunks begin, then the chunks, each of WIM_CHUNK_BYTES
 * expanded (the last one less). A chunk as long as it is expanded lies there uncompressed. Table
 * entries have 4 bytes (8 where the resource expands to 4 GiB or more), one fewer than chunks, and
 * count from the end of the table. "WIM" 2007, "Compressed resources".
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct wim_chunk {
	uint64_t at;           /* from the start of the resource */
	uint32_t stored_bytes; /* == original_bytes: as it is */
	uint32_t original_bytes;
};

struct wim_chunks {
	struct wim_chunk *chunks; /* owned */
	size_t n;
	size_t table_bytes;
};

/* head: the first n bytes of the resource, at least its table. -EINVAL for tables whose chunks
 * overlap, run backwards or past stored_bytes. */
int wim_chunks_read(const void *head, size_t n, uint64_t stored_bytes, uint64_t original_bytes,
	struct wim_chunks *ret_chunks, struct error *err) MUST_CHECK;
void wim_chunks_clear(struct wim_chunks *chunks);
/* Bytes of the table of a resource that expands to that many. */
size_t wim_chunks_table_bytes(uint64_t original_bytes);
/* Appends the table of chunks with these stored sizes to out. */
int wim_chunks_write_table(const uint32_t *stored_bytes, size_t n_chunks, uint64_t original_bytes,
	struct buffer *out) MUST_CHECK;
