/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/fileset.h"

#include "adapter/file.h"
#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fileset fileset_empty(void)
{
	return (struct fileset){.root = -1, .names = buffer_with_max(LIMIT_FOLDER_NAMES_BYTES)};
}

void fileset_clear(struct fileset *set)
{
	if (set->root >= 0)
		(void)close(set->root);
	if (set->scratch != NULL)
		scratch_remove(set->scratch);
	free(set->scratch);
	free(set->files);
	buffer_free(&set->names);
	*set = fileset_empty();
}

int fileset_make(struct fileset *set, struct scratch *scratch, struct error *err)
{
	char path[PATH_MAX];
	int rc = scratch_new_folder(scratch, path, sizeof(path), err);
	if (rc < 0)
		return rc;
	set->scratch = strdup(path);
	if (set->scratch == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	set->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return set->root < 0 ? error_set(err, -errno, "%s: %s", path, strerror(errno)) : 0;
}

int fileset_add(struct fileset *set, const char *path, uint64_t size, struct error *err)
{
	if (set->n >= LIMIT_ARCHIVE_ENTRIES)
		return error_set(err, -E2BIG, "more than %d files; name smaller folders one by one",
			LIMIT_ARCHIVE_ENTRIES);
	if (set->n == set->capacity) {
		size_t capacity = set->capacity == 0 ? 64 : set->capacity * 2;
		struct fileset_file *files = reallocarray(set->files, capacity, sizeof(*files));
		if (files == NULL)
			return error_set(err, -ENOMEM, "out of memory");
		set->files = files;
		set->capacity = capacity;
	}
	size_t at = set->names.size;
	int rc = buffer_add(&set->names, path, strlen(path) + 1);
	if (rc < 0)
		return error_set(err, rc, "the names of its files have more than %u bytes together",
			LIMIT_FOLDER_NAMES_BYTES);
	set->files[set->n++] = (struct fileset_file){.name = at, .size = size};
	return 0;
}

const char *fileset_path(const struct fileset *set, size_t file)
{
	return (const char *)set->names.bytes + set->files[file].name;
}

static int compare(const void *a, const void *b, void *context)
{
	const struct fileset_file *x = a, *y = b;
	const char *names = context;
	int order = text_compare_nocase(names + x->name, names + y->name);
	return order != 0 ? order : strcmp(names + x->name, names + y->name);
}

void fileset_sort(struct fileset *set)
{
	if (set->n > 1)
		qsort_r(set->files, set->n, sizeof(*set->files), compare, set->names.bytes);
}

ssize_t fileset_find(const struct fileset *set, const char *path)
{
	size_t low = 0, high = set->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (text_compare_nocase(fileset_path(set, middle), path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < set->n && text_equal_nocase(fileset_path(set, low), path);
	return found ? (ssize_t)low : -1;
}

ssize_t fileset_collision(const struct fileset *set)
{
	for (size_t i = 1; i < set->n; i++) {
		if (text_equal_nocase(fileset_path(set, i - 1), fileset_path(set, i)))
			return (ssize_t)i;
	}
	return -1;
}

int fileset_open(const struct fileset *set, size_t file, int *ret_fd, struct error *err)
{
	const char *path = fileset_path(set, file);
	struct stat status;
	CLEANUP(file_closep) int fd = file_open_beneath(set->root, path, 0);
	if (fd < 0)
		return error_set(err, fd, "%s: %s", path,
			fd == -EXDEV ? "a link that leads out of the folder is not followed"
				     : strerror(-fd));
	if (fstat(fd, &status) < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size != set->files[file].size)
		return error_set(err, -EAGAIN, "%s: changed while it was read; try again", path);
	*ret_fd = fd;
	fd = -1;
	return 0;
}
