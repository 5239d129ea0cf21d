/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A change in three steps: the paths become a tree of their own (wim_drafts.h), that is held
 * against the image's tree, where all that can be wrong shows, and then, when nothing can fail any
 * more, the lists are written from the deepest folder to the root.
 */
#include "format/wim_tree.h"

#include "base/limits.h"
#include "base/upcase.h"
#include "format/wim_drafts.h"
#include "format/wim_tree_room.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

struct plan {
	struct wim_tree *tree;
	struct wim_drafts drafts;
	size_t tail_bytes; /* of the new lists, at most */
	struct wim_tree_counts counts;
};

/* ---- held against the image ---- */

struct name {
	uint16_t units[WIM_NAME_UNITS], folded[WIM_NAME_UNITS];
	size_t n;
};

static void read_name(const struct wim_dentry *dentry, struct name *name)
{
	name->n = dentry->n_units;
	wim_dentry_name(dentry, name->units);
	for (size_t i = 0; i < name->n; i++)
		name->folded[i] = upcase(name->units[i]);
}

static void match_entry(
	const struct plan *plan, const struct wim_draft *folder, const struct wim_dentry *dentry)
{
	struct name name;
	read_name(dentry, &name);
	struct wim_draft *child = wim_drafts_child(&plan->drafts, folder, name.folded, name.n);
	if (child == NULL)
		return;
	const bool is_exact = wim_name_compare(wim_draft_name(&plan->drafts, child), child->n_units,
				      name.units, name.n) == 0;
	if (child->at != 0 && (child->is_exact || !is_exact))
		return;
	child->at = dentry->at;
	child->is_exact = is_exact;
	child->attributes = dentry->attributes;
	child->list = dentry->children;
	child->stream_bytes = dentry->all_bytes - dentry->bytes;
}

/* Whether the child can go where it is to, and what that means for its folder's list. */
static int check_child(struct plan *plan, struct wim_draft *folder, const struct wim_draft *child,
	struct error *err)
{
	const struct wim_tree_file *file = wim_draft_file(&plan->drafts, child);
	const bool is_folder = (child->attributes & WIM_ATTRIBUTE_DIRECTORY) != 0;

	if (child->at == 0) {
		folder->is_rewritten = true;
		plan->tail_bytes += wim_dentry_size(child->n_units);
		if (wim_draft_is_file(child))
			plan->counts.files++;
		else
			plan->counts.folders++;
	} else if (wim_draft_is_file(child) && is_folder) {
		return error_set(err, -EISDIR, "\"%.200s\" is a folder in the image", file->path);
	} else if (!wim_draft_is_file(child) && !is_folder) {
		return error_set(err, -ENOTDIR,
			"\"%.200s\": a file lies where a folder should be in the image",
			file->path);
	} else if (!wim_draft_is_file(child) && (child->attributes & WIM_ATTRIBUTE_REPARSE) != 0) {
		return error_set(err, -ENOTDIR,
			"\"%.200s\": a folder on the way is a link in the image", file->path);
	} else if (wim_draft_is_file(child) && child->stream_bytes > 0) {
		folder->is_rewritten = true; /* without the streams */
	}
	return 0;
}

static int match_folder(struct plan *plan, struct wim_draft *folder, struct error *err)
{
	size_t list_bytes = 0;
	uint64_t at = folder->list;
	int rc = 0;

	for (struct wim_dentry dentry; wim_tree_next(plan->tree, &at, &dentry);) {
		match_entry(plan, folder, &dentry);
		list_bytes += dentry.all_bytes;
	}
	for (size_t i = 0; rc == 0 && i < folder->n; i++)
		rc = check_child(plan, folder, &plan->drafts.list[folder->first + i], err);
	if (folder->is_rewritten)
		plan->tail_bytes += list_bytes + WIM_DENTRY_END_BYTES;
	return rc;
}

static int match_all(struct plan *plan, struct error *err)
{
	struct wim_dentry root;
	uint64_t at = plan->tree->root;
	bool is_there = wim_tree_next(plan->tree, &at, &root);
	assert(is_there);

	plan->drafts.list[0].at = root.at;
	plan->drafts.list[0].list = root.children;
	for (size_t i = 0; i < plan->drafts.n; i++) {
		struct wim_draft *draft = &plan->drafts.list[i];
		int rc = wim_draft_is_file(draft) ? 0 : match_folder(plan, draft, err);
		if (rc < 0)
			return rc;
		if (wim_draft_is_file(draft))
			plan->counts.bytes += (int64_t)wim_draft_file(&plan->drafts, draft)->size;
	}
	return 0;
}

/* Room for all that is going to be written, so that writing cannot fail. */
static int make_room(struct plan *plan, struct error *err)
{
	struct wim_tree *tree = plan->tree;
	const uint64_t n_more = (uint64_t)(plan->counts.files + plan->counts.folders);
	if (n_more > LIMIT_WIM_TREE_ENTRIES - (tree->n_files + tree->n_folders))
		return error_set(err, -EFBIG, "the image would have more than %d files and folders",
			LIMIT_WIM_TREE_ENTRIES);

	/* What is replaced: one SHA-1 in an entry, and at most one for every 38 bytes behind it. */
	size_t replaced_bytes = 0;
	for (size_t i = 0; i < plan->drafts.n; i++) {
		if (wim_draft_is_file(&plan->drafts.list[i]) && plan->drafts.list[i].at != 0)
			replaced_bytes += WIM_SHA1_BYTES + plan->drafts.list[i].stream_bytes;
	}
	tree->replaced.size = 0;
	int rc = buffer_reserve(&tree->replaced, replaced_bytes);
	if (rc == 0)
		rc = buffer_reserve(&tree->metadata, WIM_DENTRY_ALIGN + plan->tail_bytes);
	if (rc == -EFBIG)
		return error_set(err, rc,
			"the image's metadata would have more than %u bytes, which is the limit",
			LIMIT_WIM_METADATA_BYTES);
	return rc < 0 ? error_set(err, rc, "out of memory") : 0;
}

/* ---- writing ---- */

/* Bytes that make_room() has seen to. */
static uint8_t *append(struct wim_tree *tree, size_t n)
{
	struct buffer *metadata = &tree->metadata;
	assert(n < metadata->capacity - metadata->size);
	uint8_t *bytes = metadata->bytes + metadata->size;
	memset(bytes, 0, n + 1); /* a buffer ends with NUL */
	metadata->size += n;
	return bytes;
}

static void append_new(struct plan *plan, const struct wim_draft *draft)
{
	const struct wim_tree_file *file = wim_draft_file(&plan->drafts, draft);
	const struct wim_dentry_draft entry = {
		.name = wim_draft_name(&plan->drafts, draft),
		.n_units = draft->n_units,
		.attributes =
			wim_draft_is_file(draft) ? WIM_ATTRIBUTE_ARCHIVE : WIM_ATTRIBUTE_DIRECTORY,
		.children = draft->new_list,
		.sha1 = wim_draft_is_file(draft) && file->size > 0 ? file->sha1 : NULL,
		.time = file->time,
	};
	wim_dentry_write(&entry, append(plan->tree, wim_dentry_size(draft->n_units)));
}

/* An entry that is there, in its old place or in the copy of its list. */
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
	wim_dentry_set_content(bytes, attributes != 0 ? attributes : WIM_ATTRIBUTE_NORMAL,
		file->size > 0 ? file->sha1 : NULL, file->time);
}

static void append_old(
	struct plan *plan, const struct wim_dentry *dentry, const struct wim_draft *draft)
{
	const bool is_changed = draft != NULL && draft->at == dentry->at;
	const size_t n = is_changed && wim_draft_is_file(draft) ? dentry->bytes : dentry->all_bytes;
	uint8_t *bytes = append(plan->tree, n);
	memcpy(bytes, plan->tree->metadata.bytes + dentry->at, n);
	if (is_changed)
		patch(plan, draft, bytes);
}

/* The new ones among a folder's children from *i on, up to those that sort behind a name. */
static void append_new_before(
	struct plan *plan, const struct wim_draft *folder, size_t *i, const struct name *name)
{
	for (; *i < folder->n; (*i)++) {
		const struct wim_draft *child = &plan->drafts.list[folder->first + *i];
		if (name != NULL && wim_name_compare(wim_draft_folded(&plan->drafts, child),
					    child->n_units, name->folded, name->n) >= 0)
			break;
		if (child->at == 0)
			append_new(plan, child);
	}
}

static void write_list(struct plan *plan, struct wim_draft *folder)
{
	struct wim_tree *tree = plan->tree;
	const size_t padding = -tree->metadata.size % WIM_DENTRY_ALIGN;
	size_t i = 0;
	uint64_t at = folder->list;

	(void)append(tree, padding);
	folder->new_list = tree->metadata.size;
	for (struct wim_dentry dentry; wim_tree_next(tree, &at, &dentry);) {
		struct name name;
		read_name(&dentry, &name);
		append_new_before(plan, folder, &i, &name);
		append_old(plan, &dentry,
			wim_drafts_child(&plan->drafts, folder, name.folded, name.n));
	}
	append_new_before(plan, folder, &i, /* name= */ NULL);
	(void)append(tree, WIM_DENTRY_END_BYTES);
}

static void note_replaced(struct plan *plan, const struct wim_draft *draft)
{
	struct wim_tree *tree = plan->tree;
	struct wim_dentry dentry;
	uint64_t entry = draft->at;
	bool is_there = wim_tree_next(tree, &entry, &dentry);
	bool is_named;
	size_t at = 0;
	int rc = 0;
	assert(is_there);

	if (!wim_sha1_is_zero(dentry.sha1))
		rc = buffer_add(&tree->replaced, dentry.sha1, WIM_SHA1_BYTES);
	for (const uint8_t *sha1; rc == 0 && (sha1 = wim_dentry_next_stream(tree->metadata.bytes,
						      &dentry, &at, &is_named)) != NULL;) {
		if (!wim_sha1_is_zero(sha1))
			rc = buffer_add(&tree->replaced, sha1, WIM_SHA1_BYTES);
	}
	assert(rc == 0);
}

static void write_all(struct plan *plan)
{
	struct wim_tree *tree = plan->tree;

	for (size_t i = 0; i < plan->drafts.n; i++) {
		if (wim_draft_is_file(&plan->drafts.list[i]) && plan->drafts.list[i].at != 0)
			note_replaced(plan, &plan->drafts.list[i]);
	}
	/* Children stand behind their parents: from the back, each knows where its children are. */
	for (size_t i = plan->drafts.n; i-- > 0;) {
		if (plan->drafts.list[i].is_rewritten)
			write_list(plan, &plan->drafts.list[i]);
	}
	patch(plan, &plan->drafts.list[0], tree->metadata.bytes + tree->root);
	for (size_t i = 0; i < plan->drafts.n; i++) {
		const struct wim_draft *folder = &plan->drafts.list[i];
		for (size_t j = 0; !folder->is_rewritten && j < folder->n; j++) {
			const struct wim_draft *child = &plan->drafts.list[folder->first + j];
			patch(plan, child, tree->metadata.bytes + child->at);
		}
	}
	tree->n_files += (uint64_t)plan->counts.files;
	tree->n_folders += (uint64_t)plan->counts.folders;
}

/* ---- the way through ---- */

int wim_tree_put(struct wim_tree *tree, const struct wim_tree_file *files, size_t n_files,
	struct wim_tree_counts *ret_counts, struct error *err)
{
	struct plan plan = {.tree = tree};
	if (n_files == 0) {
		tree->replaced.size = 0;
		*ret_counts = plan.counts;
		return 0;
	}
	int rc = wim_drafts_make(files, n_files, &plan.drafts, err);
	if (rc < 0)
		return rc;
	rc = match_all(&plan, err);
	if (rc == 0)
		rc = make_room(&plan, err);
	if (rc == 0) {
		write_all(&plan);
		*ret_counts = plan.counts;
	}
	wim_drafts_clear(&plan.drafts);
	return rc;
}
