/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/part.h"

#include "adapter/file.h"
#include "base/name_table.h"
#include "base/text.h"
#include "driver/walk.h"
#include "image/own_paths.h"
#include "image/resources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- what both kinds share ---- */

static int add_file(struct part_record *part, const char *path, const struct resource *resource)
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
		return -ENOMEM;
	memcpy(file->sha1, resource->sha1, sizeof(file->sha1));
	part->n_files++;
	return 0;
}

static int begin(struct part_record *part, enum wim_compression compression, size_t n_files,
	struct error *err)
{
	(void)text_copy(
		part->compression, sizeof(part->compression), wim_compression_text(compression));
	part->files = calloc(n_files + 1, sizeof(*part->files));
	return part->files != NULL ? 0 : error_set(err, -ENOMEM, "out of memory");
}

/* Compresses into a blob of its own, which is not in the store yet. */
static int press_blob(struct store *store, enum wim_compression compression,
	resource_opener *opener, void *context, size_t n_inputs, uint64_t n_bytes,
	const struct progress_sink *progress, struct resource *resources, uint64_t *ret_size,
	int *ret_fd, struct error *err)
{
	int fd;
	int rc = store_blob_create(store, &fd, err);
	if (rc < 0)
		return rc;
	rc = resources_write(
		compression, opener, context, n_inputs, n_bytes, fd, progress, resources, err);
	if (rc < 0) {
		(void)close(fd);
		return rc;
	}
	/* The disk writes meanwhile; the sync at the end has less to wait for. */
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	rc = file_size(fd, ret_size);
	if (rc < 0) {
		(void)close(fd);
		return error_set(err, rc, "%s", strerror(-rc));
	}
	*ret_fd = fd;
	return 0;
}

/* Of nothing but empty files there is no blob. */
static int keep_blob(struct store *store, int fd, struct part_record *part, struct error *err)
{
	if (part->blob.size > 0)
		return store_blob_commit(store, fd, &part->blob, err);
	(void)close(fd);
	return 0;
}

static int keep(struct store *store, const char *key, struct part_record *part, struct error *err)
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

static int press_package(struct store *store, const struct driver_package *package,
	enum wim_compression compression, struct part_record *part, int *ret_fd, struct error *err)
{
	size_t n = package->n_files + 1;
	CLEANUP(memory_freep) size_t *files = calloc(n, sizeof(*files));
	CLEANUP(memory_freep) size_t *input_of = calloc(n, sizeof(*input_of));
	CLEANUP(memory_freep) struct resource *resources = calloc(n, sizeof(*resources));
	int rc = begin(part, compression, package->n_files, err);
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
	rc = press_blob(store, compression, open_package_file, &inputs, n_inputs, n_bytes, NULL,
		resources, &part->blob.size, &fd, err);
	for (size_t i = 0; rc == 0 && i < package->n_files; i++) {
		rc = add_file(part, package->files[i].path, &resources[input_of[i]]);
		if (rc < 0)
			(void)error_set(err, rc, "out of memory");
	}
	if (rc < 0)
		return rc;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int part_press_package(struct store *store, const struct driver_package *package,
	enum wim_compression compression, struct part_record *ret_part, int *ret_fd,
	struct error *err)
{
	CLEANUP(part_record_clear) struct part_record part = {.files = NULL};
	struct error unheard;
	int fd = -1;
	int rc = store_part_get(
		store, package->id, wim_compression_text(compression), &part, &unheard);
	if (rc < 0 && rc != -ENOENT) {
		*err = unheard;
		return rc;
	}
	/* Its blob may have been lost: then it is made again. */
	if (rc < 0 || !part_is_whole(store, &part)) {
		part_record_clear(&part);
		rc = press_package(store, package, compression, &part, &fd, err);
	}
	if (rc < 0)
		return rc;
	*ret_part = part;
	part = (struct part_record){.files = NULL};
	*ret_fd = fd;
	return 0;
}

int part_keep_package(struct store *store, const char *package, int fd, struct part_record *part,
	struct error *err)
{
	int rc = keep_blob(store, fd, part, err);
	return rc < 0 ? rc : keep(store, package, part, err);
}

int part_of_package(struct store *store, const struct driver_package *package,
	enum wim_compression compression, struct part_record *ret_part, struct error *err)
{
	CLEANUP(part_record_clear) struct part_record part = {.files = NULL};
	int fd;
	int rc = part_press_package(store, package, compression, &part, &fd, err);
	if (rc == 0 && fd >= 0)
		rc = part_keep_package(store, package->id, fd, &part, err);
	if (rc < 0)
		return rc;
	*ret_part = part;
	part = (struct part_record){.files = NULL};
	return 0;
}

/* ---- files of the user's ---- */

struct user_file {
	char *path, *target; /* owned */
	uint64_t size;
};

struct user_files {
	struct user_file *files; /* owned */
	size_t n, capacity;
	struct name_table targets; /* to their index, whatever their case */
	uint64_t n_bytes;
};

static void user_files_clear(struct user_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		free(files->files[i].path);
		free(files->files[i].target);
	}
	free(files->files);
	name_table_clear(&files->targets);
}

/* Windows keeps names apart by more than their case. */
static int note_target(
	struct user_files *files, const char *path, const char *target, struct error *err)
{
	uint32_t index = 0;
	int rc =
		name_table_add(&files->targets, target, strlen(target), (uint32_t)files->n, &index);
	if (rc < 0)
		return error_set(err, rc, "%s: %s", path, strerror(-rc));
	if (index != files->n)
		return error_set(err, -EINVAL,
			"%s and %s would both be \\%s: names do not differ "
			"by their case in Windows",
			files->files[index].path, path, target);
	return 0;
}

static int add_user_file(struct user_files *files, const char *path, const char *target,
	uint64_t size, struct error *err)
{
	if (own_path(target))
		return error_set(err, -EPERM,
			"%s: Pewter writes that itself; choose another place than \\%s", path,
			target);
	if (size > LIMIT_ADDED_BYTES - files->n_bytes)
		return error_set(err, -EFBIG,
			"%s: more than %llu MB at once do not go into an image that runs in memory",
			path, LIMIT_ADDED_BYTES >> 20);
	if (files->n == LIMIT_ARCHIVE_ENTRIES)
		return error_set(
			err, -E2BIG, "%s: more than %d files", path, LIMIT_ARCHIVE_ENTRIES);
	int rc = note_target(files, path, target, err);
	if (rc < 0)
		return rc;
	if (files->n == files->capacity) {
		size_t n = files->capacity == 0 ? 16 : 2 * files->capacity;
		struct user_file *grown = realloc(files->files, n * sizeof(*grown));
		if (grown == NULL)
			return error_set(err, -ENOMEM, "out of memory");
		files->files = grown;
		files->capacity = n;
	}
	struct user_file *file = &files->files[files->n++];
	*file = (struct user_file){.path = strdup(path), .target = strdup(target), .size = size};
	files->n_bytes += size;
	return file->path != NULL && file->target != NULL
		       ? 0
		       : error_set(err, -ENOMEM, "out of memory");
}

struct refusal {
	const char *folder;
	struct error *err;
};

/* Who adds a folder wants all of it: what cannot be taken is no file to pass over. */
static int refuse(void *context, const char *path, const char *reason)
{
	const struct refusal *refusal = context;
	return error_set(refusal->err, -EINVAL, "%s/%s: %s", refusal->folder, path, reason);
}

static int add_folder(
	struct user_files *files, const char *folder, const char *target, struct error *err)
{
	CLEANUP(fileset_clear) struct fileset set = fileset_empty();
	struct refusal refusal = {folder, err};
	const struct walk walk = {.skipped = refuse, .context = &refusal};
	int rc = walk_folder(folder, &walk, &set, err);
	if (rc < 0)
		return err->text[0] != 0 ? rc : error_set(err, rc, "%s: %s", folder, strerror(-rc));
	for (size_t i = 0; rc == 0 && i < set.n; i++) {
		char path[4096], place[4096];
		const char *name = fileset_path(&set, i);
		int n_path = snprintf(path, sizeof(path), "%s/%s", folder, name);
		int n_place = snprintf(
			place, sizeof(place), "%s%s%s", target, target[0] != 0 ? "/" : "", name);
		if (n_path >= (int)sizeof(path) || n_place >= (int)sizeof(place))
			return error_set(
				err, -ENAMETOOLONG, "%.200s: %s", name, strerror(ENAMETOOLONG));
		rc = add_user_file(files, path, place, set.files[i].size, err);
	}
	return rc;
}

static bool ends_with_slash(const char *text)
{
	size_t n = strlen(text);
	return n == 0 || text[n - 1] == '/' || text[n - 1] == '\\';
}

static int add_source(struct user_files *files, const struct part_source *source, struct error *err)
{
	char target[4096];
	struct stat status;
	if (stat(source->path, &status) < 0)
		return error_set(err, -errno, "%s: %s", source->path, strerror(errno));
	if (!own_path_clean(source->target, target, sizeof(target)))
		return error_set(err, -EINVAL, "%s: \\%s is no place inside an image", source->path,
			source->target);
	if (S_ISDIR(status.st_mode))
		return add_folder(files, source->path, target, err);
	if (!S_ISREG(status.st_mode))
		return error_set(err, -EINVAL, "%s is neither a file nor a folder", source->path);
	if (ends_with_slash(source->target)) {
		const char *slash = strrchr(source->path, '/');
		const char *name = slash != NULL ? slash + 1 : source->path;
		size_t n = strlen(target);
		int more = snprintf(target + n, sizeof(target) - n, "%s%s", n > 0 ? "/" : "", name);
		if (more < 0 || (size_t)more >= sizeof(target) - n)
			return error_set(
				err, -ENAMETOOLONG, "%s: %s", source->path, strerror(ENAMETOOLONG));
	}
	return add_user_file(files, source->path, target, (uint64_t)status.st_size, err);
}

static int open_user_file(
	void *context, size_t index, struct resource_input *ret_input, struct error *err)
{
	const struct user_file *file = &((const struct user_files *)context)->files[index];
	struct stat status;
	struct resource_input input = {
		.fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), .size = file->size};
	if (input.fd < 0)
		return error_set(err, -errno, "%s: %s", file->path, strerror(errno));
	if (fstat(input.fd, &status) < 0 || !S_ISREG(status.st_mode) ||
		(uint64_t)status.st_size != file->size) {
		(void)close(input.fd);
		return error_set(err, -EIO, "%s has changed meanwhile; begin again", file->path);
	}
	*ret_input = input;
	return 0;
}

int part_of_files(struct store *store, const struct part_source *sources, size_t n_sources,
	enum wim_compression compression, const struct progress_sink *progress,
	struct part_record *ret_part, struct error *err)
{
	CLEANUP(part_record_clear) struct part_record part = {.files = NULL};
	CLEANUP(user_files_clear) struct user_files files = {.targets = name_table_empty()};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n_sources; i++)
		rc = add_source(&files, &sources[i], err);
	if (rc == 0 && files.n == 0)
		rc = error_set(err, -ENOENT, "%s holds no file", sources[0].path);
	if (rc == 0)
		rc = begin(&part, compression, files.n, err);
	if (rc < 0)
		return rc;
	CLEANUP(memory_freep) struct resource *resources = calloc(files.n, sizeof(*resources));
	if (resources == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	CLEANUP(file_closep) int fd = -1;
	rc = press_blob(store, compression, open_user_file, &files, files.n, files.n_bytes,
		progress, resources, &part.blob.size, &fd, err);
	for (size_t i = 0; rc == 0 && i < files.n; i++) {
		rc = add_file(&part, files.files[i].target, &resources[i]);
		if (rc < 0)
			(void)error_set(err, rc, "out of memory");
	}
	if (rc == 0) {
		rc = keep_blob(store, fd, &part, err);
		fd = -1;
	}
	if (rc == 0)
		rc = keep(store, NULL, &part, err);
	if (rc < 0)
		return rc;
	*ret_part = part;
	part = (struct part_record){.files = NULL};
	return 0;
}
