/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/layer_room.h"

#include "adapter/crypto.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

struct remaking {
	const struct frame *base;
	const struct wim_tree *tree;
	const uint8_t *after;
	size_t n_after;
	struct wim_chunks old; /* of the base's resource; none if it is not compressed */
	size_t n_chunks;
	uint32_t *sizes; /* of the new chunks, as they are stored */
	bool *is_old;    /* taken from the base */
};

static size_t length_of(size_t n, size_t chunk)
{
	size_t left = n - chunk * WIM_CHUNK_BYTES;
	return left < WIM_CHUNK_BYTES ? left : WIM_CHUNK_BYTES;
}

/*
 * A chunk that was written lies there as it is: one that is as long as it expands to is not
 * compressed, like any that LZX does not make smaller (wimlib's resource.c reads and writes them
 * so). They are few, and a revision needs no compressor for them.
 */
static void size_chunks(struct remaking *remaking)
{
	for (size_t i = 0; i < remaking->n_chunks; i++) {
		size_t n = length_of(remaking->n_after, i);
		remaking->is_old[i] = i < remaking->old.n &&
				      !wim_tree_is_touched(remaking->tree, i) &&
				      remaking->old.chunks[i].original_bytes == n;
		remaking->sizes[i] =
			remaking->is_old[i] ? remaking->old.chunks[i].stored_bytes : (uint32_t)n;
	}
}

static int put_chunks(const struct remaking *remaking, struct composition *composition)
{
	CLEANUP(buffer_free) struct buffer table = buffer_with_max(SIZE_MAX);
	int rc = wim_chunks_write_table(
		remaking->sizes, remaking->n_chunks, remaking->n_after, &table);
	if (rc == 0)
		rc = compose_bytes(composition, table.bytes, table.size);
	for (size_t i = 0; rc == 0 && i < remaking->n_chunks; i++) {
		if (remaking->is_old[i])
			rc = compose_range(composition, COMPOSE_BASE,
				remaking->base->entry.resource.offset + remaking->old.chunks[i].at,
				remaking->sizes[i]);
		else
			rc = compose_bytes(composition, remaking->after + i * WIM_CHUNK_BYTES,
				remaking->sizes[i]);
	}
	return rc;
}

/* Of a base whose metadata is not compressed, too, chunks that are as they were are ranges of it.
 */
static int put_plain(const struct remaking *remaking, struct composition *composition)
{
	const struct wim_resource *old = &remaking->base->entry.resource;
	const bool is_old_plain = (old->flags & WIM_RESOURCE_COMPRESSED) == 0;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < remaking->n_chunks; i++) {
		const size_t at = i * WIM_CHUNK_BYTES, n = length_of(remaking->n_after, i);
		if (is_old_plain && !wim_tree_is_touched(remaking->tree, i) &&
			at + n <= old->original_bytes)
			rc = compose_range(composition, COMPOSE_BASE, old->offset + at, n);
		else
			rc = compose_bytes(composition, remaking->after + at, n);
	}
	return rc;
}

static int put_metadata(struct remaking *remaking, struct composition *composition,
	struct wim_resource *resource, struct error *err)
{
	int rc;
	size_chunks(remaking);
	uint64_t stored = wim_chunks_table_bytes(remaking->n_after);
	for (size_t i = 0; i < remaking->n_chunks; i++)
		stored += remaking->sizes[i];
	*resource = (struct wim_resource){
		.offset = composition->size,
		.stored_bytes = stored,
		.original_bytes = remaking->n_after,
		.flags = WIM_RESOURCE_METADATA | WIM_RESOURCE_COMPRESSED,
	};
	if (stored < remaking->n_after) {
		rc = put_chunks(remaking, composition);
	} else {
		resource->flags = WIM_RESOURCE_METADATA;
		resource->stored_bytes = remaking->n_after;
		rc = put_plain(remaking, composition);
	}
	return rc < 0 ? error_set(err, rc, "the metadata: %s", strerror(-rc)) : 0;
}

static void remaking_clear(struct remaking *remaking)
{
	wim_chunks_clear(&remaking->old);
	free(remaking->sizes);
	free(remaking->is_old);
}

/* ---- its SHA-1, beside the rest ---- */

static void *hash_all(void *context)
{
	struct metadata_hash *hash = context;
	CLEANUP(sha1_freep) struct sha1 *sha1 = NULL;
	hash->rc = sha1_new(&sha1);
	if (hash->rc == 0)
		hash->rc = sha1_add(sha1, hash->bytes, hash->n);
	if (hash->rc == 0)
		sha1_finish(sha1, hash->digest);
	return NULL;
}

void metadata_hash_begin(struct metadata_hash *hash, const struct wim_tree *tree)
{
	hash->bytes = wim_tree_bytes(tree, &hash->n);
	hash->is_apart = pthread_create(&hash->thread, NULL, hash_all, hash) == 0;
	if (!hash->is_apart)
		(void)hash_all(hash);
}

void metadata_hash_wait(struct metadata_hash *hash)
{
	if (hash->is_apart)
		(void)pthread_join(hash->thread, NULL);
	hash->is_apart = false;
}

int layer_add_metadata(const struct frame *base, const struct wim_tree *tree,
	struct composition *composition, struct wim_blob_entry *ret_entry, struct error *err)
{
	size_t n_after;
	const uint8_t *after = wim_tree_bytes(tree, &n_after);
	size_t n_chunks = (size_t)wim_chunks_count(n_after);
	CLEANUP(remaking_clear)
	struct remaking remaking = {
		.base = base,
		.tree = tree,
		.after = after,
		.n_after = n_after,
		.n_chunks = n_chunks,
		.sizes = calloc(n_chunks + 1, sizeof(uint32_t)),
		.is_old = calloc(n_chunks + 1, sizeof(bool)),
	};
	struct wim_blob_entry entry = base->entry;
	if (remaking.sizes == NULL || remaking.is_old == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	int rc = 0;
	if ((base->entry.resource.flags & WIM_RESOURCE_COMPRESSED) != 0)
		rc = frame_chunks(base, &base->entry.resource, &remaking.old, err);
	if (rc == 0)
		rc = put_metadata(&remaking, composition, &entry.resource, err);
	if (rc < 0)
		return rc;
	memset(entry.sha1, 0, sizeof(entry.sha1));
	*ret_entry = entry;
	return 0;
}
