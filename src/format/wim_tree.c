/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/wim_tree.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/upcase.h"
#include "format/wim_tree_room.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* ---- opening: every list is walked once ---- */

/* Places of lists. */
struct todo {
	uint64_t *lists; /* owned */
	size_t n, capacity;
};

static int todo_add(struct todo *todo, uint64_t list)
{
	if (todo->n == todo->capacity) {
		size_t capacity = todo->capacity > 0 ? 2 * todo->capacity : 1024;
		uint64_t *lists = reallocarray(todo->lists, capacity, sizeof(*lists));
		if (lists == NULL)
			return -ENOMEM;
		todo->lists = lists;
		todo->capacity = capacity;
	}
	todo->lists[todo->n++] = list;
	return 0;
}

struct walk {
	struct wim_tree *tree;
	uint64_t *taken; /* owned: a bit for each 8 bytes of the metadata that an entry has */
	struct todo todo;
	struct todo ends; /* of all lists */
};

/* A byte that two entries have in common is how circles begin, and how a small file claims to be a
 * huge tree. False if some of the range is taken already. */
static bool take(struct walk *walk, size_t at, size_t n)
{
	const size_t end = (at + n) / WIM_DENTRY_ALIGN;
	for (size_t unit = at / WIM_DENTRY_ALIGN; unit < end;) {
		/* Up to the end of a word of bits at once. */
		const size_t first = unit % 64;
		const size_t count = end - unit < 64 - first ? end - unit : 64 - first;
		const uint64_t bits = (UINT64_MAX >> (64 - count)) << first;
		if ((walk->taken[unit / 64] & bits) != 0)
			return false;
		walk->taken[unit / 64] |= bits;
		unit += count;
	}
	return true;
}

static const char *name_fault(const struct wim_dentry *dentry)
{
	const uint8_t *name = dentry->name;
	const size_t n = dentry->n_units;

	if (n == 0)
		return "an entry without a name";
	if (n <= 2 && memcmp(name, ".\0.\0", 2 * n) == 0)
		return "an entry whose name is \".\" or \"..\"";
	for (size_t i = 0; i < 2 * n; i += 2) {
		if (name[i + 1] == 0 && (name[i] == 0 || name[i] == '/' || name[i] == '\\'))
			return "an entry with NUL, '/' or '\\' in its name";
	}
	return NULL;
}

static int walk_entry(struct walk *walk, const struct wim_dentry *dentry, struct error *err)
{
	struct wim_tree *tree = walk->tree;
	const char *fault = name_fault(dentry);

	if (fault == NULL && !take(walk, dentry->at, dentry->all_bytes))
		fault = "an entry that lies over another, or a folder within itself";
	if (fault != NULL)
		return error_set(err, -EINVAL, "image metadata, byte %zu: %s", dentry->at, fault);
	if (tree->n_files + tree->n_folders >= LIMIT_WIM_TREE_ENTRIES)
		return error_set(err, -EFBIG,
			"the image has more than %d files and folders, which is the limit",
			LIMIT_WIM_TREE_ENTRIES);
	if (!wim_dentry_is_folder(dentry)) {
		tree->n_files++;
		return 0;
	}
	tree->n_folders++;
	if (dentry->children != 0 && todo_add(&walk->todo, dentry->children) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	return 0;
}

static int walk_lists(struct walk *walk, struct error *err)
{
	const struct buffer *metadata = &walk->tree->metadata;

	while (walk->todo.n > 0) {
		uint64_t at = walk->todo.lists[--walk->todo.n];
		for (;;) {
			struct wim_dentry dentry;
			int rc = wim_dentry_read(metadata->bytes, metadata->size, at, &dentry, err);
			if (rc == 0)
				break;
			if (rc > 0)
				rc = walk_entry(walk, &dentry, err);
			if (rc < 0)
				return rc;
			at += dentry.all_bytes;
		}
		if (todo_add(&walk->ends, at) < 0)
			return error_set(err, -ENOMEM, "out of memory");
	}
	return 0;
}

/* Lists may end in the same place, but not within an entry, which may come to be another. */
static int check_ends(const struct walk *walk, struct error *err)
{
	for (size_t i = 0; i < walk->ends.n; i++) {
		const uint64_t unit = walk->ends.lists[i] / WIM_DENTRY_ALIGN;
		if ((walk->taken[unit / 64] & UINT64_C(1) << unit % 64) != 0)
			return error_set(err, -EINVAL,
				"image metadata, byte %" PRIu64 ": a list ends within an entry",
				walk->ends.lists[i]);
	}
	return 0;
}

/* The root stands alone behind the security descriptors, whose length is the first field. */
size_t wim_tree_root_place(uint64_t security_bytes)
{
	size_t place = (size_t)((security_bytes + WIM_DENTRY_ALIGN - 1) / WIM_DENTRY_ALIGN *
				WIM_DENTRY_ALIGN);
	return place == 0 ? WIM_DENTRY_ALIGN : place;
}

static int walk_root(struct walk *walk, struct error *err)
{
	struct wim_tree *tree = walk->tree;
	const struct buffer *metadata = &tree->metadata;
	struct reader reader = reader_over(metadata->bytes, metadata->size);
	struct wim_dentry root;

	tree->root = wim_tree_root_place(reader_le32(&reader));
	int rc = wim_dentry_read(metadata->bytes, metadata->size, tree->root, &root, err);
	if (rc < 0)
		return rc;
	if (rc == 0 || !wim_dentry_is_folder(&root))
		return error_set(err, -EINVAL,
			"image metadata, byte %zu: here should be the root, and it is no folder",
			tree->root);
	if (!take(walk, 0, tree->root) || !take(walk, root.at, root.all_bytes))
		return error_set(err, -EINVAL, "image metadata: the root overlaps itself");
	if (root.children != 0 && todo_add(&walk->todo, root.children) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	return 0;
}

static int walk_all(struct wim_tree *tree, struct error *err)
{
	struct walk walk = {.tree = tree};
	int rc;

	walk.taken = calloc(tree->metadata.size / WIM_DENTRY_ALIGN / 64 + 1, sizeof(uint64_t));
	if (walk.taken == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	rc = walk_root(&walk, err);
	if (rc == 0)
		rc = walk_lists(&walk, err);
	if (rc == 0)
		rc = check_ends(&walk, err);
	free(walk.taken);
	free(walk.todo.lists);
	free(walk.ends.lists);
	return rc;
}

struct wim_tree *wim_tree_over(const struct buffer *metadata)
{
	struct wim_tree *tree = calloc(1, sizeof(*tree));
	if (tree == NULL)
		return NULL;
	tree->metadata = *metadata;
	tree->metadata.max = LIMIT_WIM_METADATA_BYTES;
	tree->replaced = buffer_with_max(LIMIT_WIM_METADATA_BYTES);
	tree->unlinked = buffer_with_max(LIMIT_WIM_METADATA_BYTES);
	tree->n_touched = (size_t)wim_chunks_count(metadata->size);
	tree->touched = calloc(tree->n_touched + 1, sizeof(*tree->touched));
	if (tree->touched == NULL) {
		free(tree);
		return NULL;
	}
	return tree;
}

int wim_tree_open(struct buffer *metadata, struct wim_tree **ret_tree, struct error *err)
{
	if (metadata->size > LIMIT_WIM_METADATA_BYTES)
		return error_set(err, -EFBIG, "the image's metadata has %zu bytes; %u are accepted",
			metadata->size, LIMIT_WIM_METADATA_BYTES);
	struct wim_tree *tree = wim_tree_over(metadata);
	if (tree == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	int rc = walk_all(tree, err);
	if (rc < 0) {
		free(tree->touched); /* the bytes are still the caller's */
		free(tree);
		return rc;
	}
	*metadata = buffer_with_max(metadata->max);
	*ret_tree = tree;
	return 0;
}

struct wim_tree *wim_tree_close(struct wim_tree *tree)
{
	if (tree != NULL) {
		buffer_free(&tree->metadata);
		buffer_free(&tree->replaced);
		buffer_free(&tree->unlinked);
		free(tree->touched);
		free(tree->places);
	}
	free(tree);
	return NULL;
}

/* ---- reading ---- */

bool wim_tree_next(const struct wim_tree *tree, uint64_t *at, struct wim_dentry *ret_dentry)
{
	if (*at == 0)
		return false;
	int rc = wim_dentry_read(
		tree->metadata.bytes, tree->metadata.size, *at, ret_dentry, /* err= */ NULL);
	assert(rc >= 0);
	if (rc > 0)
		*at += ret_dentry->all_bytes;
	return rc > 0;
}

/* The root, which is no list's entry. */
static struct wim_dentry root_of(const struct wim_tree *tree)
{
	struct wim_dentry root;
	uint64_t at = tree->root;
	bool is_there = wim_tree_next(tree, &at, &root);
	assert(is_there);
	return root;
}

/* A file with several streams has them all behind its entry, the unnamed one among them (behind
 * that of its link, if it has one) and nothing in the entry itself. */
static const uint8_t *content_sha1(const struct wim_tree *tree, const struct wim_dentry *dentry)
{
	const uint8_t *content = dentry->sha1;
	size_t n_unnamed = 0;
	bool is_named;
	size_t at = 0;

	if (!wim_sha1_is_zero(dentry->sha1))
		return content;
	for (const uint8_t *sha1; (sha1 = wim_dentry_next_stream(tree->metadata.bytes, dentry, &at,
					   &is_named)) != NULL;) {
		if (!is_named && ++n_unnamed <= (wim_dentry_is_link(dentry) ? 2 : 1))
			content = sha1;
	}
	return content;
}

static void put_name(const struct wim_dentry *dentry, char *out)
{
	uint16_t units[WIM_NAME_UNITS];
	uint8_t *end = (uint8_t *)out;

	wim_dentry_name(dentry, units);
	for (size_t i = 0; i < dentry->n_units; i++) {
		uint32_t c = units[i];
		if (c >= 0xd800 && c <= 0xdbff && i + 1 < dentry->n_units &&
			units[i + 1] >= 0xdc00 && units[i + 1] <= 0xdfff)
			c = 0x10000 + ((c - 0xd800) << 10 | (units[++i] - 0xdc00U));
		end += text_put_code_point(c, end);
	}
	*end = 0;
	assert(end < (uint8_t *)out + WIM_NAME_BYTES);
}

static void fill_node(
	const struct wim_tree *tree, const struct wim_dentry *dentry, struct wim_node *node)
{
	node->at = dentry->at;
	node->attributes = dentry->attributes;
	node->children = wim_dentry_is_folder(dentry) ? dentry->children : 0;
	node->hard_link = dentry->hard_link;
	memcpy(node->sha1, content_sha1(tree, dentry), sizeof(node->sha1));
	put_name(dentry, node->name);
}

/* One name of the path, in a folder's list: an exact match, else the first whatever the case. */
static bool find_name(const struct wim_tree *tree, uint64_t list, const struct wim_path *path,
	size_t from, size_t n, struct wim_dentry *ret_dentry)
{
	uint64_t at = list;
	bool is_found = false;

	for (struct wim_dentry dentry; wim_tree_next(tree, &at, &dentry);) {
		uint16_t name[WIM_NAME_UNITS];
		if (dentry.n_units != n)
			continue;
		wim_dentry_name(&dentry, name);
		if (wim_name_compare(name, n, path->units + from, n) == 0) {
			*ret_dentry = dentry;
			return true;
		}
		for (size_t i = 0; i < n; i++)
			name[i] = upcase(name[i]);
		if (!is_found && wim_name_compare(name, n, path->folded + from, n) == 0) {
			*ret_dentry = dentry;
			is_found = true;
		}
	}
	return is_found;
}

/* *folder: where the path begins. */
static int find(const struct wim_tree *tree, const struct wim_dentry *folder, const char *text,
	struct wim_dentry *ret_dentry, struct error *err)
{
	struct wim_path path;
	struct wim_dentry dentry = *folder;
	int rc = wim_path_read(text, &path, err);
	if (rc < 0)
		return rc;

	for (size_t from = 0, n; rc == 0 && from < path.n; from += n + 1) {
		n = wim_path_name(&path, from);
		if (!wim_dentry_is_folder(&dentry))
			rc = error_set(err, -ENOTDIR,
				"\"%.200s\": a file lies where a folder should be in the image",
				text);
		else if (!find_name(tree, dentry.children, &path, from, n, &dentry))
			rc = error_set(err, -ENOENT, "\"%.200s\" is not in the image", text);
	}
	wim_path_clear(&path);
	if (rc == 0)
		*ret_dentry = dentry;
	return rc;
}

int wim_tree_find(
	const struct wim_tree *tree, const char *path, struct wim_node *ret_node, struct error *err)
{
	struct wim_dentry dentry = root_of(tree);
	int rc = find(tree, &dentry, path, &dentry, err);
	if (rc == 0)
		fill_node(tree, &dentry, ret_node);
	return rc;
}

int wim_tree_find_below(const struct wim_tree *tree, const struct wim_node *folder,
	const char *path, struct wim_node *ret_node, struct error *err)
{
	struct wim_dentry dentry;
	uint64_t at = folder->at;
	bool is_there = wim_tree_next(tree, &at, &dentry);
	assert(is_there);
	int rc = find(tree, &dentry, path, &dentry, err);
	if (rc == 0)
		fill_node(tree, &dentry, ret_node);
	return rc;
}

int wim_tree_list(const struct wim_tree *tree, const char *folder, wim_tree_visitor *visitor,
	void *context, struct error *err)
{
	struct wim_dentry dentry = root_of(tree);
	int rc = find(tree, &dentry, folder, &dentry, err);
	if (rc < 0)
		return rc;
	if (!wim_dentry_is_folder(&dentry))
		return error_set(err, -ENOTDIR, "\"%.200s\" is no folder of the image", folder);
	for (uint64_t at = dentry.children; rc == 0 && wim_tree_next(tree, &at, &dentry);) {
		struct wim_node node;
		fill_node(tree, &dentry, &node);
		rc = visitor(context, &node);
	}
	return rc;
}

/* ---- all of it ---- */

void wim_tree_count(const struct wim_tree *tree, uint64_t *ret_files, uint64_t *ret_folders)
{
	*ret_files = tree->n_files;
	*ret_folders = tree->n_folders;
}

static int visit_streams(const struct wim_tree *tree, const struct wim_dentry *dentry,
	wim_tree_blob_visitor *visitor, void *context)
{
	size_t at = 0;
	bool is_named;
	int rc = wim_sha1_is_zero(dentry->sha1) ? 0 : visitor(context, dentry->sha1);

	for (const uint8_t *sha1; rc == 0 && (sha1 = wim_dentry_next_stream(tree->metadata.bytes,
						      dentry, &at, &is_named)) != NULL;) {
		if (!wim_sha1_is_zero(sha1))
			rc = visitor(context, sha1);
	}
	return rc;
}

int wim_tree_blobs(const struct wim_tree *tree, wim_tree_blob_visitor *visitor, void *context)
{
	struct todo todo = {0};
	struct wim_dentry dentry = root_of(tree);
	int rc = visit_streams(tree, &dentry, visitor, context);

	if (rc == 0)
		rc = todo_add(&todo, dentry.children);
	while (rc == 0 && todo.n > 0) {
		uint64_t at = todo.lists[--todo.n];
		while (rc == 0 && wim_tree_next(tree, &at, &dentry)) {
			rc = visit_streams(tree, &dentry, visitor, context);
			if (rc == 0 && wim_dentry_is_folder(&dentry))
				rc = todo_add(&todo, dentry.children);
		}
	}
	free(todo.lists);
	return rc;
}

const uint8_t *wim_tree_replaced(const struct wim_tree *tree, size_t *ret_n)
{
	*ret_n = tree->replaced.size / WIM_SHA1_BYTES;
	return tree->replaced.bytes;
}

const uint8_t *wim_tree_unlinked(const struct wim_tree *tree, size_t *ret_n)
{
	*ret_n = tree->unlinked.size / WIM_SHA1_BYTES;
	return tree->unlinked.bytes;
}

bool wim_tree_is_touched(const struct wim_tree *tree, size_t chunk)
{
	return chunk >= tree->n_touched || tree->touched[chunk];
}

const uint8_t *wim_tree_bytes(const struct wim_tree *tree, size_t *ret_n)
{
	*ret_n = tree->metadata.size;
	return tree->metadata.bytes;
}
