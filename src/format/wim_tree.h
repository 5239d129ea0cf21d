/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tree of files of one image: its metadata resource, expanded. Read, and changed the way that
 * costs least: little moves (wim_layout.h). A folder that gets an entry has its list of entries
 * written anew, in its place or behind the end of the resource, and the 8 bytes that say where a
 * list begins are patched; a file whose content changes has its 20 bytes of SHA-1 patched. So all
 * chunks of the compressed resource but a few stay as they are, whatever the size of the image.
 * wimboot has been handing such trees to genuine Windows boot managers since its 2.6.0
 * (src/wimpatch.c: region "dir").
 *
 * What is superseded leaves no gap, since 7-Zip minds bytes that no entry has ("Headers Error"):
 * other lists take it, or it becomes padding of entries, an item of the tag WIM_PADDING_TAG
 * (0x50574750, wim_dentry.h).
 *
 * Layout: "Windows Imaging File Format (WIM)", Microsoft, 2007, "Directory Entry"; wimlib's
 * dentry.c for what it leaves open. All of it may be hostile: lists that run in circles or overlap,
 * names like "..", lengths past the end are refused with their place.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "format/wim.h"
#include "format/wim_chunks.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIM_ATTRIBUTE_DIRECTORY 0x00000010U
#define WIM_ATTRIBUTE_ARCHIVE   0x00000020U
#define WIM_ATTRIBUTE_NORMAL    0x00000080U
#define WIM_ATTRIBUTE_REPARSE   0x00000400U
#define WIM_ATTRIBUTE_ENCRYPTED 0x00004000U

/* A name of 255 units in UTF-8, with NUL. */
#define WIM_NAME_BYTES (255 * 3 + 1)

struct wim_tree;

/* A view of one entry; valid until the tree is changed. */
struct wim_node {
	uint64_t at; /* where the entry lies in the metadata */
	uint32_t attributes;
	uint64_t children;            /* where its list of entries begins; 0 for none */
	uint8_t sha1[WIM_SHA1_BYTES]; /* of the unnamed stream; zeros for an empty file */
	uint64_t hard_link;           /* its group; 0: none */
	char name[WIM_NAME_BYTES];    /* UTF-8, as the image has it; lone surrogates as U+FFFD */
};

/* Takes the bytes over, on success only. -EINVAL with the place for what is no tree; the whole tree
 * is walked once for that. -EFBIG past LIMIT_WIM_TREE_ENTRIES or LIMIT_WIM_METADATA_BYTES. */
int wim_tree_open(
	struct buffer *metadata, struct wim_tree **ret_tree, struct error *err) MUST_CHECK;
/* What a walk through a tree found, behind what is in out: for who keeps it beside the metadata. Of
 * a tree that was not changed. -ENOMEM, -EFBIG. */
int wim_tree_draw(const struct wim_tree *tree, struct buffer *out) MUST_CHECK;
/* Bytes that wim_tree_open() has walked once, with what wim_tree_draw() wrote then: they are taken
 * over (on success only) without another look, so whoever brings them must know by a hash that they
 * are the same. -EINVAL for a drawing that cannot be of them, -ENOMEM. */
int wim_tree_resume(struct buffer *metadata, const uint8_t *drawing, size_t n_drawing,
	struct wim_tree **ret_tree, struct error *err) MUST_CHECK;
struct wim_tree *wim_tree_close(struct wim_tree *tree);
DEFINE_FREEP(struct wim_tree, wim_tree_close);

/* path: UTF-8, '\\' or '/' between names, a leading one allowed, "" for the root; found whatever
 * its case, an exact match first. -ENOENT, -ENOTDIR; -EINVAL for what is no path. */
int wim_tree_find(const struct wim_tree *tree, const char *path, struct wim_node *ret_node,
	struct error *err) MUST_CHECK;
/* The same, from a folder of the tree on. */
int wim_tree_find_below(const struct wim_tree *tree, const struct wim_node *folder,
	const char *path, struct wim_node *ret_node, struct error *err) MUST_CHECK;
typedef int wim_tree_visitor(void *context, const struct wim_node *node);
/* The entries of a folder, in the order in which the image has them; non-zero ends it and is
 * returned. */
int wim_tree_list(const struct wim_tree *tree, const char *folder, wim_tree_visitor *visitor,
	void *context, struct error *err) MUST_CHECK;

/* All files and folders there are, the root left out. A hard link is one file for each name. */
void wim_tree_count(const struct wim_tree *tree, uint64_t *ret_files, uint64_t *ret_folders);
/* Each use of a blob: the streams that are not empty, of each entry, named ones too. Non-zero ends
 * it and is returned. -ENOMEM. */
typedef int wim_tree_blob_visitor(void *context, const uint8_t sha1[static WIM_SHA1_BYTES]);
int wim_tree_blobs(
	const struct wim_tree *tree, wim_tree_blob_visitor *visitor, void *context) MUST_CHECK;

/* What a change adds or replaces. */
struct wim_tree_file {
	const char *path; /* folders on the way are found whatever their case, or made */
	uint8_t sha1[WIM_SHA1_BYTES]; /* not looked at if size is 0 */
	uint64_t size;
	uint64_t time; /* FILETIME: 100 ns since 1601 */
};

struct wim_tree_counts {
	int64_t files, folders; /* how many more there are than before */
	int64_t bytes;          /* of the files given; what they replaced is the caller's to say */
};

/*
 * All of them at once, so that each folder's list is written once. A file replaces one of its name
 * (whatever the case; the old name's spelling stays; a hard link group's other names keep the old
 * content; named streams of the old file go). New entries stand where upper case sorts them, as in
 * the lists that Windows and wimlib write.
 *
 * -EISDIR, -ENOTDIR for a file where a folder is and the other way round, or where a link is on the
 * way; -EINVAL for names that Windows does not allow (':', '*', "..", a device's name, a trailing
 * dot), for files that are given twice, whatever their case, or both as file and as folder.
 * (Folders may differ in case: the first spelling is taken.) -EFBIG as for wim_tree_open(). On
 * failure the tree is as it was.
 */
int wim_tree_put(struct wim_tree *tree, const struct wim_tree_file *files, size_t n_files,
	struct wim_tree_counts *ret_counts, struct error *err) MUST_CHECK;
/* The SHA-1s of the streams that the last wim_tree_put() replaced, one for each use that its blob
 * has lost: *ret_n of WIM_SHA1_BYTES each. Valid until the next one. */
const uint8_t *wim_tree_replaced(const struct wim_tree *tree, size_t *ret_n);
/* Those of them that belonged to one of several names of a file (a hard link). */
const uint8_t *wim_tree_unlinked(const struct wim_tree *tree, size_t *ret_n);

/* Whether the nth WIM_CHUNK_BYTES of the metadata, which the resource is compressed in, may have
 * changed since the tree was opened. The others have not. */
bool wim_tree_is_touched(const struct wim_tree *tree, size_t chunk);

/* The metadata as it is now; lives as long as the tree is not changed. */
const uint8_t *wim_tree_bytes(const struct wim_tree *tree, size_t *ret_n);
