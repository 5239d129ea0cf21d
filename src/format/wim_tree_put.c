/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A change in three steps: the paths become a tree of their own (drafts), that is held against the
 * image's tree, where all that can be wrong shows, and then, when nothing can fail any more, the
 * lists are written from the deepest folder to the root.
 */
#include "format/wim_tree.h"

#include "base/limits.h"
#include "base/upcase.h"
#include "format/wim_tree_room.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct given {
	struct wim_path path;
	const struct wim_tree_file *file;
};

/* A name on the way of some of the given files. Parents stand before their children, and a folder's
 * children side by side, in the order of their upper case. */
struct draft {
	size_t given, n_given; /* the files that go through it */
	size_t name, n_units;  /* in their paths: where the name begins */
	size_t first, n;       /* its children; none: it is a file */
	/* What the image has of that name: 0 for nothing. */
	uint64_t at;
	uint64_t list; /* a folder's entries */
	bool is_exact; /* spelled the same */
	size_t stream_bytes;
	uint32_t attributes;
	/* A folder's list that has to be written, and where it was. */
	bool is_rewritten;
	uint64_t new_list;
};

struct plan {
	struct wim_tree *tree;
	struct given *given; /* owned; in the order of their upper case */
	size_t n_given;
	struct draft *drafts; /* owned */
	size_t n, capacity;
	size_t tail_bytes; /* of the new lists, at most */
	struct wim_tree_counts counts;
};

static bool is_file(const struct draft *draft)
{
	return draft->n == 0;
}

static const struct wim_tree_file *file_of(const struct plan *plan, const struct draft *draft)
{
	return plan->given[draft->given].file;
}

static const uint16_t *name_of(const struct plan *plan, const struct draft *draft)
{
	return plan->given[draft->given].path.units + draft->name;
}

static const uint16_t *folded_of(const struct plan *plan, const struct draft *draft)
{
	return plan->given[draft->given].path.folded + draft->name;
}

/* ---- the files given, as a tree ---- */

static int compare_given(const void *a, const void *b)
{
	const struct wim_path *left = &((const struct given *)a)->path;
	const struct wim_path *right = &((const struct given *)b)->path;
	return wim_name_compare(left->folded, left->n, right->folded, right->n);
}

static int check_given(const struct wim_path *path, const char *text, struct error *err)
{
	if (path->n == 0)
		return error_set(err, -EINVAL, "\"%.200s\" names no file", text);
	for (size_t from = 0, n; from < path->n; from += n + 1) {
		n = wim_path_name(path, from);
		const char *fault = wim_name_fault(path->folded + from, n);
		if (fault != NULL)
			return error_set(err, -EINVAL, "\"%.200s\": a name in it %s", text, fault);
	}
	return 0;
}

static int read_given(
	struct plan *plan, const struct wim_tree_file *files, size_t n_files, struct error *err)
{
	plan->given = calloc(n_files + 1, sizeof(*plan->given));
	if (plan->given == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n_files; i++) {
		struct given *given = &plan->given[plan->n_given];
		int rc = wim_path_read(files[i].path, &given->path, err);
		if (rc < 0)
			return rc;
		given->file = &files[i];
		plan->n_given++;
		rc = check_given(&given->path, files[i].path, err);
		if (rc < 0)
			return rc;
	}
	qsort(plan->given, plan->n_given, sizeof(*plan->given), compare_given);
	return 0;
}

static int add_draft(struct plan *plan, const struct draft *draft, struct error *err)
{
	if (plan->n == plan->capacity) {
		size_t capacity = plan->capacity > 0 ? 2 * plan->capacity : 64;
		struct draft *drafts = reallocarray(plan->drafts, capacity, sizeof(*drafts));
		if (drafts == NULL)
			return error_set(err, -ENOMEM, "out of memory");
		plan->drafts = drafts;
		plan->capacity = capacity;
	}
	if (plan->n > LIMIT_WIM_TREE_ENTRIES)
		return error_set(err, -EFBIG, "more than %d files and folders at once",
			LIMIT_WIM_TREE_ENTRIES);
	plan->drafts[plan->n++] = *draft;
	return 0;
}

/* How many of the given files from i to end go through the same name at from. */
static size_t count_same(const struct plan *plan, size_t i, size_t end, size_t from, size_t n_units)
{
	const uint16_t *folded = plan->given[i].path.folded + from;
	size_t j = i + 1;
	while (j < end) {
		const struct wim_path *path = &plan->given[j].path;
		if (wim_path_name(path, from) != n_units ||
			wim_name_compare(path->folded + from, n_units, folded, n_units) != 0)
			break;
		j++;
	}
	return j - i;
}

static int refuse_meeting(const struct given *a, const struct given *b, struct error *err)
{
	return error_set(err, -EINVAL,
		a->path.n == b->path.n ? "\"%.200s\" and \"%.200s\" are the same file in Windows"
				       : "\"%.200s\" is to be a file, and a folder for \"%.200s\"",
		a->file->path, b->file->path);
}

static int add_children(struct plan *plan, size_t parent, struct error *err)
{
	const struct draft folder = plan->drafts[parent];
	const size_t from = folder.n_units > 0 ? folder.name + folder.n_units + 1 : 0;
	const size_t end = folder.given + folder.n_given;

	plan->drafts[parent].first = plan->n;
	for (size_t i = folder.given; i < end;) {
		const struct given *given = &plan->given[i];
		struct draft child = {.given = i, .name = from};
		child.n_units = wim_path_name(&given->path, from);
		child.n_given = count_same(plan, i, end, from, child.n_units);
		/* The one that ends here sorts first. */
		const bool is_end = from + child.n_units == given->path.n;
		if (is_end && child.n_given > 1)
			return refuse_meeting(&given[0], &given[1], err);
		int rc = add_draft(plan, &child, err);
		if (rc < 0)
			return rc;
		i += child.n_given;
	}
	plan->drafts[parent].n = plan->n - plan->drafts[parent].first;
	return 0;
}

static bool ends_here(const struct plan *plan, const struct draft *draft)
{
	return draft->n_units > 0 &&
	       draft->name + draft->n_units == plan->given[draft->given].path.n;
}

static int make_drafts(struct plan *plan, struct error *err)
{
	struct draft root = {.n_given = plan->n_given};
	int rc = add_draft(plan, &root, err);
	for (size_t i = 0; rc == 0 && i < plan->n; i++) {
		if (!ends_here(plan, &plan->drafts[i]))
			rc = add_children(plan, i, err);
	}
	return rc;
}

/* ---- held against the image ---- */

/* The child of a folder's draft of that name, or NULL. */
static struct draft *find_child(
	const struct plan *plan, const struct draft *folder, const uint16_t *folded, size_t n_units)
{
	size_t low = folder->first;
	size_t high = folder->first + folder->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct draft *child = &plan->drafts[middle];
		int order =
			wim_name_compare(folded_of(plan, child), child->n_units, folded, n_units);
		if (order == 0)
			return child;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

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
	const struct plan *plan, const struct draft *folder, const struct wim_dentry *dentry)
{
	struct name name;
	read_name(dentry, &name);
	struct draft *child = find_child(plan, folder, name.folded, name.n);
	if (child == NULL)
		return;
	const bool is_exact =
		wim_name_compare(name_of(plan, child), child->n_units, name.units, name.n) == 0;
	if (child->at != 0 && (child->is_exact || !is_exact))
		return;
	child->at = dentry->at;
	child->is_exact = is_exact;
	child->attributes = dentry->attributes;
	child->list = dentry->children;
	child->stream_bytes = dentry->all_bytes - dentry->bytes;
}

/* Whether the child can go where it is to, and what that means for its folder's list. */
static int check_child(
	struct plan *plan, struct draft *folder, const struct draft *child, struct error *err)
{
	const struct wim_tree_file *file = file_of(plan, child);
	const bool is_folder = (child->attributes & WIM_ATTRIBUTE_DIRECTORY) != 0;

	if (child->at == 0) {
		folder->is_rewritten = true;
		plan->tail_bytes += wim_dentry_size(child->n_units);
		if (is_file(child))
			plan->counts.files++;
		else
			plan->counts.folders++;
	} else if (is_file(child) && is_folder) {
		return error_set(err, -EISDIR, "\"%.200s\" is a folder in the image", file->path);
	} else if (!is_file(child) && !is_folder) {
		return error_set(err, -ENOTDIR,
			"\"%.200s\": a file lies where a folder should be in the image",
			file->path);
	} else if (!is_file(child) && (child->attributes & WIM_ATTRIBUTE_REPARSE) != 0) {
		return error_set(err, -ENOTDIR,
			"\"%.200s\": a folder on the way is a link in the image", file->path);
	} else if (is_file(child) && child->stream_bytes > 0) {
		folder->is_rewritten = true; /* without the streams */
	}
	return 0;
}

static int match_folder(struct plan *plan, struct draft *folder, struct error *err)
{
	size_t list_bytes = 0;
	uint64_t at = folder->list;
	int rc = 0;

	for (struct wim_dentry dentry; wim_tree_next(plan->tree, &at, &dentry);) {
		match_entry(plan, folder, &dentry);
		list_bytes += dentry.all_bytes;
	}
	for (size_t i = 0; rc == 0 && i < folder->n; i++)
		rc = check_child(plan, folder, &plan->drafts[folder->first + i], err);
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

	plan->drafts[0].at = root.at;
	plan->drafts[0].list = root.children;
	for (size_t i = 0; i < plan->n; i++) {
		struct draft *draft = &plan->drafts[i];
		int rc = is_file(draft) ? 0 : match_folder(plan, draft, err);
		if (rc < 0)
			return rc;
		if (is_file(draft))
			plan->counts.bytes += (int64_t)file_of(plan, draft)->size;
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
	for (size_t i = 0; i < plan->n; i++) {
		if (is_file(&plan->drafts[i]) && plan->drafts[i].at != 0)
			replaced_bytes += WIM_SHA1_BYTES + plan->drafts[i].stream_bytes;
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

static void append_new(struct plan *plan, const struct draft *draft)
{
	const struct wim_tree_file *file = file_of(plan, draft);
	const struct wim_dentry_draft entry = {
		.name = name_of(plan, draft),
		.n_units = draft->n_units,
		.attributes = is_file(draft) ? WIM_ATTRIBUTE_ARCHIVE : WIM_ATTRIBUTE_DIRECTORY,
		.children = draft->new_list,
		.sha1 = is_file(draft) && file->size > 0 ? file->sha1 : NULL,
		.time = file->time,
	};
	wim_dentry_write(&entry, append(plan->tree, wim_dentry_size(draft->n_units)));
}

/* An entry that is there, in its old place or in the copy of its list. */
static void patch(const struct plan *plan, const struct draft *draft, uint8_t *bytes)
{
	if (!is_file(draft)) {
		if (draft->new_list != 0)
			wim_dentry_set_children(bytes, draft->new_list);
		return;
	}
	const struct wim_tree_file *file = file_of(plan, draft);
	uint32_t attributes =
		draft->attributes & ~(WIM_ATTRIBUTE_REPARSE | WIM_ATTRIBUTE_ENCRYPTED);
	wim_dentry_set_content(bytes, attributes != 0 ? attributes : WIM_ATTRIBUTE_NORMAL,
		file->size > 0 ? file->sha1 : NULL, file->time);
}

static void append_old(
	struct plan *plan, const struct wim_dentry *dentry, const struct draft *draft)
{
	const bool is_changed = draft != NULL && draft->at == dentry->at;
	const size_t n = is_changed && is_file(draft) ? dentry->bytes : dentry->all_bytes;
	uint8_t *bytes = append(plan->tree, n);
	memcpy(bytes, plan->tree->metadata.bytes + dentry->at, n);
	if (is_changed)
		patch(plan, draft, bytes);
}

/* The new ones among a folder's children from *i on, up to those that sort behind a name. */
static void append_new_before(
	struct plan *plan, const struct draft *folder, size_t *i, const struct name *name)
{
	for (; *i < folder->n; (*i)++) {
		const struct draft *child = &plan->drafts[folder->first + *i];
		if (name != NULL && wim_name_compare(folded_of(plan, child), child->n_units,
					    name->folded, name->n) >= 0)
			break;
		if (child->at == 0)
			append_new(plan, child);
	}
}

static void write_list(struct plan *plan, struct draft *folder)
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
		append_old(plan, &dentry, find_child(plan, folder, name.folded, name.n));
	}
	append_new_before(plan, folder, &i, /* name= */ NULL);
	(void)append(tree, WIM_DENTRY_END_BYTES);
}

static void note_replaced(struct plan *plan, const struct draft *draft)
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

	for (size_t i = 0; i < plan->n; i++) {
		if (is_file(&plan->drafts[i]) && plan->drafts[i].at != 0)
			note_replaced(plan, &plan->drafts[i]);
	}
	/* Children stand behind their parents: from the back, each knows where its children are. */
	for (size_t i = plan->n; i-- > 0;) {
		if (plan->drafts[i].is_rewritten)
			write_list(plan, &plan->drafts[i]);
	}
	patch(plan, &plan->drafts[0], tree->metadata.bytes + tree->root);
	for (size_t i = 0; i < plan->n; i++) {
		const struct draft *folder = &plan->drafts[i];
		for (size_t j = 0; !folder->is_rewritten && j < folder->n; j++) {
			const struct draft *child = &plan->drafts[folder->first + j];
			patch(plan, child, tree->metadata.bytes + child->at);
		}
	}
	tree->n_files += (uint64_t)plan->counts.files;
	tree->n_folders += (uint64_t)plan->counts.folders;
}

/* ---- the way through ---- */

static int put(
	struct plan *plan, const struct wim_tree_file *files, size_t n_files, struct error *err)
{
	int rc = read_given(plan, files, n_files, err);
	if (n_files == 0)
		plan->tree->replaced.size = 0;
	if (rc == 0 && n_files > 0)
		rc = make_drafts(plan, err);
	if (rc == 0 && n_files > 0)
		rc = match_all(plan, err);
	if (rc == 0 && n_files > 0)
		rc = make_room(plan, err);
	if (rc == 0 && n_files > 0)
		write_all(plan);
	return rc;
}

int wim_tree_put(struct wim_tree *tree, const struct wim_tree_file *files, size_t n_files,
	struct wim_tree_counts *ret_counts, struct error *err)
{
	struct plan plan = {.tree = tree};
	int rc = put(&plan, files, n_files, err);
	if (rc == 0)
		*ret_counts = plan.counts;
	for (size_t i = 0; i < plan.n_given; i++)
		wim_path_clear(&plan.given[i].path);
	free(plan.given);
	free(plan.drafts);
	return rc;
}
