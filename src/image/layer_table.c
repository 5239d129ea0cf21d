/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/layer_room.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- which contents get or lose names ---- */

static int compare_uses(const void *a, const void *b)
{
	const struct blob_use *x = a, *y = b;
	return memcmp(x->sha1, y->sha1, sizeof(x->sha1));
}

void blob_uses_clear(struct blob_uses *uses)
{
	free(uses->uses);
	*uses = (struct blob_uses){.uses = NULL};
}

static void merge(struct blob_uses *uses)
{
	size_t n = 0;
	qsort(uses->uses, uses->n, sizeof(*uses->uses), compare_uses);
	for (size_t i = 0; i < uses->n; i++) {
		struct blob_use *last = n > 0 ? &uses->uses[n - 1] : NULL;
		if (last == NULL || compare_uses(last, &uses->uses[i]) != 0) {
			uses->uses[n++] = uses->uses[i];
			continue;
		}
		last->more += uses->uses[i].more;
		last->n_lost += uses->uses[i].n_lost;
		if (last->file == NULL)
			last->file = uses->uses[i].file;
	}
	uses->n = n;
}

int blob_uses_find(const struct frame *base, const struct contents *contents,
	const uint8_t *replaced, size_t n_replaced, struct blob_uses *ret_uses, struct error *err)
{
	struct blob_uses uses = {
		.uses = calloc(contents->n_files + n_replaced + 1, sizeof(*uses.uses))};
	if (uses.uses == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < contents->n_files; i++) {
		const struct content_file *file = &contents->files[i];
		if (file->original_bytes == 0)
			continue;
		struct blob_use *use = &uses.uses[uses.n++];
		*use = (struct blob_use){.more = 1, .file = file};
		memcpy(use->sha1, file->sha1, sizeof(use->sha1));
	}
	for (size_t i = 0; i < n_replaced; i++) {
		struct blob_use *use = &uses.uses[uses.n++];
		*use = (struct blob_use){.more = -1, .n_lost = 1};
		memcpy(use->sha1, replaced + i * WIM_SHA1_BYTES, sizeof(use->sha1));
	}
	merge(&uses);
	for (size_t i = 0; i < uses.n; i++)
		uses.uses[i].entry = wim_blob_index_find(base->index, uses.uses[i].sha1);
	*ret_uses = uses;
	return 0;
}

bool blob_use_is_new(const struct blob_use *use)
{
	return use->entry < 0 && use->file != NULL && use->more > 0;
}

/* ---- the table ---- */

static int put_entry(struct composition *composition, const struct wim_blob_entry *entry)
{
	uint8_t bytes[WIM_BLOB_ENTRY_BYTES];
	wim_blob_entry_write(entry, bytes);
	return compose_bytes(composition, bytes, sizeof(bytes));
}

static int compare_places(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	return (x > y) - (x < y);
}

/* All of the base's but those at the places, which rise. */
static int put_old_entries(
	const struct frame *base, const size_t *places, size_t n, struct composition *composition)
{
	uint64_t table = base->header.blob_table.offset;
	size_t from = 0;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i <= n; i++) {
		size_t to = i < n ? places[i] : base->n_entries;
		rc = compose_range(composition, COMPOSE_BASE, table + from * WIM_BLOB_ENTRY_BYTES,
			(to - from) * WIM_BLOB_ENTRY_BYTES);
		from = to + 1;
	}
	return rc;
}

/* One whose number of names changes; that loses its last one is left out. */
static int put_changed(const struct frame *base, const struct blob_use *use,
	struct composition *composition, struct error *err)
{
	struct wim_blob_entry entry;
	frame_entry(base, (size_t)use->entry, &entry);
	int64_t n = (int64_t)entry.n_uses + use->more;
	if (n <= 0)
		return 0;
	if (n > UINT32_MAX)
		return error_set(err, -EOVERFLOW, "one content with more than 2^32 names");
	entry.n_uses = (uint32_t)n;
	int rc = put_entry(composition, &entry);
	return rc < 0 ? error_set(err, rc, "%s", strerror(-rc)) : 0;
}

static int put_new(const struct frame *base, const struct blob_use *use, const uint64_t *blob_at,
	struct composition *composition, struct error *err)
{
	const struct content_file *file = use->file;
	struct wim_blob_entry entry = {
		.resource =
			{
				.offset = blob_at[file->blob] + file->offset,
				.stored_bytes = file->stored_bytes,
				.original_bytes = file->original_bytes,
				.flags = file->is_compressed ? WIM_RESOURCE_COMPRESSED : 0,
			},
		.part = base->header.part,
		.n_uses = (uint32_t)use->more,
	};
	memcpy(entry.sha1, use->sha1, sizeof(entry.sha1));
	int rc = put_entry(composition, &entry);
	return rc < 0 ? error_set(err, rc, "%s", strerror(-rc)) : 0;
}

int layer_add_table(const struct frame *base, const struct blob_uses *uses,
	const struct wim_blob_entry *metadata, const uint64_t *blob_at,
	struct composition *composition, size_t *ret_metadata_at, struct error *err)
{
	CLEANUP(memory_freep) size_t *places = calloc(uses->n + 1, sizeof(*places));
	size_t n = 0;
	if (places == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	places[n++] = base->metadata;
	for (size_t i = 0; i < uses->n; i++)
		if (uses->uses[i].entry >= 0 && uses->uses[i].more != 0)
			places[n++] = (size_t)uses->uses[i].entry;
	qsort(places, n, sizeof(*places), compare_places);
	int rc = put_old_entries(base, places, n, composition);
	*ret_metadata_at = composition->own.size;
	if (rc == 0)
		rc = put_entry(composition, metadata);
	if (rc < 0)
		return error_set(err, rc, "the blob table: %s", strerror(-rc));
	for (size_t i = 0; rc == 0 && i < uses->n; i++) {
		const struct blob_use *use = &uses->uses[i];
		if (use->entry >= 0 && use->more != 0)
			rc = put_changed(base, use, composition, err);
		else if (blob_use_is_new(use))
			rc = put_new(base, use, blob_at, composition, err);
	}
	return rc;
}
