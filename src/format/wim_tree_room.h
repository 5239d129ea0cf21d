/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of wim_tree.h share. */
#pragma once

#include "format/wim_dentry.h"
#include "format/wim_tree.h"

/* A list of entries, its end with it. */
struct wim_list_place {
	uint32_t at, bytes;
	uint32_t owner; /* the folder's entry */
};

struct wim_tree {
	struct buffer metadata;
	size_t root; /* where its entry lies */
	uint64_t n_files, n_folders;
	struct buffer replaced, unlinked; /* SHA-1s */
	/* For each WIM_CHUNK_BYTES of the metadata: was something written there since it was
	 * opened? Owned; true past n_touched. */
	bool *touched;
	size_t n_touched;
	/* All lists, by their places, of a tree that was resumed and has not been changed; else
	 * NULL. Owned. */
	struct wim_list_place *places;
	size_t n_places;
};

/* Without a look into it; the bytes are still the caller's. NULL without memory. */
struct wim_tree *wim_tree_over(const struct buffer *metadata);
/* Where the root's entry lies, by the first field of the metadata. */
size_t wim_tree_root_place(uint64_t security_bytes);

/* The next entry of a list that was seen to be good; false at its end. */
bool wim_tree_next(const struct wim_tree *tree, uint64_t *at, struct wim_dentry *ret_dentry);
