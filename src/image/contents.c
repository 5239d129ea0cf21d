/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/contents.h"

#include "base/name_table.h"
#include "base/text.h"
#include "image/contents_room.h"
#include "image/own_paths.h"
#include "image/part.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- files ---- */

static int put_part_files(
	struct contents *contents, size_t part, const char *folder, struct error *err)
{
	const struct part_record *record = &contents->parts[part];
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < record->n_files; i++) {
		const struct part_file *from = &record->files[i];
		struct content_file file = {
			.blob = COMPOSE_PARTS + (uint32_t)part,
			.offset = from->offset,
			.stored_bytes = from->stored_bytes,
			.original_bytes = from->original_bytes,
			.is_compressed = from->is_compressed,
		};
		memcpy(file.sha1, from->sha1, sizeof(file.sha1));
		if (asprintf(&file.path, "%s%s", folder, from->path) < 0)
			file.path = NULL;
		rc = contents_put(contents, &file);
	}
	return rc < 0 ? error_set(err, rc, "%zu files: %s", record->n_files, strerror(-rc)) : 0;
}

/* ---- parts ---- */

/* Takes it over; the same one twice is one. */
static size_t keep_part(struct contents *contents, struct part_record *part)
{
	for (size_t i = 0; i < contents->n_parts; i++) {
		if (strcmp(contents->parts[i].id, part->id) == 0) {
			part_record_clear(part);
			return i;
		}
	}
	contents->parts[contents->n_parts] = *part;
	*part = (struct part_record){.files = NULL};
	return contents->n_parts++;
}

/* The part it had before, if that still serves: its blob is there, and the image is not another one
 * by now. */
static int get_old_part(const struct layer_request *request, const char *id,
	enum wim_compression compression, struct part_record *ret_part, struct error *err)
{
	CLEANUP(part_record_clear) struct part_record part = {.files = NULL};
	int rc = store_part_by_id(request->store, id, &part, err);
	if (rc < 0)
		return rc;
	if (strcmp(part.compression, wim_compression_text(compression)) != 0)
		return error_set(err, -ENOENT, "it is compressed with %s, the image with %s",
			part.compression, wim_compression_text(compression));
	if (!part_is_whole(request->store, &part))
		return error_set(err, -ENOENT, "blobs/%.2s/%s is missing or cut", part.blob.sha256,
			part.blob.sha256);
	*ret_part = part;
	part = (struct part_record){.files = NULL};
	return 0;
}

/* Those that a revision before had. A package whose part does not serve has none afterwards. */
static int get_old_parts(const struct layer_request *request, enum wim_compression compression,
	struct contents *contents, struct error *err)
{
	bool has_begun;
	int rc = store_begin_reading(request->store, &has_begun, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < contents->n_packages; i++) {
		struct revision_package *package = &contents->packages[i];
		CLEANUP(part_record_clear) struct part_record part = {.files = NULL};
		if (package->part[0] == 0)
			continue;
		rc = get_old_part(request, package->part, compression, &part, err);
		if (rc == 0) {
			(void)keep_part(contents, &part);
		} else if (rc == -ENOENT) {
			package->part[0] = 0;
			rc = 0;
		}
	}
	store_end_reading(request->store, has_begun);
	return rc;
}

static int get_new_part(const struct layer_request *request, const struct revision_package *package,
	enum wim_compression compression, struct part_record *ret_part, struct error *err)
{
	CLEANUP(driver_package_clear) struct driver_package record = {.row = 0};
	int rc = store_driver_get(request->store, package->id, &record, err);
	if (rc == 0)
		return part_of_package(
			request->store, &record, compression, request->progress, ret_part, err);
	if (rc == -ENOENT)
		return error_set(err, -EIO,
			"%s (%.12s) is not among the drivers any more, and what it was in this "
			"image does not serve; `pewter driver add` it again",
			package->inf, package->id);
	return rc;
}

/* ---- packages ---- */

static bool has_number(
	const struct contents *contents, const uint32_t *taken, size_t n_taken, uint32_t number)
{
	for (size_t i = 0; i < contents->n_packages; i++)
		if (contents->packages[i].number == number)
			return true;
	for (size_t i = 0; i < n_taken; i++)
		if (taken[i] == number)
			return true;
	return false;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct revision_package *x = a, *y = b;
	return (x->number > y->number) - (x->number < y->number);
}

static int number_packages(
	const struct wim_tree *tree, struct contents *contents, struct error *err)
{
	CLEANUP(memory_freep) uint32_t *taken = NULL;
	size_t n_taken = 0;
	int rc = contents_base_drivers(tree, &taken, &n_taken, err);
	if (rc < 0)
		return rc;
	uint32_t next = 1;
	for (size_t i = 0; i < contents->n_packages; i++) {
		if (contents->packages[i].number != 0)
			continue;
		while (has_number(contents, taken, n_taken, next))
			next++;
		contents->packages[i].number = next++;
	}
	qsort(contents->packages, contents->n_packages, sizeof(*contents->packages),
		compare_numbers);
	return 0;
}

static int make_parts(const struct layer_request *request, enum wim_compression compression,
	struct contents *contents, struct error *err)
{
	int rc = get_old_parts(request, compression, contents, err);
	for (size_t i = 0; rc == 0 && i < contents->n_packages; i++) {
		struct revision_package *package = &contents->packages[i];
		CLEANUP(part_record_clear) struct part_record part = {.files = NULL};
		if (package->part[0] != 0)
			continue;
		rc = get_new_part(request, package, compression, &part, err);
		if (rc < 0)
			return rc;
		memcpy(package->part, part.id, sizeof(package->part));
		(void)keep_part(contents, &part);
	}
	return rc;
}

static size_t find_part(const struct contents *contents, const char *id)
{
	size_t i = 0;
	while (i < contents->n_parts && strcmp(contents->parts[i].id, id) != 0)
		i++;
	assert(i < contents->n_parts);
	return i;
}

static int put_packages(struct contents *contents, struct error *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < contents->n_packages; i++) {
		const struct revision_package *package = &contents->packages[i];
		char folder[64];
		(void)snprintf(folder, sizeof(folder), OWN_DRIVERS "/%u/", package->number);
		rc = put_part_files(contents, find_part(contents, package->part), folder, err);
	}
	return rc;
}

static int add_users_files(const struct layer_request *request, enum wim_compression compression,
	struct contents *contents, struct error *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < request->n_files; i++) {
		CLEANUP(part_record_clear) struct part_record part = {.files = NULL};
		rc = get_old_part(request, request->files[i].part, compression, &part, err);
		if (rc < 0)
			return error_prefix(err, rc == -ENOENT ? -EIO : rc,
				"the files that were added from %s", request->files[i].source);
		rc = put_part_files(contents, keep_part(contents, &part), "", err);
	}
	return rc;
}

int contents_gather_parts(const struct layer_request *request, enum wim_compression compression,
	struct contents *ret_contents, struct error *err)
{
	CLEANUP(contents_clear) struct contents contents = {.names = name_table_empty()};
	contents.parts =
		calloc(request->n_packages + request->n_files + 1, sizeof(*contents.parts));
	contents.packages = calloc(request->n_packages + 1, sizeof(*contents.packages));
	if (contents.parts == NULL || contents.packages == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	if (request->n_packages > 0)
		memcpy(contents.packages, request->packages,
			request->n_packages * sizeof(*contents.packages));
	contents.n_packages = request->n_packages;
	/* The user's first: what Pewter puts where they put theirs stays. */
	int rc = add_users_files(request, compression, &contents, err);
	if (rc == 0)
		rc = make_parts(request, compression, &contents, err);
	if (rc < 0)
		return rc;
	*ret_contents = contents;
	contents = (struct contents){.names = name_table_empty()};
	return 0;
}

int contents_settle(const struct layer_request *request, const struct ground *ground,
	struct buffer *own, struct contents *contents, struct error *err)
{
	int rc = number_packages(ground->tree, contents, err);
	if (rc == 0)
		rc = put_packages(contents, err);
	return rc < 0 ? rc : contents_add_own(request, ground, own, contents, err);
}
