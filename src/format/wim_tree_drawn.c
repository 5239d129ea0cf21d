/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tree's drawing: files (8 bytes) | folders (8) | for each list its place, length and owner. */
#include "base/bytes.h"
#include "format/wim_layout.h"
#include "format/wim_tree_room.h"

#include <assert.h>
#include <errno.h>

#define HEAD_BYTES  16
#define PLACE_BYTES 12

int wim_tree_draw(const struct wim_tree *tree, struct buffer *out)
{
	struct wim_layout layout = {0};
	int rc = wim_layout_find(tree, &layout);
	size_t n = HEAD_BYTES + layout.n * PLACE_BYTES;
	if (rc == 0)
		rc = buffer_reserve(out, n);
	if (rc == 0) {
		struct writer writer = writer_over(out->bytes + out->size, n);
		writer_le64(&writer, tree->n_files);
		writer_le64(&writer, tree->n_folders);
		/* LIMIT_WIM_METADATA_BYTES is below 4 GB. */
		for (size_t i = 0; i < layout.n; i++) {
			writer_le32(&writer, (uint32_t)layout.lists[i].at);
			writer_le32(&writer, (uint32_t)layout.lists[i].bytes);
			writer_le32(&writer, (uint32_t)layout.lists[i].owner);
		}
		assert(!writer.failed && writer_left(&writer) == 0);
		out->size += n;
	}
	wim_layout_clear(&layout);
	return rc;
}

static int read_places(struct wim_tree *tree, struct reader *reader)
{
	const size_t size = tree->metadata.size;
	tree->n_places = reader_left(reader) / PLACE_BYTES;
	tree->places = calloc(tree->n_places + 1, sizeof(*tree->places));
	if (tree->places == NULL)
		return -ENOMEM;
	uint32_t last = 0;
	for (size_t i = 0; i < tree->n_places; i++) {
		struct wim_list_place *place = &tree->places[i];
		place->at = reader_le32(reader);
		place->bytes = reader_le32(reader);
		place->owner = reader_le32(reader);
		if (place->at < last || place->at > size || place->bytes > size - place->at ||
			place->owner >= size)
			return -EINVAL;
		last = place->at;
	}
	return reader->failed || reader_left(reader) > 0 ? -EINVAL : 0;
}

int wim_tree_resume(struct buffer *metadata, const uint8_t *drawing, size_t n_drawing,
	struct wim_tree **ret_tree, struct error *err)
{
	struct reader first = reader_over(metadata->bytes, metadata->size);
	struct reader reader = reader_over(drawing, n_drawing);
	struct wim_tree *tree = wim_tree_over(metadata);
	if (tree == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	tree->root = wim_tree_root_place(reader_le32(&first));
	tree->n_files = reader_le64(&reader);
	tree->n_folders = reader_le64(&reader);
	int rc = read_places(tree, &reader);
	if (rc < 0) {
		tree->metadata = buffer_with_max(0); /* the bytes are still the caller's */
		(void)wim_tree_close(tree);
		return error_set(err, rc,
			rc == -ENOMEM ? "out of memory"
				      : "what was drawn of the tree is not of this one");
	}
	*metadata = buffer_with_max(metadata->max);
	*ret_tree = tree;
	return 0;
}
