/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drafts of a change, held against the image: what is there already, what is new, and whether
 * it can be. */
#pragma once

#include "format/wim_dentry.h"
#include "format/wim_drafts.h"

/* Fills in what the drafts say of the image. -EISDIR, -ENOTDIR as wim_tree_put(). */
int wim_match(const struct wim_tree *tree, struct wim_drafts *drafts,
	struct wim_tree_counts *ret_counts, struct error *err) MUST_CHECK;

struct wim_entry_name {
	uint16_t units[WIM_NAME_UNITS], folded[WIM_NAME_UNITS];
	size_t n;
};
void wim_entry_name_read(const struct wim_dentry *dentry, struct wim_entry_name *name);
