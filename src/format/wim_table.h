/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The blob table (50 bytes for each resource: where it lies, how often it is used, its SHA-1), the
 * header, and the integrity table, as written. Reading the header is format/wim.h's.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "format/wim.h"

#include <stddef.h>
#include <stdint.h>

struct wim_blob_entry {
	struct wim_resource resource;
	uint16_t part;
	uint32_t n_uses; /* names in all images together; each hard link counts */
	uint8_t sha1[WIM_SHA1_BYTES];
};

void wim_blob_entry_read(
	const uint8_t bytes[static WIM_BLOB_ENTRY_BYTES], struct wim_blob_entry *ret_entry);
/* Its resource's stored_bytes are at most WIM_STORED_BYTES_MAX. */
void wim_blob_entry_write(
	const struct wim_blob_entry *entry, uint8_t bytes[static WIM_BLOB_ENTRY_BYTES]);

/* Lookup by SHA-1 in a table as it lies in the file, which has to live as long as the index.
 * -EINVAL if it is no whole number of entries, -EFBIG past LIMIT_WIM_BLOB_TABLE_BYTES. */
struct wim_blob_index;
int wim_blob_index_open(const void *table, size_t n, struct wim_blob_index **ret_index,
	struct error *err) MUST_CHECK;
struct wim_blob_index *wim_blob_index_close(struct wim_blob_index *index);
DEFINE_FREEP(struct wim_blob_index, wim_blob_index_close);
/* The entry's place in the table (0, 1, ...), or -1. Neither metadata resources are found nor
 * entries marked free; of several with that SHA-1 the first is. */
int64_t wim_blob_index_find(
	const struct wim_blob_index *index, const uint8_t sha1[static WIM_SHA1_BYTES]);
/* The next one with that SHA-1 behind a place that was found. */
int64_t wim_blob_index_find_after(const struct wim_blob_index *index,
	const uint8_t sha1[static WIM_SHA1_BYTES], uint32_t place);
/* The place of the nth metadata resource (from 0), or -1: that of image nth + 1. Ones without
 * uses do not count: they are of images that were removed. */
int64_t wim_blob_index_metadata(const struct wim_blob_index *index, size_t nth);

/* What an index has found out, for who keeps it beside a table that does not change. */
struct wim_blob_order {
	const uint32_t *files; /* places of the entries that are found, by SHA-1, then by place */
	uint32_t n_files;
	uint32_t metadata; /* the place of the first metadata resource */
};
/* Points into the index, which has a metadata resource. */
struct wim_blob_order wim_blob_index_order(const struct wim_blob_index *index);
/* An index as it was. -EINVAL for places that the table does not have; that they are in order is
 * the caller's to know. */
int wim_blob_index_restore(const void *table, size_t n, const struct wim_blob_order *order,
	struct wim_blob_index **ret_index, struct error *err) MUST_CHECK;

/* Writes header over the first 208 bytes of another, whose fields that we do not know stay. */
void wim_header_write(const struct wim_header *header, const uint8_t like[static WIM_HEADER_BYTES],
	uint8_t out[static WIM_HEADER_BYTES]);

/* The integrity table: SHA-1 of each WIM_INTEGRITY_CHUNK_BYTES of the file from byte 208 to the end
 * of the blob table. */
#define WIM_INTEGRITY_CHUNK_BYTES (10U << 20)
/* covered_bytes: those from byte 208 to the end of the blob table. -EINVAL if the table is not made
 * for that many. *ret_hashes points into bytes. */
int wim_integrity_read(const void *bytes, size_t n, uint64_t covered_bytes,
	uint32_t *ret_chunk_bytes, const uint8_t **ret_hashes, size_t *ret_n_hashes,
	struct error *err) MUST_CHECK;
int wim_integrity_write(const uint8_t *hashes, size_t n_hashes, uint32_t chunk_bytes,
	struct buffer *out) MUST_CHECK;
