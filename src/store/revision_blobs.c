/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the blobs of a revision's record are, and whether the store has them. */
#include "store/internal.h"

#include <errno.h>
#include <string.h>

size_t revision_n_places(const struct revision_record *record)
{
	return record->n_files + record->n_packages;
}

static const char *part_at(const struct revision_record *record, size_t place)
{
	return place < record->n_files ? record->files[place].part
				       : record->packages[place - record->n_files].part;
}

/* A blob and its number in packed pieces. */
struct known_blob {
	struct blob blob;
	uint64_t number;
};

static int compare_known(const void *a, const void *b)
{
	const struct known_blob *x = a, *y = b;
	int order = strcmp(x->blob.sha256, y->blob.sha256);
	return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

static const struct known_blob *find_known(
	const struct known_blob *known, size_t n, const struct blob *blob)
{
	size_t low = 0;
	for (size_t high = n; low < high;) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(known[middle].blob.sha256, blob->sha256) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && strcmp(known[low].blob.sha256, blob->sha256) == 0 &&
			       known[low].blob.size == blob->size
		       ? &known[low]
		       : NULL;
}

static int read_part_blob(
	struct store *store, const char *part, struct blob *ret_blob, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"SELECT blob.sha256, blob.size FROM part"
		" LEFT JOIN blob ON blob.sha256 = part.blob WHERE part.id = ?");
	sql_put_text(&query, part);
	int rc = sql_step(&query, err);
	if (rc == 0)
		return error_set(err, -ESTALE,
			"part %.12s has been swept meanwhile, with the package it was made of; try "
			"again",
			part);
	if (rc < 0)
		return rc;
	sql_get_text(&query, ret_blob->sha256, sizeof(ret_blob->sha256));
	ret_blob->size = sql_get_u64(&query);
	return 0;
}

/* Base and parts, sorted. */
static int know_blobs(struct store *store, const struct revision_record *record,
	struct known_blob **ret_known, size_t *ret_n, struct error *err)
{
	CLEANUP(memory_freep)
	struct known_blob *known = calloc(1 + revision_n_places(record), sizeof(*known));
	if (known == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	size_t n = 0;
	known[n++] = (struct known_blob){record->blobs[0], 0};
	for (size_t place = 0; place < revision_n_places(record); place++) {
		struct known_blob *next = &known[n];
		int rc = read_part_blob(store, part_at(record, place), &next->blob, err);
		if (rc < 0)
			return rc;
		next->number = 2 + place;
		n += next->blob.size > 0;
	}
	qsort(known, n, sizeof(*known), compare_known);
	*ret_known = TAKE(known);
	*ret_n = n;
	return 0;
}

int revision_number_blobs(struct store *store, const struct revision_record *record,
	uint64_t *numbers, struct blob *ret_layer, struct error *err)
{
	CLEANUP(memory_freep) struct known_blob *known = NULL;
	size_t n = 0;
	*ret_layer = (struct blob){.size = 0};
	int rc = know_blobs(store, record, &known, &n, err);
	for (size_t i = 0; rc == 0 && i < record->n_blobs; i++) {
		const struct blob *blob = &record->blobs[i];
		const struct known_blob *found = find_known(known, n, blob);
		numbers[i] = found != NULL ? found->number : 1;
		if (found != NULL)
			continue;
		if (ret_layer->size != 0)
			return error_set(err, -EINVAL,
				"revision %u of \"%s\": blob %.12s belongs to none of its parts",
				record->revision, record->image, blob->sha256);
		*ret_layer = *blob;
		if (blob->sha256[0] != 0)
			rc = blob_claim(store, blob, err);
	}
	return rc;
}
