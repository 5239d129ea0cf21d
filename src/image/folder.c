/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/folder.h"

#include "adapter/file.h"
#include "base/limits.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BYTES 256

static void directory_closep(DIR **directory)
{
	if (*directory != NULL)
		(void)closedir(*directory);
}

static int open_directory(int root, const char *path, DIR **ret_directory)
{
	int fd = file_open_beneath(root, path, O_DIRECTORY);
	if (fd < 0)
		return fd;
	DIR *directory = fdopendir(fd);
	if (directory == NULL) {
		int rc = -errno;
		(void)close(fd);
		return rc;
	}
	*ret_directory = directory;
	return 0;
}

/* How the folder spells name. Of several, on a file system where case counts, the exact one goes
 * first, then the one that sorts first, so that two imports do the same. */
static int spell(int root, const char *folder, const char *name, char ret_name[static NAME_BYTES])
{
	CLEANUP(directory_closep) DIR *directory = NULL;
	int rc = open_directory(root, folder, &directory);
	if (rc < 0)
		return rc;
	rc = -ENOENT;
	ret_name[0] = 0;
	int n = 0;
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (++n > LIMIT_ISO_ENTRIES)
			return -E2BIG;
		if (!text_equal_nocase(entry->d_name, name))
			continue;
		bool is_better =
			strcmp(entry->d_name, name) == 0 ||
			(strcmp(ret_name, name) != 0 && strcmp(entry->d_name, ret_name) < 0);
		if (rc == -ENOENT || is_better)
			rc = text_copy(ret_name, NAME_BYTES, entry->d_name) ? 0 : -ENAMETOOLONG;
	}
	return rc;
}

/* The path as the file system spells it. */
static int resolve(int root, const char *path, char *ret_path, size_t size)
{
	char found[LIMIT_PATH_BYTES] = "";
	size_t at = 0;
	while (path[0] != 0) {
		char name[NAME_BYTES];
		char spelled[NAME_BYTES];
		size_t length = strcspn(path, "/");
		if (length >= sizeof(name))
			return -ENOENT;
		memcpy(name, path, length);
		name[length] = 0;
		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			return -ENOENT;
		int rc = spell(root, found, name, spelled);
		if (rc < 0)
			return rc == -ENOTDIR ? -ENOENT : rc;
		size_t n = strlen(spelled);
		if (n > sizeof(found) - at - 2)
			return -ENAMETOOLONG;
		if (at > 0)
			found[at++] = '/';
		memcpy(found + at, spelled, n + 1);
		at += n;
		path += length + (path[length] == '/' ? 1 : 0);
	}
	return text_copy(ret_path, size, found) ? 0 : -ENAMETOOLONG;
}

/* EXDEV is what RESOLVE_BENEATH says of a link that leads out. */
static int fault(int rc, const char *path, struct error *err)
{
	return error_set(err, rc, "%s: %s", path,
		rc == -EXDEV ? "a link that leads out of the folder is not followed"
			     : strerror(-rc));
}

int folder_list(int root, const char *path, folder_entry_function *function, void *context,
	struct error *err)
{
	char found[LIMIT_PATH_BYTES];
	CLEANUP(directory_closep) DIR *directory = NULL;
	int rc = resolve(root, path, found, sizeof(found));
	if (rc == 0)
		rc = open_directory(root, found, &directory);
	if (rc < 0)
		return fault(rc == -ENOTDIR ? -ENOENT : rc, path, err);
	int n = 0;
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (++n > LIMIT_ISO_ENTRIES)
			return error_set(err, -E2BIG, "%s holds more than %d names", path,
				LIMIT_ISO_ENTRIES);
		struct stat status;
		bool is_folder = fstatat(dirfd(directory), entry->d_name, &status, 0) == 0 &&
				 S_ISDIR(status.st_mode);
		rc = function(context, entry->d_name, is_folder);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int folder_open_file(int root, const char *path, int *ret_fd, struct error *err)
{
	char found[LIMIT_PATH_BYTES];
	int rc = resolve(root, path, found, sizeof(found));
	if (rc < 0)
		return fault(rc, path, err);
	CLEANUP(file_closep) int fd = file_open_beneath(root, found, 0);
	if (fd < 0)
		return fault(fd, path, err);
	struct stat status;
	if (fstat(fd, &status) < 0)
		return fault(-errno, path, err);
	if (!S_ISREG(status.st_mode))
		return error_set(err, -EINVAL, "%s is no ordinary file", path);
	*ret_fd = fd;
	fd = -1;
	return 0;
}
