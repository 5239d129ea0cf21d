/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/wim_match.h"

#include "base/upcase.h"
#include "format/wim_tree_room.h"

#include <assert.h>
#include <errno.h>

struct plan {
	const struct wim_tree *tree;
	struct wim_drafts *drafts;
	struct wim_tree_counts counts;
};

void wim_entry_name_read(const struct wim_dentry *dentry, struct wim_entry_name *name)
{
	name->n = dentry->n_units;
	wim_dentry_name(dentry, name->units);
	for (size_t i = 0; i < name->n; i++)
		name->folded[i] = upcase(name->units[i]);
}

static void match_entry(
	const struct plan *plan, const struct wim_draft *folder, const struct wim_dentry *dentry)
{
	struct wim_entry_name name;
	wim_entry_name_read(dentry, &name);
	struct wim_draft *child = wim_drafts_child(plan->drafts, folder, name.folded, name.n);
	if (child == NULL)
		return;
	const bool is_exact = wim_name_compare(wim_draft_name(plan->drafts, child), child->n_units,
				      name.units, name.n) == 0;
	if (child->at != 0 && (child->is_exact || !is_exact))
		return;
	child->at = dentry->at;
	child->is_exact = is_exact;
	child->attributes = dentry->attributes;
	child->list = dentry->children;
	child->entry_bytes = dentry->all_bytes;
	child->stream_bytes = dentry->all_bytes - dentry->bytes;
}

/* Whether the child can go where it is to, and what that means for its folder's list. */
static int check_child(struct plan *plan, struct wim_draft *folder, const struct wim_draft *child,
	struct error *err)
{
	const struct wim_tree_file *file = wim_draft_file(plan->drafts, child);
	const bool is_folder = (child->attributes & WIM_ATTRIBUTE_DIRECTORY) != 0;

	if (child->at == 0) {
		folder->is_rewritten = true;
		folder->new_bytes += wim_dentry_size(child->n_units);
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
	}
	return 0;
}

static int match_folder(struct plan *plan, struct wim_draft *folder, struct error *err)
{
	uint64_t at = folder->list;
	int rc = 0;

	for (struct wim_dentry dentry; wim_tree_next(plan->tree, &at, &dentry);) {
		match_entry(plan, folder, &dentry);
		folder->list_bytes += dentry.all_bytes;
	}
	folder->list_bytes += WIM_DENTRY_END_BYTES;
	folder->new_bytes = folder->list_bytes;
	for (size_t i = 0; rc == 0 && i < folder->n; i++)
		rc = check_child(plan, folder, &plan->drafts->list[folder->first + i], err);
	return rc;
}

static int match_all(struct plan *plan, struct error *err)
{
	struct wim_dentry root;
	uint64_t at = plan->tree->root;
	bool is_there = wim_tree_next(plan->tree, &at, &root);
	assert(is_there);

	plan->drafts->list[0].at = root.at;
	plan->drafts->list[0].list = root.children;
	for (size_t i = 0; i < plan->drafts->n; i++) {
		struct wim_draft *draft = &plan->drafts->list[i];
		int rc = wim_draft_is_file(draft) ? 0 : match_folder(plan, draft, err);
		if (rc < 0)
			return rc;
		if (wim_draft_is_file(draft))
			plan->counts.bytes += (int64_t)wim_draft_file(plan->drafts, draft)->size;
	}
	return 0;
}

int wim_match(const struct wim_tree *tree, struct wim_drafts *drafts,
	struct wim_tree_counts *ret_counts, struct error *err)
{
	struct plan plan = {.tree = tree, .drafts = drafts};
	int rc = match_all(&plan, err);
	if (rc == 0)
		*ret_counts = plan.counts;
	return rc;
}
