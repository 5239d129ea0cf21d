/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the lists of entries go that a change makes longer. Such a list stays where it is if those
 * behind it that it grows into are no longer than itself: they go to the end, as they are. So
 * little moves: a file that is added to System32 costs what lies behind its name in the list and
 * the short list of some subfolder. Else it goes to the end itself, if the list of a new folder is
 * there for its old place; if none is, what is behind it moves all the same.
 *
 * No byte becomes one that no entry has. 7-Zip adds up the bytes of all entries that it comes to,
 * their streams and the ends of their lists, and the sum has to be the size of the metadata; else
 * it says "Headers Error" (CPP/7zip/Archive/Wim/WimIn.cpp: DirProcessed). So lists of new folders
 * go into the places that became free, and what is left of those is padding: new entries are made
 * longer than their names need (wim_dentry.h). Gaps that a foreign image has may stay.
 *
 * The root's list always stays: 7-Zip takes what lies behind the root's entry for its list,
 * whatever that says (the same file: "hidden files after empty root folder").
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
	uint64_t to;             /* and that is here */
};

struct wim_layout {
	struct wim_list *lists; /* owned; all there are, by their places */
	size_t n, capacity;
	size_t tail;          /* behind all that stays */
	size_t end;           /* of all */
	size_t written_bytes; /* of the lists that are written anew */
};

/* All lists there are, and where those that stay would end; layout: empty. -ENOMEM. */
int wim_layout_find(const struct wim_tree *tree, struct wim_layout *layout) MUST_CHECK;
/* Says of each list that is written where it goes, and how much its new entries are padded. */
int wim_layout_make(const struct wim_tree *tree, struct wim_drafts *drafts,
	struct wim_layout *ret_layout) MUST_CHECK;
/* Where an entry is when the displaced lists have moved. */
size_t wim_layout_follow(const struct wim_layout *layout, size_t at);
void wim_layout_clear(struct wim_layout *layout);
