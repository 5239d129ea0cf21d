/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of driver packages. */
#include "image/part.h"

#include "adapter/file.h"
#include "base/text.h"
#include "image/part_room.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* ---- what both kinds share ---- */

int part_add_file(struct part_record *part, const char *path, const struct resource *resource,
	struct error *err)
{
	struct part_file *file = &part->files[part->n_files];
	*file = (struct part_file){
		.path = strdup(path),
		.offset = resource->offset,
		.stored_bytes = resource->stored_bytes,
		.original_bytes = resource->original_bytes,
		.is_compressed = resource->is_compressed,
	};
	if (file->path == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	memcpy(file->sha1, resource->sha1, sizeof(file->sha1));
	part->n_files++;
	return 0;
}

int part_begin(struct part_record *part, enum wim_compression compression, size_t n_files,
	struct error *err)
{
	(void)text_copy(
		part->compression, sizeof(part->compression), wim_compression_text(compression));
	part->files = calloc(n_files + 1, sizeof(*part->files));
	return part->files != NULL ? 0 : error_set(err, -ENOMEM, "out of memory");
}

int part_press_blob(struct store *store, const struct press_way *way, resource_opener *opener,
	void *context, size_t n_inputs, uint64_t n_bytes, const struct progress_sink *progress,
	struct resource *resources, uint64_t *ret_size, int *ret_fd, struct error *err)
{
	int fd;
	int rc = store_blob_create(store, &fd, err);
	if (rc < 0)
		return rc;
	rc = resources_write(way, opener, context, n_inputs, n_bytes, fd, progress, resources, err);
	if (rc < 0) {
		store_blob_discard(store, fd);
		return rc == -ENOSPC || rc == -EDQUOT
			       ? error_set(err, rc, "%s/blobs: no space left on its disk",
					 store_directory(store))
			       : rc;
	}
	/* The disk writes meanwhile; the sync at the end has less to wait for. */
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	rc = file_size(fd, ret_size);
	if (rc < 0) {
		store_blob_discard(store, fd);
		return error_set(err, rc, "%s", strerror(-rc));
	}
	*ret_fd = fd;
	return 0;
}

int part_keep_blob(struct store *store, int fd, struct part_record *part, struct error *err)
{
	if (part->blob.size > 0)
		return store_blob_commit(store, fd, &part->blob, err);
	store_blob_discard(store, fd);
	return 0;
}

int part_keep(struct store *store, const char *key, struct part_record *part, struct error *err)
{
	int rc = part_id(part);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	return store_part_put(store, key != NULL ? key : part->id, part, err);
}

bool part_is_whole(struct store *store, const struct part_record *part)
{
	return part->blob.size == 0 || store_blob_is_there(store, &part->blob);
}

/* ---- packages ---- */

struct package_inputs {
	struct store *store;
	const struct driver_package *package;
	size_t *files; /* of each input: a file of the package with that content */
};

static int open_package_file(
	void *context, size_t index, struct resource_input *ret_input, struct error *err)
{
	const struct package_inputs *inputs = context;
	const struct driver_file *file = &inputs->package->files[inputs->files[index]];
	struct resource_input input = {.fd = -1};
	int rc = store_blob_open(inputs->store, file->blob.sha256, &input.fd, err);
	if (rc == -ENOENT)
		rc = -EIO;
	if (rc == 0)
		rc = file_size(input.fd, &input.size);
	if (rc == 0 && input.size != file->blob.size)
		rc = error_set(err, -EIO,
			"its content in the state is damaged; `pewter driver "
			"remove` it and add it again");
	if (rc < 0) {
		if (input.fd >= 0)
			(void)close(input.fd);
		return error_prefix(err, rc, "%s, file %s", inputs->package->inf, file->path);
	}
	memcpy(input.sha256, file->blob.sha256, sizeof(input.sha256));
	*ret_input = input;
	return 0;
}

/* One input for each content, however many files have it: which input each file is. */
static size_t find_inputs(const struct driver_package *package, size_t *files, size_t *input_of)
{
	size_t n = 0;
	for (size_t i = 0; i < package->n_files; i++) {
		size_t input = 0;
		while (input < n && strcmp(package->files[files[input]].blob.sha256,
					    package->files[i].blob.sha256) != 0)
			input++;
		if (input == n)
			files[n++] = i;
		input_of[i] = input;
	}
	return n;
}

int part_press(struct store *store, const struct driver_package *package,
	const struct press_way *way, const struct progress_sink *progress, struct part_record *part,
	int *ret_fd, struct error *err)
{
	size_t n = package->n_files + 1;
	CLEANUP(memory_freep) size_t *files = calloc(n, sizeof(*files));
	CLEANUP(memory_freep) size_t *input_of = calloc(n, sizeof(*input_of));
	CLEANUP(memory_freep) struct resource *resources = calloc(n, sizeof(*resources));
	int rc = part_begin(part, way->compression, package->n_files, err);
	if (rc < 0)
		return rc;
	if (files == NULL || input_of == NULL || resources == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	struct package_inputs inputs = {store, package, files};
	size_t n_inputs = find_inputs(package, files, input_of);
	uint64_t n_bytes = 0;
	for (size_t i = 0; i < n_inputs; i++)
		n_bytes += package->files[files[i]].blob.size;
	CLEANUP(file_closep) int fd = -1;
	rc = part_press_blob(store, way, open_package_file, &inputs, n_inputs, n_bytes, progress,
		resources, &part->blob.size, &fd, err);
	for (size_t i = 0; rc == 0 && i < package->n_files; i++)
		rc = part_add_file(part, package->files[i].path, &resources[input_of[i]], err);
	if (rc < 0)
		return rc;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int part_of_package(struct store *store, const struct driver_package *package,
	enum wim_compression compression, const struct progress_sink *progress,
	struct part_record *ret_part, struct error *err)
{
	CLEANUP(part_record_clear) struct part_record part = {.files = NULL};
	struct error unheard;
	int fd;
	int rc = store_part_get(
		store, package->id, wim_compression_text(compression), &part, &unheard);
	if (rc < 0 && rc != -ENOENT) {
		*err = unheard;
		return rc;
	}
	/* Its blob may have been lost: then it is made again. */
	if (rc < 0 || !part_is_whole(store, &part)) {
		const struct press_way way = {.compression = compression};
		part_record_clear(&part);
		rc = part_press(store, package, &way, progress, &part, &fd, err);
		if (rc == 0)
			rc = part_keep_blob(store, fd, &part, err);
		if (rc == 0)
			rc = part_keep(store, package->id, &part, err);
	}
	if (rc < 0)
		return rc;
	*ret_part = part;
	part = (struct part_record){.files = NULL};
	return 0;
}
