/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/layer_room.h"

#include "adapter/crypto.h"
#include "base/limits.h"

#include <errno.h>
#include <string.h>

#define STEP_BYTES (1U << 20)

/* The base's table, and how many of its hashes hold for what is composed. */
struct old_hashes {
	struct buffer bytes; /* the table as it lies there */
	const uint8_t *hashes;
	size_t n;
	uint32_t chunk_bytes;
};

static int read_old(
	const struct frame *base, uint64_t base_end, struct old_hashes *old, struct error *err)
{
	const struct wim_resource *place = &base->header.integrity;
	uint64_t covered = base->header.blob_table.offset + base->header.blob_table.stored_bytes -
			   WIM_HEADER_BYTES;
	size_t n_hashes;
	int rc = buffer_reserve(&old->bytes, (size_t)place->stored_bytes);
	if (rc == 0)
		rc = view_read(
			base->view, place->offset, old->bytes.bytes, (size_t)place->stored_bytes);
	if (rc < 0)
		return error_set(err, rc, "the integrity table: %s", strerror(-rc));
	old->bytes.size = (size_t)place->stored_bytes;
	rc = wim_integrity_read(old->bytes.bytes, old->bytes.size, covered, &old->chunk_bytes,
		&old->hashes, &n_hashes, err);
	if (rc < 0)
		return rc;
	/* Whole chunks that are in their place. */
	uint64_t same =
		base_end < WIM_HEADER_BYTES + covered ? base_end - WIM_HEADER_BYTES : covered;
	old->n = (size_t)(same / old->chunk_bytes);
	if (old->n > n_hashes)
		old->n = n_hashes;
	return 0;
}

static int hash_range(struct sha1 *hash, const struct view *view, uint64_t at, uint64_t n,
	uint8_t *room, uint8_t *ret_digest)
{
	while (n > 0) {
		size_t step = n < STEP_BYTES ? (size_t)n : STEP_BYTES;
		int rc = view_read(view, at, room, step);
		if (rc == 0)
			rc = sha1_add(hash, room, step);
		if (rc < 0)
			return rc;
		at += step;
		n -= step;
	}
	sha1_finish(hash, ret_digest);
	return 0;
}

static int hash_rest(const struct old_hashes *old, const struct view *view, uint64_t covered_end,
	uint8_t *hashes, size_t n)
{
	CLEANUP(sha1_freep) struct sha1 *hash = NULL;
	CLEANUP(memory_freep) uint8_t *room = malloc(STEP_BYTES);
	int rc = room == NULL ? -ENOMEM : sha1_new(&hash);
	for (size_t i = old->n; rc == 0 && i < n; i++) {
		uint64_t at = WIM_HEADER_BYTES + (uint64_t)i * old->chunk_bytes;
		uint64_t left = covered_end - at;
		rc = hash_range(hash, view, at, left < old->chunk_bytes ? left : old->chunk_bytes,
			room, hashes + i * SHA1_BYTES);
	}
	return rc;
}

int layer_add_integrity(const struct frame *base, uint64_t base_end, uint64_t covered_end,
	struct view *const *views, struct composition *composition,
	struct wim_resource *ret_resource, struct error *err)
{
	CLEANUP(buffer_free) struct buffer table = buffer_with_max(LIMIT_WIM_BLOB_TABLE_BYTES);
	CLEANUP(view_unrefp) struct view *view = NULL;
	struct old_hashes old = {.bytes = buffer_with_max(LIMIT_WIM_BLOB_TABLE_BYTES)};
	*ret_resource = (struct wim_resource){.offset = 0};
	if (base->header.integrity.stored_bytes == 0)
		return 0;
	int rc = read_old(base, base_end, &old, err);
	if (rc < 0) {
		buffer_free(&old.bytes);
		return rc;
	}
	uint64_t covered = covered_end - WIM_HEADER_BYTES;
	size_t n = (size_t)((covered + old.chunk_bytes - 1) / old.chunk_bytes);
	CLEANUP(memory_freep) uint8_t *hashes = calloc(n + 1, SHA1_BYTES);
	rc = hashes == NULL ? -ENOMEM : compose_view(composition, views, &view);
	if (rc == 0 && old.n > 0)
		memcpy(hashes, old.hashes, old.n * SHA1_BYTES);
	if (rc == 0)
		rc = hash_rest(&old, view, covered_end, hashes, n);
	if (rc == 0)
		rc = wim_integrity_write(hashes, n, old.chunk_bytes, &table);
	buffer_free(&old.bytes);
	struct wim_resource resource = {.offset = composition->size,
		.stored_bytes = table.size,
		.original_bytes = table.size,
		.flags = base->header.integrity.flags};
	/* The view looks at bytes that may move from here on. */
	view = view_unref(view);
	if (rc == 0)
		rc = compose_bytes(composition, table.bytes, table.size);
	if (rc < 0)
		return error_set(err, rc, "the integrity table: %s", strerror(-rc));
	*ret_resource = resource;
	return 0;
}
