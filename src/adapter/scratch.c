/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/scratch.h"

#include "adapter/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCRATCH_PREFIX     ".import-"
#define FOLDER_NAME        "out"
/* Of folders open at once while a deep one is removed. */
#define REMOVE_DESCRIPTORS 16

struct scratch {
	char path[PATH_MAX];
	char folder[PATH_MAX];
	int fd;             /* of path; its lock says that the import lives */
	unsigned n_folders; /* made so far */
};

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)where;
	(void)(kind == FTW_DP ? rmdir(path) : unlink(path));
	return 0;
}

/* Failures leave a folder that the next import tries again: nothing depends on it. */
void scratch_remove(const char *path)
{
	(void)nftw(path, remove_one, REMOVE_DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
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
		char path[PATH_MAX];
		int n = snprintf(path, sizeof(path), "%s/%s", state, entry->d_name);
		if (fd >= 0 && n > 0 && (size_t)n < sizeof(path) &&
			flock(fd, LOCK_EX | LOCK_NB) == 0)
			scratch_remove(path);
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
	scratch_remove(scratch->path);
	if (scratch->fd >= 0)
		(void)close(scratch->fd);
	free(scratch);
	return NULL;
}

const char *scratch_folder(const struct scratch *scratch)
{
	return scratch->folder;
}

int scratch_new_folder(struct scratch *scratch, char *ret_path, size_t size, struct error *err)
{
	int n = snprintf(ret_path, size, "%s/%u", scratch->path, scratch->n_folders);
	if (n < 0 || (size_t)n >= size)
		return error_set(
			err, -ENAMETOOLONG, "%s: %s", scratch->path, strerror(ENAMETOOLONG));
	if (mkdir(ret_path, 0700) < 0)
		return error_set(err, -errno, "%s: %s", ret_path, strerror(errno));
	scratch->n_folders++;
	return 0;
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
