/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the lists of entries go that a change makes longer. Such a list stays where it is if those
 * behind it that it grows into are no longer than itself: they go to the end, as they are. Else it
 * goes there itself. So little moves: a file that is added to System32 costs what lies behind its
 * name in the list and the short list of some subfolder.
 *
 * The root's list always stays: 7-Zip takes what lies behind the root's entry for its list,
 * whatever that says (CPP/7zip/Archive/Wim/WimIn.cpp: "hidden files after empty root folder").
 */
#pragma once

#include "format/wim_drafts.h"

/* The list of some folder of the image. */
struct wim_list {
	uint64_t at;
	size_t bytes;            /* its end with it */
	uint64_t reach;          /* where those before it end at the latest */
	size_t owner;            /* the folder's entry */
	struct wim_draft *draft; /* if it is to be written anew */
	bool is_displaced;       /* it moves to the end as it is */
};

struct wim_layout {
	struct wim_list *lists; /* owned; all there are, by their places */
	size_t n, capacity;
	size_t end;            /* of the farthest list that stays in its place */
	size_t tail_bytes;     /* that go behind all that is there */
	size_t in_place_bytes; /* of the lists that stay in their places */
};

int wim_layout_make(const struct wim_tree *tree, struct wim_drafts *drafts,
	struct wim_layout *ret_layout) MUST_CHECK;
void wim_layout_clear(struct wim_layout *layout);
