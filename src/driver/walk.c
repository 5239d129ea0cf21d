/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/walk.h"

#include "adapter/file.h"
#include "base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Folders still to be looked at: paths, each with its NUL, the last one next. */
struct walking {
	const struct walk *walk;
	struct fileset *set;
	struct buffer folders;
};

static void directory_closep(DIR **directory)
{
	if (*directory != NULL)
		(void)closedir(*directory);
}

static unsigned depth_of(const char *path)
{
	unsigned depth = 1;
	for (; *path != 0; path++)
		depth += *path == '/';
	return depth;
}

static int skip(const struct walking *walking, const char *path, const char *reason)
{
	return walking->walk->skipped(walking->walk->context, path, reason);
}

static int add_folder(struct walking *walking, const char *path, struct error *err)
{
	const struct walk *walk = walking->walk;
	if (walk->wants != NULL && !walk->wants(walk->context, path))
		return 0;
	if (depth_of(path) > LIMIT_FOLDER_DEPTH)
		return skip(walking, path, "too deep: name this folder itself");
	int rc = buffer_add(&walking->folders, path, strlen(path) + 1);
	return rc < 0 ? error_set(err, rc, "too many folders; name smaller ones one by one") : 0;
}

static int add_entry(struct walking *walking, const char *path, struct error *err)
{
	struct stat status;
	if (fstatat(walking->set->root, path, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : skip(walking, path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return add_folder(walking, path, err);
	if (S_ISLNK(status.st_mode)) {
		CLEANUP(file_closep) int fd = file_open_beneath(walking->set->root, path, 0);
		if (fd == -EXDEV)
			return skip(walking, path, "a link that leads out of the folder");
		if (fd < 0 || fstat(fd, &status) < 0)
			return skip(walking, path, "a link to nothing");
		if (S_ISDIR(status.st_mode))
			return skip(walking, path, "a link to a folder: name that folder itself");
	}
	return S_ISREG(status.st_mode)
		       ? fileset_add(walking->set, path, (uint64_t)status.st_size, err)
		       : 0;
}

static int add_folder_entries(struct walking *walking, const char *folder, struct error *err)
{
	CLEANUP(directory_closep) DIR *directory = NULL;
	int fd = file_open_beneath(walking->set->root, folder, O_DIRECTORY);
	if (fd >= 0)
		directory = fdopendir(fd);
	if (directory == NULL) {
		int fault = fd < 0 ? -fd : errno;
		if (fd >= 0)
			(void)close(fd);
		return skip(walking, folder, strerror(fault));
	}
	int rc = 0;
	for (struct dirent *entry; rc == 0 && (entry = readdir(directory)) != NULL;) {
		char path[PATH_MAX];
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		int n = snprintf(path, sizeof(path), "%s%s%s", folder, folder[0] != 0 ? "/" : "",
			entry->d_name);
		rc = n < 0 || (size_t)n >= sizeof(path)
			     ? skip(walking, folder, strerror(ENAMETOOLONG))
			     : add_entry(walking, path, err);
	}
	return rc;
}

/* The last of the folders still to be looked at. */
static void take_folder(struct buffer *folders, char path[static PATH_MAX])
{
	size_t at = folders->size - 1;
	while (at > 0 && folders->bytes[at - 1] != 0)
		at--;
	memcpy(path, folders->bytes + at, folders->size - at);
	folders->size = at;
}

static int walk_all(struct walking *walking, struct error *err)
{
	int rc = add_folder_entries(walking, "", err);
	while (rc == 0 && walking->folders.size > 0) {
		char path[PATH_MAX];
		take_folder(&walking->folders, path);
		rc = add_folder_entries(walking, path, err);
	}
	return rc;
}

int walk_folder(const char *path, const struct walk *walk, struct fileset *set, struct error *err)
{
	struct walking walking = {
		.walk = walk, .set = set, .folders = buffer_with_max(LIMIT_FOLDER_NAMES_BYTES)};
	set->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (set->root < 0)
		return error_set(err, -errno, "%s", strerror(errno));
	int rc = walk_all(&walking, err);
	buffer_free(&walking.folders);
	if (rc == 0)
		fileset_sort(set);
	return rc;
}
