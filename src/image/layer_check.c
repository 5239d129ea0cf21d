/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/layer_room.h"

#include "base/limits.h"

#include <errno.h>
#include <string.h>

/* ---- metadata ---- */

/* The metadata of both files. */
struct comparison {
	const struct frame *frame;
	const struct layer_expected *expected;
	struct wim_chunks chunks, base_chunks;
	struct wim_codec *codec;
	const uint8_t *after;
	size_t n_after;
};

/* Is the chunk the base's, as it lies there, and meant to be? */
static bool is_untouched(const struct comparison *comparison, size_t i)
{
	const struct layer_expected *expected = comparison->expected;
	uint8_t bytes[2][WIM_CHUNK_BYTES];
	if (i >= comparison->base_chunks.n)
		return false;
	const struct wim_chunk *chunk = &comparison->chunks.chunks[i];
	const struct wim_chunk *old = &comparison->base_chunks.chunks[i];
	if (chunk->stored_bytes != old->stored_bytes ||
		chunk->original_bytes != old->original_bytes ||
		memcmp(comparison->after + i * WIM_CHUNK_BYTES,
			expected->before + i * WIM_CHUNK_BYTES, old->original_bytes) != 0)
		return false;
	uint64_t at = comparison->frame->entry.resource.offset + chunk->at;
	uint64_t old_at = expected->base->entry.resource.offset + old->at;
	return view_read(comparison->frame->view, at, bytes[0], chunk->stored_bytes) == 0 &&
	       view_read(expected->base->view, old_at, bytes[1], chunk->stored_bytes) == 0 &&
	       memcmp(bytes[0], bytes[1], chunk->stored_bytes) == 0;
}

static int compare_chunks(struct comparison *comparison, struct error *err)
{
	const struct frame *frame = comparison->frame;
	const struct wim_resource *resource = &frame->entry.resource;
	uint8_t bytes[WIM_CHUNK_BYTES];
	int rc = frame_chunks(frame, resource, &comparison->chunks, err);
	if (rc == 0)
		rc = frame_chunks(comparison->expected->base,
			&comparison->expected->base->entry.resource, &comparison->base_chunks, err);
	if (rc == 0)
		rc = frame_codec(frame, &comparison->codec, err);
	for (size_t i = 0; rc == 0 && i < comparison->chunks.n; i++) {
		const struct wim_chunk *chunk = &comparison->chunks.chunks[i];
		if (is_untouched(comparison, i))
			continue;
		rc = frame_expand_chunk(frame, resource, chunk, comparison->codec, bytes, err);
		if (rc == 0 && memcmp(bytes, comparison->after + i * WIM_CHUNK_BYTES,
				       chunk->original_bytes) != 0)
			rc = error_set(err, -EINVAL, "chunk %zu of the metadata differs", i);
	}
	return rc;
}

static void comparison_clear(struct comparison *comparison)
{
	wim_chunks_clear(&comparison->chunks);
	wim_chunks_clear(&comparison->base_chunks);
	(void)wim_codec_close(comparison->codec);
}

static int check_metadata(
	const struct frame *frame, const struct layer_expected *expected, struct error *err)
{
	CLEANUP(comparison_clear)
	struct comparison comparison = {.frame = frame, .expected = expected};
	const struct wim_resource *boot = &frame->header.boot_metadata;
	const struct wim_resource *resource = &frame->entry.resource;
	comparison.after = wim_tree_bytes(expected->tree, &comparison.n_after);
	if (boot->offset != resource->offset || boot->stored_bytes != resource->stored_bytes ||
		boot->original_bytes != resource->original_bytes ||
		resource->original_bytes != comparison.n_after)
		return error_set(err, -EINVAL, "the header names other metadata than the table");
	return compare_chunks(&comparison, err);
}

/* ---- contents ---- */

static int check_file(const struct frame *frame, const struct wim_tree *tree,
	const struct content_file *file, struct error *err)
{
	static const uint8_t none[WIM_SHA1_BYTES];
	struct wim_node node;
	struct wim_blob_entry entry;
	int rc = wim_tree_find(tree, file->path, &node, err);
	if (rc < 0)
		return rc;
	bool is_empty = file->original_bytes == 0;
	if (memcmp(node.sha1, is_empty ? none : file->sha1, WIM_SHA1_BYTES) != 0)
		return error_set(err, -EINVAL, "\\%s has another content", file->path);
	if (is_empty)
		return 0;
	if (!frame_find(frame, file->sha1, NULL, &entry) ||
		entry.resource.original_bytes != file->original_bytes)
		return error_set(err, -EINVAL, "\\%s has no content", file->path);
	return 0;
}

static int check_use(void *context, const uint8_t sha1[static WIM_SHA1_BYTES])
{
	const struct frame *frame = context;
	struct wim_blob_entry entry;
	return frame_find(frame, sha1, NULL, &entry) ? 0 : -ENODATA;
}

/* Where the table said that a content had lost its last name: had it? */
static int check_dropped(
	const struct frame *frame, const struct layer_expected *expected, struct error *err)
{
	bool has_dropped = false;
	for (size_t i = 0; i < expected->uses->n && !has_dropped; i++) {
		const struct blob_use *use = &expected->uses->uses[i];
		struct wim_blob_entry entry;
		has_dropped = use->entry >= 0 && !frame_find(frame, use->sha1, NULL, &entry);
	}
	if (!has_dropped)
		return 0;
	int rc = wim_tree_blobs(expected->tree, check_use, (void *)(uintptr_t)frame);
	return rc < 0 ? error_set(err, rc,
				"a content has more names than the base's blob table says; "
				"`wimlib-imagex optimize` of the source mends it")
		      : 0;
}

int layer_check(struct view *view, const struct layer_expected *expected, struct error *err)
{
	struct frame frame;
	int rc = frame_open(view, &frame, err);
	if (rc < 0)
		return rc;
	rc = check_metadata(&frame, expected, err);
	for (size_t i = 0; rc == 0 && i < expected->contents->n_files; i++)
		rc = check_file(&frame, expected->tree, &expected->contents->files[i], err);
	if (rc == 0)
		rc = check_dropped(&frame, expected, err);
	frame_clear(&frame);
	return rc;
}

/* ---- without anything to compare with ---- */

static int read_tree(const struct frame *frame, struct error *err)
{
	CLEANUP(buffer_free) struct buffer metadata = buffer_with_max(LIMIT_WIM_METADATA_BYTES);
	CLEANUP(wim_tree_closep) struct wim_tree *tree = NULL;
	int rc = frame_expand(frame, &frame->entry.resource, frame->entry.sha1, &metadata, err);
	if (rc == 0)
		rc = wim_tree_open(&metadata, &tree, err);
	if (rc < 0)
		return rc;
	rc = wim_tree_blobs(tree, check_use, (void *)(uintptr_t)frame);
	return rc < 0 ? error_set(err, rc, "a file has no content: %s", strerror(-rc)) : 0;
}

int layer_read(struct view *view, struct error *err)
{
	struct frame frame;
	int rc = frame_open(view, &frame, err);
	if (rc < 0)
		return rc;
	rc = read_tree(&frame, err);
	frame_clear(&frame);
	return rc;
}
