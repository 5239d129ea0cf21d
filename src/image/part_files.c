/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of files and folders that a user adds. */
#include "image/part.h"

#include "adapter/file.h"
#include "base/name_table.h"
#include "driver/walk.h"
#include "image/own_paths.h"
#include "image/part_room.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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
		rc = part_begin(&part, compression, files.n, err);
	if (rc < 0)
		return rc;
	CLEANUP(memory_freep) struct resource *resources = calloc(files.n, sizeof(*resources));
	if (resources == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	CLEANUP(file_closep) int fd = -1;
	const struct press_way way = {.compression = compression};
	rc = part_press_blob(store, &way, open_user_file, &files, files.n, files.n_bytes, progress,
		resources, &part.blob.size, &fd, err);
	for (size_t i = 0; rc == 0 && i < files.n; i++)
		rc = part_add_file(&part, files.files[i].target, &resources[i], err);
	if (rc == 0) {
		rc = part_keep_blob(store, fd, &part, err);
		fd = -1;
	}
	if (rc == 0)
		rc = part_keep(store, NULL, &part, err);
	if (rc < 0)
		return rc;
	*ret_part = part;
	part = (struct part_record){.files = NULL};
	return 0;
}
