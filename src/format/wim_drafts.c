/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/wim_drafts.h"

#include "base/limits.h"

#include <errno.h>

bool wim_draft_is_file(const struct wim_draft *draft)
{
	return draft->n == 0;
}

const struct wim_tree_file *wim_draft_file(
	const struct wim_drafts *drafts, const struct wim_draft *draft)
{
	return drafts->given[draft->given].file;
}

const uint16_t *wim_draft_name(const struct wim_drafts *drafts, const struct wim_draft *draft)
{
	return drafts->given[draft->given].path.units + draft->name;
}

const uint16_t *wim_draft_folded(const struct wim_drafts *drafts, const struct wim_draft *draft)
{
	return drafts->given[draft->given].path.folded + draft->name;
}

static int compare_given(const void *a, const void *b)
{
	const struct wim_path *left = &((const struct wim_given *)a)->path;
	const struct wim_path *right = &((const struct wim_given *)b)->path;
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

static int read_given(struct wim_drafts *drafts, const struct wim_tree_file *files, size_t n_files,
	struct error *err)
{
	drafts->given = calloc(n_files + 1, sizeof(*drafts->given));
	if (drafts->given == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n_files; i++) {
		struct wim_given *given = &drafts->given[drafts->n_given];
		int rc = wim_path_read(files[i].path, &given->path, err);
		if (rc < 0)
			return rc;
		given->file = &files[i];
		drafts->n_given++;
		rc = check_given(&given->path, files[i].path, err);
		if (rc < 0)
			return rc;
	}
	qsort(drafts->given, drafts->n_given, sizeof(*drafts->given), compare_given);
	return 0;
}

static int add_draft(struct wim_drafts *drafts, const struct wim_draft *draft, struct error *err)
{
	if (drafts->n == drafts->capacity) {
		size_t capacity = drafts->capacity > 0 ? 2 * drafts->capacity : 64;
		struct wim_draft *list = reallocarray(drafts->list, capacity, sizeof(*list));
		if (list == NULL)
			return error_set(err, -ENOMEM, "out of memory");
		drafts->list = list;
		drafts->capacity = capacity;
	}
	if (drafts->n > LIMIT_WIM_TREE_ENTRIES)
		return error_set(err, -EFBIG, "more than %d files and folders at once",
			LIMIT_WIM_TREE_ENTRIES);
	drafts->list[drafts->n++] = *draft;
	return 0;
}

/* How many of the given files from i to end go through the same name at from. */
static size_t count_same(
	const struct wim_drafts *drafts, size_t i, size_t end, size_t from, size_t n_units)
{
	const uint16_t *folded = drafts->given[i].path.folded + from;
	size_t j = i + 1;
	while (j < end) {
		const struct wim_path *path = &drafts->given[j].path;
		if (wim_path_name(path, from) != n_units ||
			wim_name_compare(path->folded + from, n_units, folded, n_units) != 0)
			break;
		j++;
	}
	return j - i;
}

static int refuse_meeting(const struct wim_given *a, const struct wim_given *b, struct error *err)
{
	return error_set(err, -EINVAL,
		a->path.n == b->path.n ? "\"%.200s\" and \"%.200s\" are the same file in Windows"
				       : "\"%.200s\" is to be a file, and a folder for \"%.200s\"",
		a->file->path, b->file->path);
}

static int add_children(struct wim_drafts *drafts, size_t parent, struct error *err)
{
	const struct wim_draft folder = drafts->list[parent];
	const size_t from = folder.n_units > 0 ? folder.name + folder.n_units + 1 : 0;
	const size_t end = folder.given + folder.n_given;

	drafts->list[parent].first = drafts->n;
	for (size_t i = folder.given; i < end;) {
		const struct wim_given *given = &drafts->given[i];
		struct wim_draft child = {.given = i, .name = from};
		child.n_units = wim_path_name(&given->path, from);
		child.n_given = count_same(drafts, i, end, from, child.n_units);
		/* The one that ends here sorts first. */
		const bool is_end = from + child.n_units == given->path.n;
		if (is_end && child.n_given > 1)
			return refuse_meeting(&given[0], &given[1], err);
		int rc = add_draft(drafts, &child, err);
		if (rc < 0)
			return rc;
		i += child.n_given;
	}
	drafts->list[parent].n = drafts->n - drafts->list[parent].first;
	return 0;
}

static bool ends_here(const struct wim_drafts *drafts, const struct wim_draft *draft)
{
	return draft->n_units > 0 &&
	       draft->name + draft->n_units == drafts->given[draft->given].path.n;
}

static int make_drafts(struct wim_drafts *drafts, struct error *err)
{
	struct wim_draft root = {.n_given = drafts->n_given};
	int rc = add_draft(drafts, &root, err);
	for (size_t i = 0; rc == 0 && i < drafts->n; i++) {
		if (!ends_here(drafts, &drafts->list[i]))
			rc = add_children(drafts, i, err);
	}
	return rc;
}

int wim_drafts_make(const struct wim_tree_file *files, size_t n_files,
	struct wim_drafts *ret_drafts, struct error *err)
{
	struct wim_drafts drafts = {0};
	int rc = read_given(&drafts, files, n_files, err);
	if (rc == 0)
		rc = make_drafts(&drafts, err);
	if (rc < 0)
		wim_drafts_clear(&drafts);
	else
		*ret_drafts = drafts;
	return rc;
}

void wim_drafts_clear(struct wim_drafts *drafts)
{
	for (size_t i = 0; i < drafts->n_given; i++)
		wim_path_clear(&drafts->given[i].path);
	free(drafts->given);
	free(drafts->list);
	*drafts = (struct wim_drafts){0};
}

struct wim_draft *wim_drafts_child(const struct wim_drafts *drafts, const struct wim_draft *folder,
	const uint16_t *folded, size_t n_units)
{
	size_t low = folder->first;
	size_t high = folder->first + folder->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct wim_draft *child = &drafts->list[middle];
		int order = wim_name_compare(
			wim_draft_folded(drafts, child), child->n_units, folded, n_units);
		if (order == 0)
			return child;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
