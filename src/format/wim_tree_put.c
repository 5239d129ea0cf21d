/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A change in steps: the paths become a tree of their own (wim_drafts.h), that is held against the
 * image's tree (wim_match.h), where all that can be wrong shows; it is settled where longer lists
 * go (wim_layout.h), and there is room for them. Then nothing can fail any more: lists that are in
 * the way move to the end, and the new ones are written where they belong.
 */
#include "format/wim_tree.h"

#include "base/limits.h"
#include "format/wim_layout.h"
#include "format/wim_match.h"
#include "format/wim_tree_room.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

struct plan {
	struct wim_tree *tree;
	struct wim_drafts drafts;
	struct wim_layout layout;
	struct buffer
		written; /* lists; they go into their places when the old ones are read no more */
	struct wim_tree_counts counts;
};

static struct wim_draft *draft_at(const struct plan *plan, size_t i)
{
	return &plan->drafts.list[i];
}

/* Room for all that is going to be written, so that writing cannot fail. */
static int make_room(struct plan *plan, struct error *err)
{
	struct wim_tree *tree = plan->tree;
	const size_t n_new =
		plan->layout.end > tree->metadata.size ? plan->layout.end - tree->metadata.size : 0;
	const uint64_t n_more = (uint64_t)(plan->counts.files + plan->counts.folders);
	if (n_more > LIMIT_WIM_TREE_ENTRIES - (tree->n_files + tree->n_folders))
		return error_set(err, -EFBIG, "the image would have more than %d files and folders",
			LIMIT_WIM_TREE_ENTRIES);

	/* What is replaced: one SHA-1 in an entry, and at most one for every 38 bytes behind it. */
	size_t replaced_bytes = 0;
	for (size_t i = 0; i < plan->drafts.n; i++) {
		if (wim_draft_is_file(draft_at(plan, i)) && draft_at(plan, i)->at != 0)
			replaced_bytes += WIM_SHA1_BYTES + draft_at(plan, i)->stream_bytes;
	}
	tree->replaced.size = 0;
	tree->unlinked.size = 0;
	int rc = buffer_reserve(&tree->replaced, replaced_bytes);
	if (rc == 0)
		rc = buffer_reserve(&tree->unlinked, replaced_bytes);
	if (rc == 0)
		rc = buffer_reserve(&plan->written, plan->layout.written_bytes);
	if (rc == 0)
		rc = buffer_reserve(&tree->metadata, n_new);
	if (rc == -EFBIG)
		return error_set(err, rc,
			"the image's metadata would have more than %u bytes, which is the limit",
			LIMIT_WIM_METADATA_BYTES);
	return rc < 0 ? error_set(err, rc, "out of memory") : 0;
}

/* Bytes that make_room() has seen to. */
static uint8_t *append(struct buffer *out, size_t n)
{
	assert(n < out->capacity - out->size);
	uint8_t *bytes = out->bytes + out->size;
	memset(bytes, 0, n + 1); /* a buffer ends with NUL */
	out->size += n;
	return bytes;
}

/* Bytes of the metadata that are about to be written. */
static uint8_t *touch(struct wim_tree *tree, size_t at, size_t n)
{
	for (size_t i = at / WIM_CHUNK_BYTES; i < tree->n_touched && i * WIM_CHUNK_BYTES < at + n;
		i++)
		tree->touched[i] = true;
	return tree->metadata.bytes + at;
}

/* ---- lists that are in the way ---- */

/* To the end, as they are; what knew where their entries are learns where they went. */
static void displace_all(struct plan *plan)
{
	struct wim_tree *tree = plan->tree;
	struct buffer *metadata = &tree->metadata;
	const struct wim_layout *layout = &plan->layout;

	if (layout->end > metadata->size) {
		(void)touch(tree, metadata->size, layout->end - metadata->size);
		(void)append(metadata, layout->end - metadata->size);
	}
	for (size_t i = 0; i < layout->n; i++) {
		const struct wim_list *list = &layout->lists[i];
		if (list->is_displaced)
			memcpy(touch(tree, list->to, list->bytes), metadata->bytes + list->at,
				list->bytes);
	}
	for (size_t i = 0; i < layout->n; i++) {
		const struct wim_list *list = &layout->lists[i];
		if (list->is_displaced)
			wim_dentry_set_children(touch(tree, wim_layout_follow(layout, list->owner),
							WIM_DENTRY_HEAD_BYTES),
				list->to);
	}
	for (size_t i = 0; i < plan->drafts.n; i++)
		draft_at(plan, i)->at = wim_layout_follow(layout, draft_at(plan, i)->at);
}

/* ---- lists that are written ---- */

static void append_new(struct plan *plan, const struct wim_draft *draft, struct buffer *out)
{
	const struct wim_tree_file *file = wim_draft_file(&plan->drafts, draft);
	const bool is_file = wim_draft_is_file(draft);
	const struct wim_dentry_draft entry = {
		.name = wim_draft_name(&plan->drafts, draft),
		.n_units = draft->n_units,
		.attributes = is_file ? WIM_ATTRIBUTE_ARCHIVE : WIM_ATTRIBUTE_DIRECTORY,
		.children = draft->new_list,
		.sha1 = is_file && file->size > 0 ? file->sha1 : NULL,
		.time = file->time,
		.padding = draft->padding,
	};
	wim_dentry_write(&entry, append(out, wim_dentry_size(draft->n_units) + draft->padding));
}

/* An entry that is there, in its place or in the copy of its list. */
static void patch(const struct plan *plan, const struct wim_draft *draft, uint8_t *bytes)
{
	if (!wim_draft_is_file(draft)) {
		if (draft->new_list != 0)
			wim_dentry_set_children(bytes, draft->new_list);
		return;
	}
	const struct wim_tree_file *file = wim_draft_file(&plan->drafts, draft);
	uint32_t attributes =
		draft->attributes & ~(WIM_ATTRIBUTE_REPARSE | WIM_ATTRIBUTE_ENCRYPTED);
	if (draft->stream_bytes > 0)
		wim_dentry_drop_streams(bytes, draft->entry_bytes);
	wim_dentry_set_content(bytes, attributes != 0 ? attributes : WIM_ATTRIBUTE_NORMAL,
		file->size > 0 ? file->sha1 : NULL, file->time);
}

static void append_old(struct plan *plan, const struct wim_dentry *dentry,
	const struct wim_draft *draft, struct buffer *out)
{
	uint8_t *bytes = append(out, dentry->all_bytes);
	memcpy(bytes, plan->tree->metadata.bytes + dentry->at, dentry->all_bytes);
	if (draft != NULL && draft->at == dentry->at)
		patch(plan, draft, bytes);
}

/* The new ones among a folder's children from *i on, up to those that sort behind a name. */
static void append_new_before(struct plan *plan, const struct wim_draft *folder, size_t *i,
	const struct wim_entry_name *name, struct buffer *out)
{
	for (; *i < folder->n; (*i)++) {
		const struct wim_draft *child = draft_at(plan, folder->first + *i);
		if (name != NULL && wim_name_compare(wim_draft_folded(&plan->drafts, child),
					    child->n_units, name->folded, name->n) >= 0)
			break;
		if (child->at == 0)
			append_new(plan, child, out);
	}
}

static void write_list(struct plan *plan, const struct wim_draft *folder)
{
	const struct wim_tree *tree = plan->tree;
	struct buffer *out = &plan->written;
	const size_t begin = out->size;
	size_t i = 0;
	uint64_t at = folder->list;

	for (struct wim_dentry dentry; wim_tree_next(tree, &at, &dentry);) {
		struct wim_entry_name name;
		wim_entry_name_read(&dentry, &name);
		append_new_before(plan, folder, &i, &name, out);
		append_old(plan, &dentry,
			wim_drafts_child(&plan->drafts, folder, name.folded, name.n), out);
	}
	append_new_before(plan, folder, &i, /* name= */ NULL, out);
	(void)append(out, WIM_DENTRY_END_BYTES);
	assert(out->size - begin == folder->new_bytes);
}

/* ---- all of it ---- */

static void note_sha1(struct wim_tree *tree, const struct wim_dentry *dentry,
	const uint8_t sha1[static WIM_SHA1_BYTES])
{
	if (wim_sha1_is_zero(sha1))
		return;
	memcpy(append(&tree->replaced, WIM_SHA1_BYTES), sha1, WIM_SHA1_BYTES);
	if (dentry->hard_link != 0)
		memcpy(append(&tree->unlinked, WIM_SHA1_BYTES), sha1, WIM_SHA1_BYTES);
}

static void note_replaced(struct plan *plan, const struct wim_draft *draft)
{
	struct wim_tree *tree = plan->tree;
	struct wim_dentry dentry;
	uint64_t entry = draft->at;
	bool is_there = wim_tree_next(tree, &entry, &dentry);
	bool is_named;
	size_t at = 0;
	assert(is_there);

	note_sha1(tree, &dentry, dentry.sha1);
	for (const uint8_t *sha1; (sha1 = wim_dentry_next_stream(
					   tree->metadata.bytes, &dentry, &at, &is_named)) != NULL;)
		note_sha1(tree, &dentry, sha1);
}

static void write_lists(struct plan *plan)
{
	for (size_t i = 0; i < plan->drafts.n; i++) {
		if (draft_at(plan, i)->is_rewritten)
			write_list(plan, draft_at(plan, i));
	}
	const uint8_t *bytes = plan->written.bytes;
	for (size_t i = 0; i < plan->drafts.n; i++) {
		const struct wim_draft *draft = draft_at(plan, i);
		if (draft->is_rewritten) {
			memcpy(touch(plan->tree, draft->new_list, draft->new_bytes), bytes,
				draft->new_bytes);
			bytes += draft->new_bytes;
		}
	}
}

static void write_all(struct plan *plan)
{
	struct wim_tree *tree = plan->tree;

	for (size_t i = 0; i < plan->drafts.n; i++) {
		if (wim_draft_is_file(draft_at(plan, i)) && draft_at(plan, i)->at != 0)
			note_replaced(plan, draft_at(plan, i));
	}
	free(tree->places); /* they are about to change */
	tree->places = NULL;
	displace_all(plan);
	write_lists(plan);
	patch(plan, draft_at(plan, 0), touch(tree, tree->root, WIM_DENTRY_HEAD_BYTES));
	for (size_t i = 0; i < plan->drafts.n; i++) {
		const struct wim_draft *folder = draft_at(plan, i);
		for (size_t j = 0; !folder->is_rewritten && j < folder->n; j++) {
			const struct wim_draft *child = draft_at(plan, folder->first + j);
			patch(plan, child, touch(tree, child->at, child->entry_bytes));
		}
	}
	tree->n_files += (uint64_t)plan->counts.files;
	tree->n_folders += (uint64_t)plan->counts.folders;
}

static int put(struct plan *plan, struct error *err)
{
	int rc = wim_match(plan->tree, &plan->drafts, &plan->counts, err);
	if (rc < 0)
		return rc;
	rc = wim_layout_make(plan->tree, &plan->drafts, &plan->layout);
	if (rc < 0)
		return error_set(err, rc, "out of memory");
	rc = make_room(plan, err);
	if (rc == 0)
		write_all(plan);
	return rc;
}

int wim_tree_put(struct wim_tree *tree, const struct wim_tree_file *files, size_t n_files,
	struct wim_tree_counts *ret_counts, struct error *err)
{
	struct plan plan = {.tree = tree, .written = buffer_with_max(LIMIT_WIM_METADATA_BYTES)};
	if (n_files == 0) {
		tree->replaced.size = 0;
		tree->unlinked.size = 0;
		*ret_counts = plan.counts;
		return 0;
	}
	int rc = wim_drafts_make(files, n_files, &plan.drafts, err);
	if (rc < 0)
		return rc;
	rc = put(&plan, err);
	if (rc == 0)
		*ret_counts = plan.counts;
	wim_layout_clear(&plan.layout);
	wim_drafts_clear(&plan.drafts);
	buffer_free(&plan.written);
	return rc;
}
