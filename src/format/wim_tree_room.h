/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What wim_tree.c and wim_tree_put.c share. */
#pragma once

#include "format/wim_dentry.h"
#include "format/wim_tree.h"

struct wim_tree {
	struct buffer metadata;
	size_t root; /* where its entry lies */
	uint64_t n_files, n_folders;
	struct buffer replaced, unlinked; /* SHA-1s */
	/* For each WIM_CHUNK_BYTES of the metadata: was something written there since it was
	 * opened? Owned; true past n_touched. */
	bool *touched;
	size_t n_touched;
};

/* The next entry of a list that was seen to be good; false at its end. */
bool wim_tree_next(const struct wim_tree *tree, uint64_t *at, struct wim_dentry *ret_dentry);
