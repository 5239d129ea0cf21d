/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/unpack.h"

#include "adapter/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/text.h"
#include "format/szdd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES (64U << 10)

/* Where a set of files is being unpacked to. */
struct target_folder {
	struct fileset *set;
	char path[LIMIT_PATH_BYTES]; /* of the file on its way */
	int fd;
	uint64_t size;
};

bool unpack_is_candidate(const char *name)
{
	static const char *const endings[] = {".zip", ".cab", ".7z", ".exe", ".iso", ".tar", ".tgz",
		".tbz", ".tbz2", ".txz", ".tzst", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"};
	size_t length = strlen(name);
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		size_t n = strlen(endings[i]);
		if (length > n && text_equal_nocase(name + length - n, endings[i]))
			return true;
	}
	return false;
}

/* ---- archives ---- */

static int fail(const struct target_folder *folder, const char *path, int rc, struct error *err)
{
	if (rc == -ENOSPC || rc == -EDQUOT)
		return error_set(err, rc, "%s: no space left to unpack to", folder->set->scratch);
	return error_set(err, rc, "%s/%s: %s", folder->set->scratch, path, strerror(-rc));
}

static int clash(const char *path, struct error *err)
{
	return error_set(
		err, -EINVAL, "%s: there are two of that name, or it is a file and a folder", path);
}

/* The folder of that path and those above it. */
static int make_folders(const struct target_folder *folder, const char *path, struct error *err)
{
	char part[LIMIT_PATH_BYTES];
	for (size_t at = 0; path[at] != 0;) {
		at += strcspn(path + at, "/");
		memcpy(part, path, at);
		part[at] = 0;
		if (mkdirat(folder->set->root, part, 0700) < 0 && errno != EEXIST)
			return errno == ENOTDIR ? clash(path, err)
						: fail(folder, part, -errno, err);
		at += path[at] == '/' ? 1 : 0;
	}
	return 0;
}

static int add_folder(void *context, const char *path, struct error *err)
{
	const struct target_folder *folder = context;
	struct stat status;
	int rc = make_folders(folder, path, err);
	/* mkdir() says EEXIST of a file as well. */
	if (rc == 0 && path[0] != 0 &&
		(fstatat(folder->set->root, path, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
			!S_ISDIR(status.st_mode)))
		return clash(path, err);
	return rc;
}

static int make_parent(const struct target_folder *folder, const char *path, struct error *err)
{
	char parent[LIMIT_PATH_BYTES];
	const char *slash = strrchr(path, '/');
	if (slash == NULL)
		return 0;
	(void)text_copy(parent, (size_t)(slash - path) + 1, path);
	return make_folders(folder, parent, err);
}

static int begin_file(void *context, const char *path, struct error *err)
{
	struct target_folder *folder = context;
	int rc = make_parent(folder, path, err);
	if (rc < 0)
		return rc;
	(void)text_copy(folder->path, sizeof(folder->path), path);
	folder->size = 0;
	folder->fd = openat(folder->set->root, path,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0440);
	if (folder->fd < 0)
		return errno == EEXIST || errno == ENOTDIR ? clash(path, err)
							   : fail(folder, path, -errno, err);
	return 0;
}

static int add_data(void *context, const void *bytes, size_t n, struct error *err)
{
	struct target_folder *folder = context;
	folder->size += n;
	int rc = file_write(folder->fd, bytes, n);
	return rc < 0 ? fail(folder, folder->path, rc, err) : 0;
}

static int end_file(void *context, struct error *err)
{
	struct target_folder *folder = context;
	int rc = close(folder->fd) < 0 ? -errno : 0;
	folder->fd = -1;
	return rc < 0 ? fail(folder, folder->path, rc, err)
		      : fileset_add(folder->set, folder->path, folder->size, err);
}

static int add_again(void *context, const char *path, const char *before, struct error *err)
{
	struct target_folder *folder = context;
	struct stat status;
	int root = folder->set->root;
	int rc = make_parent(folder, path, err);
	if (rc < 0)
		return rc;
	if (fstatat(root, before, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(status.st_mode))
		return error_set(
			err, -EINVAL, "%s: stands for %s, which is not there", path, before);
	if (linkat(root, before, root, path, 0) < 0)
		return errno == EEXIST || errno == ENOTDIR ? clash(path, err)
							   : fail(folder, path, -errno, err);
	return fileset_add(folder->set, path, (uint64_t)status.st_size, err);
}

static int unpack_all(int fd, const struct archive_place *place, struct archive_budget *budget,
	const struct progress_sink *progress, struct fileset *set, struct error *err)
{
	struct target_folder folder = {.set = set, .fd = -1};
	const struct archive_sink sink = {.context = &folder,
		.folder = add_folder,
		.begin = begin_file,
		.data = add_data,
		.end = end_file,
		.again = add_again};
	int rc = archive_unpack(fd, place, budget, &sink, progress, err);
	file_closep(&folder.fd);
	if (rc < 0)
		return rc;
	fileset_sort(set);
	ssize_t twin = fileset_collision(set);
	return twin < 0 ? 0 : clash(fileset_path(set, (size_t)twin), err);
}

int unpack_archive(int fd, struct scratch *scratch, struct archive_budget *budget,
	const struct progress_sink *progress, struct fileset *ret_set, struct error *err)
{
	struct archive_place place;
	struct fileset set = fileset_empty();
	int rc = archive_find(fd, &place, err);
	if (rc == 0)
		rc = fileset_make(&set, scratch, err);
	if (rc == 0)
		rc = unpack_all(fd, &place, budget, progress, &set, err);
	if (rc < 0) {
		fileset_clear(&set);
		return rc;
	}
	*ret_set = set;
	return 0;
}

/* ---- single files ---- */

static int expand_szdd(int fd, uint64_t size, const struct szdd_head *head,
	struct archive_budget *budget, int out, struct error *err)
{
	CLEANUP(memory_freep) struct szdd *szdd = malloc(sizeof(*szdd));
	CLEANUP(memory_freep) uint8_t *piece = malloc(PIECE_BYTES);
	CLEANUP(buffer_free)
	struct buffer expanded = buffer_with_max((size_t)(PIECE_BYTES + 2) * SZDD_GROWTH);
	if (szdd == NULL || piece == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	szdd_begin(szdd, head);
	for (uint64_t at = head->data_at; at < size;) {
		size_t n = size - at < PIECE_BYTES ? (size_t)(size - at) : PIECE_BYTES;
		int rc = file_read_at(fd, at, piece, n);
		expanded.size = 0;
		if (rc == 0)
			rc = szdd_push(szdd, piece, n, &expanded);
		if (rc < 0)
			return error_set(err, rc, "%s", strerror(-rc));
		rc = archive_budget_spend(budget, expanded.size, err);
		if (rc < 0)
			return rc;
		rc = file_write(out, expanded.bytes, expanded.size);
		if (rc < 0)
			return error_set(err, rc, "expanding it: %s", strerror(-rc));
		at += n;
	}
	return szdd_end(szdd) < 0 ? error_set(err, -EINVAL, "the compressed file is cut short") : 0;
}

/* Of a cabinet: the one file that is in it. */
struct single {
	int out;
	unsigned n_files;
};

static int single_folder(void *context, const char *path, struct error *err)
{
	(void)context;
	(void)path;
	(void)err;
	return 0;
}

static int single_begin(void *context, const char *path, struct error *err)
{
	struct single *single = context;
	if (single->n_files++ > 0)
		return error_set(
			err, -EINVAL, "%s: a cabinet of several files in place of one", path);
	return 0;
}

static int single_data(void *context, const void *bytes, size_t n, struct error *err)
{
	const struct single *single = context;
	int rc = file_write(single->out, bytes, n);
	return rc < 0 ? error_set(err, rc, "expanding it: %s", strerror(-rc)) : 0;
}

static int single_end(void *context, struct error *err)
{
	(void)context;
	(void)err;
	return 0;
}

static int single_again(void *context, const char *path, const char *before, struct error *err)
{
	(void)before;
	return single_begin(context, path, err);
}

static int expand_cabinet(int fd, struct archive_budget *budget, int out, struct error *err)
{
	struct archive_place place;
	struct single single = {.out = out};
	const struct archive_sink sink = {.context = &single,
		.folder = single_folder,
		.begin = single_begin,
		.data = single_data,
		.end = single_end,
		.again = single_again};
	int rc = archive_find(fd, &place, err);
	if (rc == 0 && place.kind != ARCHIVE_IN_CAB)
		rc = -EMEDIUMTYPE;
	return rc < 0 ? rc : archive_unpack(fd, &place, budget, &sink, NULL, err);
}

int unpack_compressed(
	int fd, struct archive_budget *budget, int out, uint64_t *ret_size, struct error *err)
{
	uint8_t bytes[SZDD_HEAD_BYTES];
	struct szdd_head head;
	uint64_t size;
	int rc = file_size(fd, &size);
	size_t n = rc == 0 && size < sizeof(bytes) ? (size_t)size : sizeof(bytes);
	if (rc == 0)
		rc = file_read_at(fd, 0, bytes, n);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	rc = szdd_head_parse(bytes, n, &head);
	if (rc == -ENOTSUP)
		return error_set(err, rc,
			"packed by a method of COMPRESS.EXE that is not read; expand it first");
	rc = rc == 0 ? expand_szdd(fd, size, &head, budget, out, err)
		     : expand_cabinet(fd, budget, out, err);
	if (rc < 0)
		return rc;
	rc = file_size(out, ret_size);
	return rc < 0 ? error_set(err, rc, "%s", strerror(-rc)) : 0;
}
