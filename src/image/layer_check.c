/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/layer_room.h"

#include "base/limits.h"

#include <errno.h>
#include <string.h>

/*
 * What was composed, as a reader finds it: its header, and its blob table held against the base's.
 * Entries that are the base's, in its order, need no second look and no second index; the others
 * are few.
 */
struct composed {
	const struct layer_expected *expected;
	struct frame frame;           /* without a table: view, header, the metadata's entry */
	struct buffer other;          /* entries that the base has not */
	struct wim_blob_index *index; /* of them */
	uint32_t *gone; /* places of the base's table that are left out, rising; owned */
	size_t n_gone, gone_max;
};

static void composed_clear(struct composed *composed)
{
	buffer_free(&composed->other);
	(void)wim_blob_index_close(composed->index);
	free(composed->gone);
}

/* ---- the table ---- */

static int note_gone(struct composed *composed, size_t place)
{
	if (composed->n_gone == composed->gone_max) {
		size_t n = composed->gone_max == 0 ? 64 : 2 * composed->gone_max;
		uint32_t *gone = reallocarray(composed->gone, n, sizeof(*gone));
		if (gone == NULL)
			return -ENOMEM;
		composed->gone = gone;
		composed->gone_max = n;
	}
	composed->gone[composed->n_gone++] = (uint32_t)place;
	return 0;
}

/* *place: the first of the base's entries that has not been met. */
static int take_entry(struct composed *composed, const uint8_t *entry, size_t *place)
{
	const struct frame *base = composed->expected->base;
	const uint8_t *old = base->table.bytes + *place * WIM_BLOB_ENTRY_BYTES;
	int rc = 0;
	for (; *place < base->n_entries; old += WIM_BLOB_ENTRY_BYTES) {
		if (memcmp(old, entry, WIM_BLOB_ENTRY_BYTES) == 0) {
			++*place;
			return 0;
		}
		rc = note_gone(composed, (*place)++);
		if (rc < 0)
			return rc;
	}
	return buffer_add(&composed->other, entry, WIM_BLOB_ENTRY_BYTES);
}

/*
 * How many entries from a place of the table on are the base's own bytes, and which of them is the
 * first: what was not copied need not be compared. 0 if they are not, or if that first one has been
 * met before.
 */
static size_t count_shared(
	const struct composed *composed, uint64_t at, size_t place, size_t *ret_first)
{
	const struct frame *base = composed->expected->base;
	uint64_t within = 0, base_within = 0;
	const struct view_segment *segment = view_find(composed->frame.view, at, &within);
	const struct view_segment *table =
		view_find(base->view, base->header.blob_table.offset, &base_within);
	if (segment == NULL || table == NULL || segment->kind != VIEW_FILE ||
		table->kind != VIEW_FILE || segment->fd != table->fd ||
		segment->offset + within < table->offset + base_within)
		return 0;
	uint64_t from = segment->offset + within - table->offset - base_within;
	uint64_t n = (segment->length - within) / WIM_BLOB_ENTRY_BYTES;
	uint64_t first = from / WIM_BLOB_ENTRY_BYTES;
	if (from % WIM_BLOB_ENTRY_BYTES != 0 || first < place || first >= base->n_entries)
		return 0;
	*ret_first = (size_t)first;
	return n < base->n_entries - first ? (size_t)n : base->n_entries - (size_t)first;
}

static int read_entry(struct composed *composed, uint64_t at, size_t *place)
{
	uint8_t bytes[WIM_BLOB_ENTRY_BYTES];
	int rc = view_read(composed->frame.view, at, bytes, sizeof(bytes));
	return rc < 0 ? rc : take_entry(composed, bytes, place);
}

static int read_entries(struct composed *composed, struct error *err)
{
	const struct wim_resource *table = &composed->frame.header.blob_table;
	const uint64_t end = table->offset + table->stored_bytes;
	size_t place = 0;
	int rc = 0;
	if (table->stored_bytes % WIM_BLOB_ENTRY_BYTES != 0)
		return error_set(err, -EINVAL, "a blob table that ends within an entry");
	for (uint64_t at = table->offset; rc == 0 && at < end;) {
		size_t first = 0;
		size_t n = count_shared(composed, at, place, &first);
		if (n > (end - at) / WIM_BLOB_ENTRY_BYTES)
			n = (size_t)((end - at) / WIM_BLOB_ENTRY_BYTES);
		if (n == 0) {
			rc = read_entry(composed, at, &place);
			at += WIM_BLOB_ENTRY_BYTES;
			continue;
		}
		for (; rc == 0 && place < first; place++)
			rc = note_gone(composed, place);
		place = first + n;
		at += n * WIM_BLOB_ENTRY_BYTES;
	}
	for (; rc == 0 && place < composed->expected->base->n_entries; place++)
		rc = note_gone(composed, place);
	return rc < 0 ? error_set(err, rc, "the blob table: %s", strerror(-rc)) : 0;
}

static int read_table(struct composed *composed, struct error *err)
{
	struct frame *frame = &composed->frame;
	const struct buffer *other = &composed->other;
	int rc = read_entries(composed, err);
	if (rc == 0)
		rc = wim_blob_table_check(
			other->bytes, other->size, &frame->header, view_size(frame->view), err);
	if (rc == 0)
		rc = wim_blob_index_open(other->bytes, other->size, &composed->index, err);
	if (rc < 0)
		return rc;
	int64_t metadata = wim_blob_index_metadata(composed->index, 0);
	if (metadata < 0)
		return error_set(err, -EINVAL, "the blob table names no new metadata");
	wim_blob_entry_read(other->bytes + metadata * WIM_BLOB_ENTRY_BYTES, &frame->entry);
	return 0;
}

static int read_header(struct composed *composed, struct view *view, struct error *err)
{
	struct frame *frame = &composed->frame;
	uint64_t size = view_size(view);
	frame->view = view;
	int rc = size < WIM_HEADER_BYTES ? -EINVAL
					 : view_read(view, 0, frame->head, sizeof(frame->head));
	if (rc < 0)
		return error_set(err, rc, "the header: %s", strerror(-rc));
	rc = wim_header_parse(frame->head, sizeof(frame->head), &frame->header, err);
	if (rc == 0)
		rc = wim_header_check(&frame->header, size, err);
	if (rc == 0 && wim_header_forms(&frame->header) != 0)
		rc = error_set(
			err, -EINVAL, "it is %s", wim_form_text(wim_header_forms(&frame->header)));
	return rc;
}

static int compare_places(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static bool find(const struct composed *composed, const uint8_t sha1[static WIM_SHA1_BYTES],
	struct wim_blob_entry *ret_entry)
{
	const struct frame *base = composed->expected->base;
	int64_t place = wim_blob_index_find(composed->index, sha1);
	if (place >= 0) {
		wim_blob_entry_read(
			composed->other.bytes + place * WIM_BLOB_ENTRY_BYTES, ret_entry);
		return true;
	}
	for (place = wim_blob_index_find(base->index, sha1); place >= 0;
		place = wim_blob_index_find_after(base->index, sha1, (uint32_t)place)) {
		const uint32_t key = (uint32_t)place;
		if (composed->n_gone > 0 && bsearch(&key, composed->gone, composed->n_gone,
						    sizeof(key), compare_places) != NULL)
			continue;
		frame_entry(base, (size_t)place, ret_entry);
		return true;
	}
	return false;
}

/* ---- metadata ---- */

/* Is a chunk the base's own? */
static bool is_the_bases(
	const struct composed *composed, const struct wim_chunk *chunk, const struct wim_chunk *old)
{
	const struct frame *frame = &composed->frame, *base = composed->expected->base;
	return chunk->stored_bytes == old->stored_bytes &&
	       chunk->original_bytes == old->original_bytes &&
	       view_is_shared(frame->view, frame->entry.resource.offset + chunk->at, base->view,
		       base->entry.resource.offset + old->at, chunk->stored_bytes);
}

/* One that was written anew is not compressed. */
static bool is_written(
	const struct composed *composed, const struct wim_chunk *chunk, const uint8_t *after)
{
	const struct frame *frame = &composed->frame;
	uint8_t bytes[WIM_CHUNK_BYTES];
	return chunk->stored_bytes == chunk->original_bytes &&
	       view_read(frame->view, frame->entry.resource.offset + chunk->at, bytes,
		       chunk->stored_bytes) == 0 &&
	       memcmp(bytes, after, chunk->stored_bytes) == 0;
}

/* The chunks of both files. */
struct comparison {
	struct wim_chunks chunks, base_chunks;
};

static void comparison_clear(struct comparison *comparison)
{
	wim_chunks_clear(&comparison->chunks);
	wim_chunks_clear(&comparison->base_chunks);
}

static int compare_chunks(const struct composed *composed, const uint8_t *after, struct error *err)
{
	CLEANUP(comparison_clear) struct comparison comparison = {.chunks = {0}};
	const struct frame *frame = &composed->frame, *base = composed->expected->base;
	const struct wim_chunks *chunks = &comparison.chunks, *old = &comparison.base_chunks;
	int rc = frame_chunks(frame, &frame->entry.resource, &comparison.chunks, err);
	if (rc == 0)
		rc = frame_chunks(base, &base->entry.resource, &comparison.base_chunks, err);
	for (size_t i = 0; rc == 0 && i < chunks->n; i++) {
		bool is_touched = i >= old->n || wim_tree_is_touched(composed->expected->tree, i);
		if ((is_touched || !is_the_bases(composed, &chunks->chunks[i], &old->chunks[i])) &&
			!is_written(composed, &chunks->chunks[i], after + i * WIM_CHUNK_BYTES))
			rc = error_set(err, -EINVAL, "chunk %zu of the metadata differs", i);
	}
	return rc;
}

static int check_metadata(const struct composed *composed, struct error *err)
{
	const struct wim_resource *boot = &composed->frame.header.boot_metadata;
	const struct wim_resource *resource = &composed->frame.entry.resource;
	size_t n_after;
	const uint8_t *after = wim_tree_bytes(composed->expected->tree, &n_after);
	if (boot->offset != resource->offset || boot->stored_bytes != resource->stored_bytes ||
		boot->original_bytes != resource->original_bytes ||
		resource->original_bytes != n_after)
		return error_set(err, -EINVAL, "the header names other metadata than the table");
	return compare_chunks(composed, after, err);
}

/* ---- contents ---- */

/* The folder that was looked into last: files of one package follow each other. */
struct looking {
	const char *path; /* of a file in it; NULL for none */
	size_t n;         /* of the folder's own */
	struct wim_node folder;
};

static int look_up(const struct wim_tree *tree, struct looking *looking, const char *path,
	struct wim_node *ret_node, struct error *err)
{
	const char *slash = strrchr(path, '/');
	if (slash == NULL)
		return wim_tree_find(tree, path, ret_node, err);
	size_t n = (size_t)(slash - path);
	if (looking->path == NULL || looking->n != n || memcmp(looking->path, path, n) != 0) {
		CLEANUP(memory_freep) char *folder = strndup(path, n);
		if (folder == NULL)
			return error_set(err, -ENOMEM, "out of memory");
		looking->path = NULL;
		int rc = wim_tree_find(tree, folder, &looking->folder, err);
		if (rc < 0)
			return rc;
		looking->path = path;
		looking->n = n;
	}
	return wim_tree_find_below(tree, &looking->folder, slash + 1, ret_node, err);
}

static int check_file(const struct composed *composed, const struct content_file *file,
	struct looking *looking, struct error *err)
{
	static const uint8_t none[WIM_SHA1_BYTES];
	struct wim_node node;
	struct wim_blob_entry entry;
	int rc = look_up(composed->expected->tree, looking, file->path, &node, err);
	if (rc < 0)
		return rc;
	bool is_empty = file->original_bytes == 0;
	if (memcmp(node.sha1, is_empty ? none : file->sha1, WIM_SHA1_BYTES) != 0)
		return error_set(err, -EINVAL, "\\%s has another content", file->path);
	if (is_empty)
		return 0;
	if (!find(composed, file->sha1, &entry) ||
		entry.resource.original_bytes != file->original_bytes)
		return error_set(err, -EINVAL, "\\%s has no content", file->path);
	return 0;
}

static int check_name(void *context, const uint8_t sha1[static WIM_SHA1_BYTES])
{
	struct wim_blob_entry entry;
	return find(context, sha1, &entry) ? 0 : -ENODATA;
}

/* Where the table said that a content had lost its last name: had it? */
static int check_dropped(struct composed *composed, struct error *err)
{
	const struct blob_uses *uses = composed->expected->uses;
	bool has_dropped = false;
	for (size_t i = 0; i < uses->n && !has_dropped; i++) {
		const struct blob_use *use = &uses->uses[i];
		struct wim_blob_entry entry;
		has_dropped = use->entry >= 0 && !find(composed, use->sha1, &entry);
	}
	if (!has_dropped)
		return 0;
	int rc = wim_tree_blobs(composed->expected->tree, check_name, composed);
	return rc < 0 ? error_set(err, rc,
				"a content has more names than the base's blob table says; "
				"`wimlib-imagex optimize` of the source mends it")
		      : 0;
}

int layer_check(struct view *view, const struct layer_expected *expected, struct error *err)
{
	CLEANUP(composed_clear)
	struct composed composed = {
		.expected = expected, .other = buffer_with_max(LIMIT_WIM_BLOB_TABLE_BYTES)};
	struct looking looking = {.path = NULL};
	int rc = read_header(&composed, view, err);
	if (rc == 0)
		rc = read_table(&composed, err);
	if (rc == 0)
		rc = check_metadata(&composed, err);
	for (size_t i = 0; rc == 0 && i < expected->contents->n_files; i++)
		rc = check_file(&composed, &expected->contents->files[i], &looking, err);
	return rc < 0 ? rc : check_dropped(&composed, err);
}
