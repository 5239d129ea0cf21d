/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small tree of an image, and what several tests ask of one. Include after unit.h. */
#pragma once

#include "base/cleanup.h"
#include "format/wim_tree.h"
#include "metadata_maker.h"

#include <stdio.h>
#include <string.h>

enum {
	EMPTY,
	UMLAUT,
	EXACT_LOWER,
	EXACT_UPPER,
	JUNCTION,
	WINDOWS,
	LINK_B,
	SYSTEM32,
	CMD,
	DRIVERS,
	LINK_A,
	STREAMS,
	N_ENTRIES
};

/* Each list in the order of upper case. Lower-case "windows", as in images made on Linux. */
static const struct made_entry entries[N_ENTRIES] = {
	[EMPTY] = {MADE_ROOT, "empty", 0x20, 0, 0, NULL, NULL},
	[UMLAUT] = {MADE_ROOT, "Gerätetreiber", MADE_FOLDER, 0, 0, NULL, NULL},
	[EXACT_LOWER] = {UMLAUT, "name", 0x20, 0xc7, 0, NULL, NULL},
	[EXACT_UPPER] = {UMLAUT, "NAME", 0x20, 0xc8, 0, NULL, NULL},
	[JUNCTION] = {MADE_ROOT, "Junction", MADE_FOLDER | 0x400, 0xc6, 0, NULL, NULL},
	[WINDOWS] = {MADE_ROOT, "windows", MADE_FOLDER, 0, 0, NULL, NULL},
	[LINK_B] = {WINDOWS, "link-b", 0x20, 0xc2, 77, NULL, NULL},
	[SYSTEM32] = {WINDOWS, "System32", MADE_FOLDER, 0, 0, NULL, "SYSTEM~1"},
	[CMD] = {SYSTEM32, "cmd.exe", 0x20, 0xc1, 0, NULL, NULL},
	[DRIVERS] = {SYSTEM32, "drivers", MADE_FOLDER, 0, 0, NULL, NULL},
	[LINK_A] = {SYSTEM32, "link-a", 0x20, 0xc2, 77, NULL, NULL},
	[STREAMS] = {SYSTEM32, "streams.txt", 0x21, 0xc4, 0, "Zone.Identifier", NULL},
};

static inline struct wim_tree *open_tree(void)
{
	struct buffer metadata = made_metadata(entries, N_ENTRIES);
	struct wim_tree *tree = NULL;
	struct error err = ERROR_NULL;
	int rc = wim_tree_open(&metadata, &tree, &err);
	if (rc < 0)
		print_message("%s\n", err.text);
	assert_int_equal(rc, 0);
	assert_null(metadata.bytes);
	return tree;
}

static inline uint64_t place_of(const char *path, bool of_list)
{
	struct wim_node node;
	struct error err = ERROR_NULL;
	CLEANUP(wim_tree_closep) struct wim_tree *tree = open_tree();
	assert_int_equal(wim_tree_find(tree, path, &node, &err), 0);
	return of_list ? node.children : node.at;
}

static inline void set(struct buffer *metadata, size_t at, uint64_t value, size_t n)
{
	uint8_t bytes[8];
	struct writer w = writer_over(bytes, sizeof(bytes));
	writer_le64(&w, value);
	assert_true(at + n <= metadata->size);
	memcpy(metadata->bytes + at, bytes, n);
}

static inline struct wim_tree_file file_of(const char *path, uint8_t sha1)
{
	struct wim_tree_file file = {.path = path, .size = sha1 * 10U, .time = MADE_TIME + 1};
	memset(file.sha1, sha1, sizeof(file.sha1));
	return file;
}

static inline void assert_content(const struct wim_tree *tree, const char *path, uint8_t expected)
{
	struct wim_node node;
	struct error err = ERROR_NULL;
	uint8_t sha1[WIM_SHA1_BYTES];
	print_message("%s\n", path);
	assert_int_equal(wim_tree_find(tree, path, &node, &err), 0);
	memset(sha1, expected, sizeof(sha1));
	assert_memory_equal(node.sha1, sha1, sizeof(sha1));
}

static inline int add_name(void *context, const struct wim_node *node)
{
	struct buffer *names = context;
	return buffer_printf(names, "%s|", node->name);
}

static inline void assert_list(
	const struct wim_tree *tree, const char *folder, const char *expected)
{
	struct buffer names = buffer_with_max(10000);
	struct error err = ERROR_NULL;
	assert_int_equal(buffer_add_text(&names, ""), 0);
	assert_int_equal(wim_tree_list(tree, folder, add_name, &names, &err), 0);
	assert_string_equal(names.bytes, expected);
	buffer_free(&names);
}

static inline int count_blob(void *context, const uint8_t sha1[static WIM_SHA1_BYTES])
{
	unsigned *uses = context;
	uses[sha1[0]]++;
	return 0;
}
