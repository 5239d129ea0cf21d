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
	uint32_t *sizes;   /* of the new chunks */
	bool *is_old;      /* taken from the base */
	struct buffer new; /* the others, one behind the other */
};

static size_t length_of(size_t n, size_t chunk)
{
	size_t left = n - chunk * WIM_CHUNK_BYTES;
	return left < WIM_CHUNK_BYTES ? left : WIM_CHUNK_BYTES;
}

static size_t find_old_chunks(struct remaking *remaking)
{
	size_t n_new = 0;
	for (size_t i = 0; i < remaking->n_chunks; i++) {
		remaking->is_old[i] =
			i < remaking->old.n && !wim_tree_is_touched(remaking->tree, i) &&
			remaking->old.chunks[i].original_bytes == length_of(remaking->n_after, i);
		if (remaking->is_old[i])
			remaking->sizes[i] = remaking->old.chunks[i].stored_bytes;
		else
			n_new++;
	}
	return n_new;
}

/* Sizes are filled in from chunk *at on, as they come out of the press. */
static int take_out(struct remaking *remaking, struct press *press, size_t *at)
{
	press_run(press);
	for (size_t i = 0; i < press_n(press); i++) {
		uint32_t n;
		const uint8_t *bytes = press_chunk(press, i, &n);
		int rc = buffer_add(&remaking->new, bytes, n);
		if (rc < 0)
			return rc;
		while (remaking->is_old[*at])
			(*at)++;
		remaking->sizes[(*at)++] = n;
	}
	press_empty(press);
	return 0;
}

static int compress_new(struct remaking *remaking, size_t n_new, struct error *err)
{
	CLEANUP(press_closep) struct press *press = NULL;
	size_t at = 0;
	int rc = press_open(remaking->base->header.compression, n_new, &press, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < remaking->n_chunks; i++) {
		if (remaking->is_old[i])
			continue;
		if (press_room(press) == NULL)
			rc = take_out(remaking, press, &at);
		if (rc < 0)
			break;
		size_t n = length_of(remaking->n_after, i);
		memcpy(press_room(press), remaking->after + i * WIM_CHUNK_BYTES, n);
		press_add(press, (uint32_t)n);
	}
	if (rc == 0)
		rc = take_out(remaking, press, &at);
	return rc < 0 ? error_set(err, rc, "the metadata: %s", strerror(-rc)) : 0;
}

static int put_chunks(const struct remaking *remaking, struct composition *composition)
{
	CLEANUP(buffer_free) struct buffer table = buffer_with_max(SIZE_MAX);
	int rc = wim_chunks_write_table(
		remaking->sizes, remaking->n_chunks, remaking->n_after, &table);
	if (rc == 0)
		rc = compose_bytes(composition, table.bytes, table.size);
	size_t at = 0;
	for (size_t i = 0; rc == 0 && i < remaking->n_chunks; i++) {
		if (remaking->is_old[i]) {
			rc = compose_range(composition, COMPOSE_BASE,
				remaking->base->entry.resource.offset + remaking->old.chunks[i].at,
				remaking->sizes[i]);
		} else {
			rc = compose_bytes(
				composition, remaking->new.bytes + at, remaking->sizes[i]);
			at += remaking->sizes[i];
		}
	}
	return rc;
}

static int put_metadata(struct remaking *remaking, struct composition *composition,
	struct wim_resource *resource, struct error *err)
{
	size_t n_new = find_old_chunks(remaking);
	int rc = n_new > 0 ? compress_new(remaking, n_new, err) : 0;
	if (rc < 0)
		return rc;
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
		rc = compose_bytes(composition, remaking->after, remaking->n_after);
	}
	return rc < 0 ? error_set(err, rc, "the metadata: %s", strerror(-rc)) : 0;
}

static void remaking_clear(struct remaking *remaking)
{
	wim_chunks_clear(&remaking->old);
	free(remaking->sizes);
	free(remaking->is_old);
	buffer_free(&remaking->new);
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
	struct metadata_hash *hash, struct composition *composition,
	struct wim_blob_entry *ret_entry, struct error *err)
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
		.new = buffer_with_max(SIZE_MAX),
	};
	struct wim_blob_entry entry = base->entry;
	if (remaking.sizes == NULL || remaking.is_old == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	int rc = 0;
	if ((base->entry.resource.flags & WIM_RESOURCE_COMPRESSED) != 0)
		rc = frame_chunks(base, &base->entry.resource, &remaking.old, err);
	if (rc == 0)
		rc = put_metadata(&remaking, composition, &entry.resource, err);
	metadata_hash_wait(hash);
	if (rc == 0 && hash->rc < 0)
		rc = error_set(err, hash->rc, "the metadata: %s", strerror(-hash->rc));
	if (rc < 0)
		return rc;
	memcpy(entry.sha1, hash->digest, sizeof(entry.sha1));
	*ret_entry = entry;
	return 0;
}
