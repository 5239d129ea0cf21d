/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folders that a list of paths makes, and a short name for everything in them. */
#include "format/fat_room.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define NAMES_MAX      (64U << 20) /* bytes of all names together */
#define SHORT_ATTEMPTS 1000000U

void fat_tree_clear(struct fat_tree *tree)
{
	free(tree->nodes);
	buffer_free(&tree->names);
	name_table_clear(&tree->places);
	name_table_clear(&tree->shorts);
	*tree = (struct fat_tree){.nodes = NULL};
}

static int fail(struct error *err, int rc, const char *path)
{
	switch (rc) {
	case -ENOMEM: return error_set(err, rc, "out of memory");
	case -EFBIG: return error_set(err, rc, "%s: the names have too many bytes together", path);
	default: return error_set(err, rc, "%s: %s", path, strerror(-rc));
	}
}

static int add_node(struct fat_tree *tree, const struct fat_node *node, uint32_t *ret_number)
{
	if (tree->n == tree->n_max) {
		const size_t n_max = tree->n_max == 0 ? 64 : 2 * tree->n_max;
		struct fat_node *nodes = realloc(tree->nodes, n_max * sizeof(*nodes));
		if (nodes == NULL)
			return -ENOMEM;
		tree->nodes = nodes;
		tree->n_max = n_max;
	}
	const uint32_t number = (uint32_t)tree->n++;
	tree->nodes[number] = *node;
	*ret_number = number;
	if (number == 0)
		return 0;
	struct fat_node *parent = &tree->nodes[node->parent];
	if (parent->first_child == 0)
		parent->first_child = number;
	else
		tree->nodes[parent->last_child].next = number;
	parent->last_child = number;
	return 0;
}

/* ---- short names ---- */

/* True if it was free in that folder, and is not any more. */
static int take_short(struct fat_tree *tree, const struct fat_node *node, uint32_t number)
{
	char key[32];
	uint32_t taken_by = 0;
	const int n = snprintf(
		key, sizeof(key), "%u/%.11s", node->parent, (const char *)node->short_name);
	int rc = name_table_add(&tree->shorts, key, (size_t)n, number, &taken_by);
	return rc < 0 ? rc : taken_by == number;
}

static int choose_short(struct fat_tree *tree, struct fat_node *node, uint32_t number)
{
	const uint8_t *name = tree->names.bytes + node->name_at;
	uint8_t plain[FAT_SHORT_BYTES];
	const enum fat_short_kind kind = fat_short_name(name, node->name_bytes, plain);
	memcpy(node->short_name, plain, FAT_SHORT_BYTES);
	node->has_long = kind != FAT_SHORT_SAME;
	int rc = kind == FAT_SHORT_LOSSY ? 0 : take_short(tree, node, number);
	for (unsigned attempt = 1; rc == 0 && attempt < SHORT_ATTEMPTS; attempt++) {
		fat_short_tail(plain, name, node->name_bytes, attempt, node->short_name);
		node->has_long = true;
		rc = take_short(tree, node, number);
	}
	return rc < 0 ? rc : rc == 0 ? -E2BIG : 0;
}

/* ---- paths ---- */

/* The node of that name in the folder, made if it is not there. *ret_is_new says which. */
static int enter(struct fat_tree *tree, uint32_t parent, const char *name, size_t n,
	struct view *view, uint32_t *ret_number, bool *ret_is_new)
{
	CLEANUP(buffer_free) struct buffer key = buffer_with_max(16 + 3 * FAT_NAME_UNITS_MAX);
	struct fat_node node = {.parent = parent, .view = view, .name_at = tree->names.size};
	int rc = fat_name_utf16(name, n, &tree->names);
	if (rc < 0)
		return rc;
	node.name_bytes = tree->names.size - node.name_at;
	rc = buffer_printf(&key, "%u/", parent);
	if (rc == 0)
		rc = fat_name_folded(tree->names.bytes + node.name_at, node.name_bytes, &key);
	if (rc == 0)
		rc = name_table_add(&tree->places, (const char *)key.bytes, key.size,
			(uint32_t)tree->n, ret_number);
	if (rc < 0)
		return rc;
	*ret_is_new = *ret_number == tree->n;
	if (!*ret_is_new) {
		tree->names.size = node.name_at;
		return 0;
	}
	rc = choose_short(tree, &node, *ret_number);
	return rc < 0 ? rc : add_node(tree, &node, ret_number);
}

static int add_path(struct fat_tree *tree, const struct fat_file *file, struct error *err)
{
	const char *at = file->path;
	uint32_t number = 0;
	for (;;) {
		const char *slash = strchrnul(at, '/');
		const bool is_last = *slash == 0;
		bool is_new = false;
		int rc = enter(tree, number, at, (size_t)(slash - at), is_last ? file->view : NULL,
			&number, &is_new);
		if (rc == -EINVAL)
			return error_set(err, rc,
				"%s: FAT has no such name: 1 to %d characters of UTF-8, none of "
				"\"*:<>?\\| and no '.' or space at the end",
				file->path, FAT_NAME_UNITS_MAX);
		if (rc < 0)
			return fail(err, rc, file->path);
		if (is_last && file->view != NULL && !is_new)
			return error_set(err, -EEXIST,
				"%s: there is one of that name already (FAT does not tell upper "
				"from lower case)",
				file->path);
		if (tree->nodes[number].view != NULL && !(is_last && is_new))
			return error_set(err, -EEXIST, "%s: %.*s is a file and a folder",
				file->path, (int)(slash - file->path), file->path);
		if (is_last)
			return 0;
		at = slash + 1;
	}
}

/* ---- sizes ---- */

static int count_entries(struct fat_tree *tree, struct error *err)
{
	for (size_t i = 0; i < tree->n; i++)
		tree->nodes[i].n_entries = i == 0 ? 1 : 2;
	for (size_t i = 1; i < tree->n; i++) {
		const struct fat_node *node = &tree->nodes[i];
		struct fat_node *parent = &tree->nodes[node->parent];
		parent->n_entries +=
			1 + (node->has_long ? (uint32_t)fat_long_entries(node->name_bytes) : 0);
		/* One is left over for the end. */
		if (parent->n_entries >= FAT_FOLDER_ENTRIES)
			return error_set(err, -E2BIG,
				"a folder has more than the %d entries that FAT allows",
				FAT_FOLDER_ENTRIES);
	}
	return 0;
}

uint32_t fat_node_clusters(const struct fat_node *node, uint32_t cluster_bytes)
{
	const uint64_t bytes = node->view != NULL ? view_size(node->view)
						  : (uint64_t)node->n_entries * FAT_ENTRY_BYTES;
	return (uint32_t)((bytes + cluster_bytes - 1) / cluster_bytes);
}

uint64_t fat_tree_clusters(const struct fat_tree *tree, uint32_t cluster_bytes, bool with_root)
{
	uint64_t n = 0;
	for (size_t i = with_root ? 0 : 1; i < tree->n; i++)
		n += fat_node_clusters(&tree->nodes[i], cluster_bytes);
	return n;
}

int fat_tree_build(const struct fat_request *request, struct fat_tree *tree, struct error *err)
{
	uint32_t number;
	*tree = (struct fat_tree){
		.names = buffer_with_max(NAMES_MAX),
		.places = name_table_empty(),
		.shorts = name_table_empty(),
	};
	int rc = add_node(tree, &(struct fat_node){.parent = 0}, &number);
	if (rc < 0)
		return fail(err, rc, "/");
	for (size_t i = 0; i < request->n_files; i++) {
		const struct fat_file *file = &request->files[i];
		if (file->view != NULL && view_size(file->view) > UINT32_MAX)
			return error_set(err, -EFBIG,
				"%s has %llu bytes, and FAT has no files of 4 GiB or more: make an "
				"ISO (`pewter media iso`), or an image that is smaller",
				file->path, (unsigned long long)view_size(file->view));
		rc = add_path(tree, file, err);
		if (rc < 0)
			return rc;
	}
	return count_entries(tree, err);
}
