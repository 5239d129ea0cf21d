/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What wim_tree_put() is given, as a tree of its own: names on the way of the files, each folder
 * once. */
#pragma once

#include "format/wim_name.h"
#include "format/wim_tree.h"

struct wim_given {
	struct wim_path path;
	const struct wim_tree_file *file;
};

/* A name on the way of some of the given files. Parents stand before their children, and a folder's
 * children side by side, in the order of their upper case. */
struct wim_draft {
	size_t given, n_given; /* the files that go through it */
	size_t name, n_units;  /* in their paths: where the name begins */
	size_t first, n;       /* its children; none: it is a file */

	/* wim_match(): what the image has of that name, 0 for nothing. */
	size_t at;
	uint32_t attributes;
	bool is_exact;                    /* spelled the same */
	size_t entry_bytes, stream_bytes; /* with the streams behind it; those alone */
	/* Of a folder's list, its end with it: where it is, and what it is going to be. */
	uint64_t list;
	size_t list_bytes, new_bytes;
	bool is_rewritten; /* it gets other entries */

	/* wim_layout_make() */
	bool is_in_place;         /* the new one goes where old ones are */
	struct wim_draft *behind; /* what goes there behind it */
	uint64_t new_list;        /* where it goes */
	size_t padding;           /* of the new entry */
};

struct wim_drafts {
	struct wim_given *given; /* owned; in the order of their upper case */
	size_t n_given;
	struct wim_draft *list; /* owned; the first is the root */
	size_t n, capacity;
};

/* At least one file. What can be said of them without an image: -EINVAL, -ENAMETOOLONG, -EFBIG as
 * wim_tree_put(). */
int wim_drafts_make(const struct wim_tree_file *files, size_t n_files,
	struct wim_drafts *ret_drafts, struct error *err) MUST_CHECK;
void wim_drafts_clear(struct wim_drafts *drafts);

bool wim_draft_is_file(const struct wim_draft *draft);
/* The file, or a folder's first one. */
const struct wim_tree_file *wim_draft_file(
	const struct wim_drafts *drafts, const struct wim_draft *draft);
const uint16_t *wim_draft_name(const struct wim_drafts *drafts, const struct wim_draft *draft);
const uint16_t *wim_draft_folded(const struct wim_drafts *drafts, const struct wim_draft *draft);
/* The child of a folder's draft of that name, or NULL. */
struct wim_draft *wim_drafts_child(const struct wim_drafts *drafts, const struct wim_draft *folder,
	const uint16_t *folded, size_t n_units);
