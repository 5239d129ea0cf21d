/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What fat.c, fat_layout.c, fat_names.c and fat_tree.c share. */
#pragma once

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/name_table.h"
#include "format/fat.h"

#include <stdbool.h>

#define FAT_SECTOR_BYTES     512U
#define FAT_ENTRY_BYTES      32U
#define FAT_SHORT_BYTES      11
#define FAT_LONG_UNITS       13  /* of UTF-16 in one entry of a long name */
#define FAT_NAME_UNITS_MAX   255 /* of UTF-16 in a long name */
#define FAT_FOLDER_ENTRIES   65536
#define FAT_FIRST_CLUSTER    2
#define FAT_ROOT_ENTRIES_MIN 512 /* of FAT12 and FAT16: fatgen103, "BPB_RootEntCnt" */

/* ---- names (fat_names.c) ---- */

/* A name as UTF-16LE, appended. -EINVAL if FAT has no such name. */
int fat_name_utf16(const char *name, size_t n, struct buffer *out) MUST_CHECK;
/* For telling names apart as Windows does, whatever their case: upper case, UTF-8. */
int fat_name_folded(const uint8_t *utf16, size_t n_bytes, struct buffer *out) MUST_CHECK;

enum fat_short_kind {
	FAT_SHORT_SAME,  /* the name itself: it needs no long one */
	FAT_SHORT_CASE,  /* the same letters in upper case */
	FAT_SHORT_LOSSY, /* something else, which needs a numeric tail */
};
enum fat_short_kind fat_short_name(
	const uint8_t *utf16, size_t n_bytes, uint8_t ret_short[static FAT_SHORT_BYTES]);
/* The attempt-th (from 1) name with a tail: "LONGNA~1"; from the fifth on, as Windows does,
 * "LO3F2A~1", so that a thousand names that begin alike do not take a thousand attempts each. */
void fat_short_tail(const uint8_t plain[static FAT_SHORT_BYTES], const uint8_t *utf16,
	size_t n_bytes, unsigned attempt, uint8_t ret_short[static FAT_SHORT_BYTES]);
uint8_t fat_short_checksum(const uint8_t name[static FAT_SHORT_BYTES]);
/* The entries of a long name, the last piece first. */
size_t fat_long_entries(size_t n_bytes);
void fat_long_write(struct writer *writer, const uint8_t *utf16, size_t n_bytes, uint8_t checksum);

/* ---- the tree (fat_tree.c) ---- */

struct fat_node {
	uint32_t parent;
	uint32_t first_child, last_child, next; /* 0: none; the root is nobody's child */
	size_t name_at, name_bytes;             /* in the tree's names: UTF-16LE */
	uint8_t short_name[FAT_SHORT_BYTES];
	bool has_long;
	struct view *view;  /* NULL: a folder */
	uint32_t n_entries; /* of a folder: directory entries, "." and ".." and the label too */
	uint32_t first_cluster, n_clusters; /* 0, 0: nothing stored */
};

struct fat_tree {
	struct fat_node *nodes; /* owned; the first is the root */
	size_t n, n_max;
	struct buffer names;
	struct name_table places; /* "PARENT/NAME" folded -> node */
	struct name_table shorts; /* "PARENT/SHORT" */
};

int fat_tree_build(
	const struct fat_request *request, struct fat_tree *tree, struct error *err) MUST_CHECK;
void fat_tree_clear(struct fat_tree *tree);
/* What the tree takes in clusters of that size; the root only if it is a chain like others. */
uint64_t fat_tree_clusters(const struct fat_tree *tree, uint32_t cluster_bytes, bool with_root);
uint32_t fat_node_clusters(const struct fat_node *node, uint32_t cluster_bytes);

/* ---- the layout (fat_layout.c) ---- */

struct fat_layout {
	unsigned bits;         /* 12, 16, 32 */
	uint32_t sectors;      /* of all */
	uint32_t reserved;     /* sectors before the first table */
	uint32_t fat_sectors;  /* of each of the two tables */
	uint32_t root_entries; /* of the fixed root folder; 0 for FAT32 */
	uint32_t first_data;   /* sector of cluster 2 */
	uint32_t cluster_sectors;
	uint32_t n_clusters;
};

int fat_layout_choose(const struct fat_request *request, const struct fat_tree *tree,
	struct fat_layout *ret_layout, struct error *err) MUST_CHECK;
