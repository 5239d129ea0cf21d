/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input as an image's metadata: read, changed, and what came out read again. */
#include "base/limits.h"
#include "format/wim_tree.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int look(void *context, const struct wim_node *node)
{
	struct wim_node found;
	struct error err = ERROR_NULL;
	int rc = wim_tree_find(context, node->name, &found, &err);
	if (rc < 0 && err.text[0] == 0)
		abort();
	return 0;
}

static int count(void *context, const uint8_t sha1[static WIM_SHA1_BYTES])
{
	(void)sha1;
	++*(uint64_t *)context;
	return 0;
}

static struct wim_tree *open_copy(const uint8_t *data, size_t size)
{
	struct buffer copy = buffer_with_max(LIMIT_WIM_METADATA_BYTES);
	struct wim_tree *tree = NULL;
	struct error err = ERROR_NULL;
	if (buffer_add(&copy, data, size) < 0)
		abort();
	if (wim_tree_open(&copy, &tree, &err) < 0 && err.text[0] == 0)
		abort();
	buffer_free(&copy);
	return tree;
}

/* What is said to be as it was is as it was. */
static void expect_untouched(const struct wim_tree *tree, const uint8_t *data, size_t size)
{
	size_t n;
	const uint8_t *bytes = wim_tree_bytes(tree, &n);
	for (size_t at = 0; at < size; at += WIM_CHUNK_BYTES) {
		size_t left = size - at < WIM_CHUNK_BYTES ? size - at : WIM_CHUNK_BYTES;
		if (!wim_tree_is_touched(tree, at / WIM_CHUNK_BYTES) &&
			memcmp(bytes + at, data + at, left) != 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct wim_tree_file files[] = {{"Windows\\System32\\a", {1}, 1, 2},
		{"windows/b", {2}, 1, 2}, {"c", {3}, 1, 2}, {"pewter/d/e", {4}, 0, 2},
		{"Windows/System32/streams.txt", {5}, 1, 2}};
	struct wim_tree_counts counts;
	uint64_t n_blobs = 0;
	CLEANUP(wim_tree_closep) struct wim_tree *tree = open_copy(data, size);
	if (tree == NULL)
		return 0;
	if (wim_tree_list(tree, "", look, tree, NULL) < 0 ||
		wim_tree_blobs(tree, count, &n_blobs) < 0)
		abort();
	for (size_t n = 1; n <= ARRAY_SIZE(files); n++) {
		size_t n_bytes;
		if (wim_tree_put(tree, files, n, &counts, NULL) < 0)
			continue;
		const uint8_t *bytes = wim_tree_bytes(tree, &n_bytes);
		expect_untouched(tree, data, size);
		CLEANUP(wim_tree_closep) struct wim_tree *again = open_copy(bytes, n_bytes);
		if (again == NULL)
			abort();
	}
	return 0;
}
