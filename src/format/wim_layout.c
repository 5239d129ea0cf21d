/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/wim_layout.h"

#include "format/wim_tree_room.h"

#include <assert.h>
#include <errno.h>

/* More than real images have behind any list that grows; each costs a look at all others. */
#define DISPLACED_MAX 256

/* ---- all lists there are ---- */

static int add_list(struct wim_layout *layout, uint64_t at, size_t owner)
{
	if (layout->n == layout->capacity) {
		size_t capacity = layout->capacity > 0 ? 2 * layout->capacity : 1024;
		struct wim_list *lists = reallocarray(layout->lists, capacity, sizeof(*lists));
		if (lists == NULL)
			return -ENOMEM;
		layout->lists = lists;
		layout->capacity = capacity;
	}
	layout->lists[layout->n++] = (struct wim_list){.at = at, .owner = owner};
	return 0;
}

static int compare_lists(const void *a, const void *b)
{
	const struct wim_list *left = a;
	const struct wim_list *right = b;
	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	return (left->owner > right->owner) - (left->owner < right->owner);
}

/* What was found and not yet looked into is what stands behind i. */
static int find_lists(const struct wim_tree *tree, struct wim_layout *layout)
{
	struct wim_dentry dentry;
	uint64_t at = tree->root;
	bool is_there = wim_tree_next(tree, &at, &dentry);
	assert(is_there);

	int rc = dentry.children != 0 ? add_list(layout, dentry.children, dentry.at) : 0;
	for (size_t i = 0; rc == 0 && i < layout->n; i++) {
		const uint64_t begin = layout->lists[i].at;
		at = begin;
		while (rc == 0 && wim_tree_next(tree, &at, &dentry)) {
			if (wim_dentry_is_folder(&dentry) && dentry.children != 0)
				rc = add_list(layout, dentry.children, dentry.at);
		}
		layout->lists[i].bytes = (size_t)(at - begin) + WIM_DENTRY_END_BYTES;
	}
	if (rc < 0)
		return rc;
	qsort(layout->lists, layout->n, sizeof(*layout->lists), compare_lists);
	for (size_t i = 1; i < layout->n; i++) {
		const struct wim_list *before = &layout->lists[i - 1];
		const uint64_t end = before->at + before->bytes;
		layout->lists[i].reach = end > before->reach ? end : before->reach;
	}
	return 0;
}

/* The first that does not begin before at. */
static size_t first_from(const struct wim_layout *layout, uint64_t at)
{
	size_t low = 0;
	size_t high = layout->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (layout->lists[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void connect(struct wim_layout *layout, struct wim_drafts *drafts)
{
	for (size_t i = 0; i < drafts->n; i++) {
		struct wim_draft *draft = &drafts->list[i];
		if (!draft->is_rewritten || draft->list == 0)
			continue;
		size_t j = first_from(layout, draft->list);
		while (layout->lists[j].owner != draft->at)
			j++;
		assert(j < layout->n && layout->lists[j].at == draft->list);
		layout->lists[j].draft = draft;
	}
}

/* ---- who stays ---- */

/* Puts a list that grows in its place, if that is possible and worth it. */
static void place(struct wim_layout *layout, size_t number, bool is_root)
{
	struct wim_list *list = &layout->lists[number];
	struct wim_draft *draft = list->draft;
	const uint64_t end = list->at + draft->new_bytes;
	const size_t first = first_from(layout, list->at);
	size_t n_moved = 0, moved_bytes = 0;

	/* An empty list may be the end of another one, or of several. */
	if (list->is_displaced || draft->is_in_place || list->reach > list->at)
		return;
	for (size_t i = first; i < layout->n && layout->lists[i].at < end; i++) {
		const struct wim_list *other = &layout->lists[i];
		if (other->draft != NULL && other->draft->is_in_place)
			return;
		if (i != number) {
			moved_bytes += other->bytes;
			n_moved++;
		}
	}
	if (n_moved > DISPLACED_MAX || (!is_root && moved_bytes > list->bytes))
		return;
	draft->is_in_place = true;
	for (size_t i = first; i < layout->n && layout->lists[i].at < end; i++)
		layout->lists[i].is_displaced = i != number;
}

static void place_all(struct wim_layout *layout, const struct wim_draft *root)
{
	/* The root first: it stays. Then from the front, since lists grow towards the end. */
	for (size_t i = 0; i < layout->n; i++) {
		if (layout->lists[i].draft == root)
			place(layout, i, /* is_root= */ true);
	}
	for (size_t i = 0; i < layout->n; i++) {
		if (layout->lists[i].draft != NULL)
			place(layout, i, /* is_root= */ false);
	}
}

static void add_up(struct wim_layout *layout, const struct wim_drafts *drafts)
{
	for (size_t i = 0; i < drafts->n; i++) {
		const struct wim_draft *draft = &drafts->list[i];
		const size_t end = (size_t)draft->list + draft->new_bytes;
		if (draft->is_in_place) {
			layout->in_place_bytes += draft->new_bytes;
			layout->end = end > layout->end ? end : layout->end;
		} else if (draft->is_rewritten) {
			layout->tail_bytes += draft->new_bytes;
		}
	}
	for (size_t i = 0; i < layout->n; i++) {
		struct wim_list *list = &layout->lists[i];
		if (list->draft != NULL)
			list->is_displaced = false; /* it is written at the end anyway */
		else if (list->is_displaced)
			layout->tail_bytes += list->bytes;
	}
}

static bool is_needed(const struct wim_drafts *drafts)
{
	for (size_t i = 0; i < drafts->n; i++) {
		if (drafts->list[i].is_rewritten && drafts->list[i].list != 0)
			return true;
	}
	return false;
}

int wim_layout_make(
	const struct wim_tree *tree, struct wim_drafts *drafts, struct wim_layout *ret_layout)
{
	struct wim_layout layout = {0};
	int rc = is_needed(drafts) ? find_lists(tree, &layout) : 0;
	if (rc < 0) {
		wim_layout_clear(&layout);
		return rc;
	}
	connect(&layout, drafts);
	place_all(&layout, &drafts->list[0]);
	add_up(&layout, drafts);
	*ret_layout = layout;
	return 0;
}

void wim_layout_clear(struct wim_layout *layout)
{
	free(layout->lists);
	*layout = (struct wim_layout){0};
}
