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
	uint64_t table_bytes;
};

/* head: the first n bytes of the resource, at least its table (wim_chunks_table_bytes()). -EINVAL
 * for tables whose chunks are empty, run backwards, past stored_bytes, or are longer than they
 * expand to. */
int wim_chunks_read(const void *head, size_t n, uint64_t stored_bytes, uint64_t original_bytes,
	struct wim_chunks *ret_chunks, struct error *err) MUST_CHECK;
void wim_chunks_clear(struct wim_chunks *chunks);
/* Of a resource that expands to that many: its chunks, the bytes of its table. */
uint64_t wim_chunks_count(uint64_t original_bytes);
uint64_t wim_chunks_table_bytes(uint64_t original_bytes);
/* Appends the table of chunks with these stored sizes to out. The last one's is not looked at.
 * n_chunks is wim_chunks_count(original_bytes). */
int wim_chunks_write_table(const uint32_t *stored_bytes, size_t n_chunks, uint64_t original_bytes,
	struct buffer *out) MUST_CHECK;
