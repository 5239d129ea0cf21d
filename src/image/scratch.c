/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/scratch.h"

#include "adapter/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCRATCH_PREFIX ".import-"
#define FOLDER_NAME    "out"

struct scratch {
	char path[PATH_MAX];
	char folder[PATH_MAX];
	int fd; /* of path; its lock says that the import lives */
};

static void remove_files(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	if (directory == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)unlinkat(fd, entry->d_name, 0);
	}
	(void)closedir(directory);
}

/* Failures leave a folder that the next import tries again: nothing depends on it. */
static void remove_scratch(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	remove_files(fd, FOLDER_NAME);
	(void)unlinkat(fd, FOLDER_NAME, AT_REMOVEDIR);
	(void)close(fd);
	remove_files(at, path);
	(void)unlinkat(at, path, AT_REMOVEDIR);
}

static void remove_stale(const char *state)
{
	DIR *directory = opendir(state);
	if (directory == NULL)
		return;
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (strncmp(entry->d_name, SCRATCH_PREFIX, strlen(SCRATCH_PREFIX)) != 0)
			continue;
		CLEANUP(file_closep)
		int fd = openat(dirfd(directory), entry->d_name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			remove_scratch(dirfd(directory), entry->d_name);
	}
	(void)closedir(directory);
}

int scratch_open(const char *state, struct scratch **ret_scratch, struct error *err)
{
	CLEANUP(memory_freep) struct scratch *scratch = calloc(1, sizeof(*scratch));
	if (scratch == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	remove_stale(state);
	int n = snprintf(
		scratch->path, sizeof(scratch->path), "%s/" SCRATCH_PREFIX "XXXXXX", state);
	if (n < 0 || (size_t)n >= sizeof(scratch->path) - sizeof(FOLDER_NAME) - 1)
		return error_set(err, -ENAMETOOLONG, "%s: %s", state, strerror(ENAMETOOLONG));
	if (mkdtemp(scratch->path) == NULL)
		return error_set(err, -errno, "%s: cannot make a folder to work in: %s", state,
			strerror(errno));
	(void)snprintf(
		scratch->folder, sizeof(scratch->folder), "%.*s/" FOLDER_NAME, n, scratch->path);
	scratch->fd = open(scratch->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (scratch->fd < 0 || flock(scratch->fd, LOCK_EX | LOCK_NB) < 0 ||
		mkdir(scratch->folder, 0700) < 0) {
		int rc = error_set(err, -errno, "%s: %s", scratch->path, strerror(errno));
		(void)scratch_close(TAKE(scratch));
		return rc;
	}
	*ret_scratch = TAKE(scratch);
	return 0;
}

struct scratch *scratch_close(struct scratch *scratch)
{
	if (scratch == NULL)
		return NULL;
	remove_scratch(AT_FDCWD, scratch->path);
	if (scratch->fd >= 0)
		(void)close(scratch->fd);
	free(scratch);
	return NULL;
}

const char *scratch_folder(const struct scratch *scratch)
{
	return scratch->folder;
}

int scratch_path(struct scratch *scratch, int fd, const char *name, char *ret_path, size_t size,
	struct error *err)
{
	char self[32];
	char real[PATH_MAX];
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	/* Not st_nlink: a file made without a name keeps pointing at none after it was linked. */
	if (realpath(self, real) != NULL) {
		(void)snprintf(ret_path, size, "%s", self);
		return 0;
	}
	int n = snprintf(ret_path, size, "%s/%s", scratch->path, name);
	if (n < 0 || (size_t)n >= size)
		return error_set(
			err, -ENAMETOOLONG, "%s: %s", scratch->path, strerror(ENAMETOOLONG));
	if (linkat(AT_FDCWD, self, AT_FDCWD, ret_path, AT_SYMLINK_FOLLOW) < 0)
		return error_set(err, -errno, "%s: %s", ret_path, strerror(errno));
	return 0;
}
