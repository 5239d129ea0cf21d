/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/layer_room.h"

#include "base/limits.h"

#include <errno.h>
#include <string.h>

static int check_use(void *context, const uint8_t sha1[static WIM_SHA1_BYTES])
{
	const struct frame *frame = context;
	struct wim_blob_entry entry;
	return frame_find(frame, sha1, NULL, &entry) ? 0 : -ENODATA;
}

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

static int check(const struct frame *frame, const struct contents *contents, struct error *err)
{
	CLEANUP(buffer_free) struct buffer metadata = buffer_with_max(LIMIT_WIM_METADATA_BYTES);
	CLEANUP(wim_tree_closep) struct wim_tree *tree = NULL;
	const struct wim_resource *boot = &frame->header.boot_metadata;
	const struct wim_resource *resource = &frame->entry.resource;
	if (boot->offset != resource->offset || boot->stored_bytes != resource->stored_bytes ||
		boot->original_bytes != resource->original_bytes)
		return error_set(err, -EINVAL, "the header names other metadata than the table");
	int rc = frame_expand(frame, resource, frame->entry.sha1, &metadata, err);
	if (rc == 0)
		rc = wim_tree_open(&metadata, &tree, err);
	if (rc < 0)
		return rc;
	rc = wim_tree_blobs(tree, check_use, (void *)(uintptr_t)frame);
	if (rc < 0)
		return error_set(err, rc, "a file has no content: %s", strerror(-rc));
	for (size_t i = 0; rc == 0 && contents != NULL && i < contents->n_files; i++)
		rc = check_file(frame, tree, &contents->files[i], err);
	return rc;
}

int layer_check(struct view *view, const struct contents *contents, struct error *err)
{
	struct frame frame;
	int rc = frame_open(view, &frame, err);
	if (rc < 0)
		return rc;
	rc = check(&frame, contents, err);
	frame_clear(&frame);
	return rc;
}
