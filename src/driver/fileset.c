/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/fileset.h"

#include "adapter/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "format/pe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES (64U << 10)

struct fileset fileset_empty(void)
{
	return (struct fileset){.root = -1, .names = buffer_with_max(LIMIT_FOLDER_NAMES_BYTES)};
}

void fileset_forget(struct fileset *set)
{
	char *scratch = set->scratch;
	if (set->root >= 0)
		(void)close(set->root);
	free(set->files);
	buffer_free(&set->names);
	*set = fileset_empty();
	set->scratch = scratch;
}

void fileset_clear(struct fileset *set)
{
	fileset_forget(set);
	if (set->scratch != NULL)
		scratch_remove(set->scratch);
	free(set->scratch);
	set->scratch = NULL;
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

void fileset_rest(struct fileset *set)
{
	if (set->scratch != NULL && set->root >= 0) {
		(void)close(set->root);
		set->root = -1;
	}
}

static int open_file(const struct fileset *set, const char *path)
{
	if (set->root >= 0 || set->scratch == NULL)
		return file_open_beneath(set->root, path, 0);
	CLEANUP(file_closep) int root = open(set->scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -errno : file_open_beneath(root, path, 0);
}

int fileset_open(const struct fileset *set, size_t file, int *ret_fd, struct error *err)
{
	const char *path = fileset_path(set, file);
	struct stat status;
	CLEANUP(file_closep) int fd = open_file(set, path);
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

static void note_program(struct fileset_file *file, const uint8_t *bytes, size_t n)
{
	struct pe_head head;
	if (pe_head_parse(bytes, n < PE_HEAD_BYTES ? n : PE_HEAD_BYTES, &head) < 0)
		return;
	file->machine = head.machine;
	file->subsystem_major = head.subsystem_major;
	file->subsystem_minor = head.subsystem_minor;
}

static int hash_file(int fd, struct fileset_file *file)
{
	CLEANUP(sha256_freep) struct sha256 *hash = NULL;
	CLEANUP(memory_freep) uint8_t *piece = malloc(PIECE_BYTES);
	int rc = piece == NULL ? -ENOMEM : sha256_new(&hash);
	for (uint64_t at = 0; rc == 0 && at < file->size;) {
		size_t n = file->size - at < PIECE_BYTES ? (size_t)(file->size - at) : PIECE_BYTES;
		rc = file_read_at(fd, at, piece, n);
		if (rc == 0 && at == 0)
			note_program(file, piece, n);
		if (rc == 0)
			rc = sha256_add(hash, piece, n);
		at += n;
	}
	if (rc == 0)
		sha256_finish(hash, file->sha256);
	return rc;
}

int fileset_hash(struct fileset *set, size_t file, struct error *err)
{
	struct fileset_file *notes = &set->files[file];
	CLEANUP(file_closep) int fd = -1;
	if (notes->is_hashed)
		return 0;
	int rc = fileset_open(set, file, &fd, err);
	if (rc < 0)
		return rc;
	rc = hash_file(fd, notes);
	if (rc < 0)
		return error_set(err, rc, "%s: %s", fileset_path(set, file), strerror(-rc));
	notes->is_hashed = true;
	return 0;
}
