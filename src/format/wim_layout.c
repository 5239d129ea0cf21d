/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/wim_layout.h"

#include "format/wim_tree_room.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* A list up to this moves without much ado, and so much may move for one that is shorter itself. */
#define CHEAP_BYTES 4096

/* The most that an entry is padded with, as long as others are there to take the rest. */
#define PADDING_BYTES 32768

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
static int walk_lists(
	const struct wim_tree *tree, const struct wim_dentry *root, struct wim_layout *layout)
{
	struct wim_dentry dentry;
	int rc = root->children != 0 ? add_list(layout, root->children, root->at) : 0;
	for (size_t i = 0; rc == 0 && i < layout->n; i++) {
		const uint64_t begin = layout->lists[i].at;
		uint64_t at = begin;
		while (rc == 0 && wim_tree_next(tree, &at, &dentry)) {
			if (wim_dentry_is_folder(&dentry) && dentry.children != 0)
				rc = add_list(layout, dentry.children, dentry.at);
		}
		layout->lists[i].bytes = (size_t)(at - begin) + WIM_DENTRY_END_BYTES;
	}
	if (rc == 0 && layout->n > 0)
		qsort(layout->lists, layout->n, sizeof(*layout->lists), compare_lists);
	return rc;
}

/* Those that a walk found before, in the order in which it left them. */
static int recall_lists(const struct wim_tree *tree, struct wim_layout *layout)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < tree->n_places; i++) {
		const struct wim_list_place *place = &tree->places[i];
		rc = add_list(layout, place->at, place->owner);
		if (rc == 0)
			layout->lists[i].bytes = place->bytes;
	}
	return rc;
}

int wim_layout_find(const struct wim_tree *tree, struct wim_layout *layout)
{
	struct wim_dentry root;
	uint64_t at = tree->root;
	bool is_there = wim_tree_next(tree, &at, &root);
	assert(is_there);

	int rc =
		tree->places != NULL ? recall_lists(tree, layout) : walk_lists(tree, &root, layout);
	if (rc < 0)
		return rc;
	layout->tail = root.at + root.all_bytes + WIM_DENTRY_END_BYTES;
	for (size_t i = 0; i < layout->n; i++) {
		struct wim_list *list = &layout->lists[i];
		const struct wim_list *before = i > 0 ? list - 1 : NULL;
		const uint64_t before_end = before != NULL ? before->at + before->bytes : 0;
		if (before != NULL)
			list->reach = before_end > before->reach ? before_end : before->reach;
		if (list->at + list->bytes > layout->tail)
			layout->tail = list->at + list->bytes;
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
		while (j < layout->n && layout->lists[j].owner != draft->at)
			j++;
		assert(j < layout->n && layout->lists[j].at == draft->list);
		layout->lists[j].draft = draft;
	}
}

/* ---- who stays ---- */

/* A stretch of the old metadata that new lists share, one behind the other. */
struct stretch {
	uint64_t at;
	size_t bytes; /* they may have; SIZE_MAX: nothing is behind it */
	size_t used;
	struct wim_draft *first, *last;
};

struct places {
	struct wim_layout *layout;
	struct wim_drafts *drafts;
	struct stretch *list;        /* owned */
	struct wim_draft **homeless; /* owned: lists that may go anywhere, the longest first */
	size_t n, n_homeless;
};

static void add_to(struct stretch *stretch, struct wim_draft *draft)
{
	if (stretch->last != NULL)
		stretch->last->behind = draft;
	else
		stretch->first = draft;
	stretch->last = draft;
	stretch->used += draft->new_bytes;
	draft->is_in_place = true;
}

/* The longest of the homeless that fits between others. */
static struct wim_draft *find_homeless(const struct places *places, size_t *i, size_t bytes)
{
	for (; *i < places->n_homeless; (*i)++) {
		struct wim_draft *draft = places->homeless[*i];
		if (!draft->is_in_place && draft->new_bytes <= bytes)
			return draft;
	}
	return NULL;
}

/* What a list needs to stay in its place: those that it grows into leave. How much leaves, and the
 * number of the first behind it. */
struct need {
	size_t bytes, used, leaving_bytes;
	size_t behind;
};

/* Long lists that are written anyway move up a little, to save their places from being padding. */
static bool moves_up(const struct wim_list *list)
{
	return list->draft != NULL && list->bytes > CHEAP_BYTES;
}

static struct need need_of(const struct wim_layout *layout, size_t number)
{
	const struct wim_list *list = &layout->lists[number];
	struct need need = {
		.bytes = list->bytes, .used = list->draft->new_bytes, .behind = number + 1};

	for (; need.behind < layout->n; need.behind++) {
		const struct wim_list *other = &layout->lists[need.behind];
		/* An empty list may be the end of one that leaves. */
		if (other->at >= list->at + (need.used > need.bytes ? need.used : need.bytes)) {
			/* It grew into a gap that the image had: that is its own now, and full. */
			if (need.used > need.bytes)
				need.bytes = need.used;
			return need;
		}
		if (moves_up(other))
			need.used += other->draft->new_bytes;
		else
			need.leaving_bytes += other->bytes;
		const size_t end = (size_t)(other->at - list->at) + other->bytes;
		need.bytes = end > need.bytes ? end : need.bytes;
	}
	/* Not less than there was: what leaves is copied from its old place to the tail. */
	if (need.used >= need.bytes)
		need.bytes = SIZE_MAX;
	return need;
}

/* The number of the list that is the next to look at. */
static size_t place(struct places *places, size_t number)
{
	struct wim_layout *layout = places->layout;
	struct wim_list *list = &layout->lists[number];
	const bool is_root = list->draft == &places->drafts->list[0];
	size_t i = 0;

	/* An empty list may be the end of another one, or of several: they still need it. */
	if (list->draft == NULL || list->reach > list->at)
		return number + 1;
	const struct need need = need_of(layout, number);
	const size_t cheap = list->bytes > CHEAP_BYTES ? list->bytes : CHEAP_BYTES;
	struct wim_draft *other = NULL;
	if (!is_root && need.leaving_bytes > cheap)
		other = find_homeless(places, &i, list->bytes);
	struct stretch *stretch = &places->list[places->n++];
	*stretch = (struct stretch){.at = list->at, .bytes = need.bytes};
	if (other != NULL) {
		stretch->bytes = list->bytes;
		add_to(stretch, other);
		return number + 1;
	}
	add_to(stretch, list->draft);
	for (i = number + 1; i < need.behind; i++) {
		struct wim_list *next = &layout->lists[i];
		if (moves_up(next))
			add_to(stretch, next->draft);
		else
			next->is_displaced = next->draft == NULL;
	}
	return need.behind;
}

static void fill(struct places *places, struct stretch *stretch)
{
	size_t i = 0;
	for (struct wim_draft *draft;
		(draft = find_homeless(places, &i, stretch->bytes - stretch->used)) != NULL;)
		add_to(stretch, draft);
}

/* The new entries of a list take what is left, each so much at the most. */
static void pad(struct wim_drafts *drafts, struct wim_draft *folder, size_t most, size_t *left)
{
	for (size_t i = 0; i<folder->n && * left> 0; i++) {
		struct wim_draft *child = &drafts->list[folder->first + i];
		if (child->at != 0 || child->padding >= most)
			continue;
		const size_t room = most - child->padding;
		const size_t n = *left < room ? *left : room;
		child->padding += n;
		folder->new_bytes += n;
		*left -= n;
	}
}

/* No byte stays that no entry has. Lists of new folders take the most, since they are ours alone.
 */
static void pad_all(struct wim_drafts *drafts, struct stretch *stretch)
{
	size_t left = stretch->bytes > stretch->used ? stretch->bytes - stretch->used : 0;
	const size_t most[] = {PADDING_BYTES, SIZE_MAX};

	for (size_t i = 0; i < ARRAY_SIZE(most); i++) {
		for (struct wim_draft *folder = stretch->first; folder; folder = folder->behind) {
			if (folder->list == 0)
				pad(drafts, folder, most[i], &left);
		}
		for (struct wim_draft *folder = stretch->first; folder; folder = folder->behind)
			pad(drafts, folder, most[i], &left);
	}
	assert(left == 0);
}

/* ---- where all go ---- */

static void settle_stretches(struct places *places)
{
	struct wim_layout *layout = places->layout;

	for (size_t i = 0; i < places->n; i++) {
		struct stretch *stretch = &places->list[i];
		uint64_t at = stretch->at;
		if (stretch->bytes != SIZE_MAX) {
			fill(places, stretch);
			pad_all(places->drafts, stretch);
		}
		for (struct wim_draft *draft = stretch->first; draft; draft = draft->behind) {
			draft->new_list = at;
			at += draft->new_bytes;
		}
		if (stretch->bytes == SIZE_MAX)
			layout->tail = at;
	}
}

static void settle_tail(struct wim_layout *layout, struct wim_drafts *drafts)
{
	layout->end = layout->tail;
	for (size_t i = 0; i < layout->n; i++) {
		struct wim_list *list = &layout->lists[i];
		if (list->is_displaced) {
			list->to = layout->end;
			layout->end += list->bytes;
		}
	}
	for (size_t i = 0; i < drafts->n; i++) {
		struct wim_draft *draft = &drafts->list[i];
		if (!draft->is_rewritten)
			continue;
		if (!draft->is_in_place) {
			draft->new_list = layout->end;
			layout->end += draft->new_bytes;
		}
		layout->written_bytes += draft->new_bytes;
	}
}

static int compare_homeless(const void *a, const void *b)
{
	const struct wim_draft *left = *(struct wim_draft *const *)a;
	const struct wim_draft *right = *(struct wim_draft *const *)b;
	if (left->new_bytes != right->new_bytes)
		return left->new_bytes > right->new_bytes ? -1 : 1;
	return (left > right) - (left < right);
}

static int place_all(struct wim_layout *layout, struct wim_drafts *drafts)
{
	struct places places = {.layout = layout, .drafts = drafts};
	places.list = calloc(drafts->n, sizeof(*places.list));
	places.homeless = calloc(drafts->n, sizeof(struct wim_draft *));
	int rc = places.list == NULL || places.homeless == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < drafts->n; i++) {
		if (drafts->list[i].is_rewritten && drafts->list[i].list == 0)
			places.homeless[places.n_homeless++] = &drafts->list[i];
	}
	if (rc == 0) {
		qsort(places.homeless, places.n_homeless, sizeof(struct wim_draft *),
			compare_homeless);
		for (size_t i = 0; i < layout->n;)
			i = place(&places, i);
		settle_stretches(&places);
		settle_tail(layout, drafts);
	}
	free(places.list);
	free(places.homeless);
	return rc;
}

int wim_layout_make(
	const struct wim_tree *tree, struct wim_drafts *drafts, struct wim_layout *ret_layout)
{
	struct wim_layout layout = {0};
	int rc = wim_layout_find(tree, &layout);
	if (rc == 0) {
		connect(&layout, drafts);
		rc = place_all(&layout, drafts);
	}
	if (rc < 0) {
		wim_layout_clear(&layout);
		return rc;
	}
	*ret_layout = layout;
	return 0;
}

size_t wim_layout_follow(const struct wim_layout *layout, size_t at)
{
	const size_t i = first_from(layout, (uint64_t)at + 1);
	if (i == 0 || !layout->lists[i - 1].is_displaced)
		return at;
	const struct wim_list *list = &layout->lists[i - 1];
	return at < list->at + list->bytes ? (size_t)(at - list->at + list->to) : at;
}

void wim_layout_clear(struct wim_layout *layout)
{
	free(layout->lists);
	*layout = (struct wim_layout){0};
}
