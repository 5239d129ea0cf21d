/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/udf.h"

#include "adapter/file.h"
#include "adapter/library.h"
#include "adapter/quiet.h"
#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <udfread/udfread.h>

#define NAME_BYTES 256 /* UDF: 254 bytes of name */

#define FUNCTIONS(X)                                                                               \
	X(udfread_close)                                                                           \
	X(udfread_closedir)                                                                        \
	X(udfread_file_close)                                                                      \
	X(udfread_file_openat)                                                                     \
	X(udfread_file_read)                                                                       \
	X(udfread_file_size)                                                                       \
	X(udfread_init)                                                                            \
	X(udfread_open)                                                                            \
	X(udfread_opendir)                                                                         \
	X(udfread_opendir_at)                                                                      \
	X(udfread_readdir)                                                                         \
	X(udfread_rewinddir)
LIBRARY_DECLARE(libudfread, FUNCTIONS);
LIBRARY_DEFINE(libudfread, FUNCTIONS, "libudfread.so.0", "libudfread0", "recommended",
	"reads ISO images of Windows");

struct udf {
	udfread *volume;
	uint64_t medium_bytes; /* of the .iso: no file in it can be larger */
};

static void folder_closep(UDFDIR **folder)
{
	if (*folder != NULL)
		libudfread.udfread_closedir(*folder);
}

static void stream_closep(UDFFILE **stream)
{
	if (*stream != NULL)
		libudfread.udfread_file_close(*stream);
}

int udf_open(const char *path, struct udf **ret_udf, struct error *err)
{
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t medium_bytes;
	int rc = fd < 0 ? -errno : file_size(fd, &medium_bytes);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	CLEANUP(udf_closep) struct udf *udf = calloc(1, sizeof(*udf));
	if (udf == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	rc = library_load(&libudfread_library, err);
	if (rc < 0)
		return rc;
	udf->medium_bytes = medium_bytes;
	udf->volume = libudfread.udfread_init();
	if (udf->volume == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	FILE *before = quiet_begin();
	rc = libudfread.udfread_open(udf->volume, path);
	quiet_end(before);
	if (rc < 0)
		return error_set(err, -EMEDIUMTYPE, "holds no UDF file system");
	*ret_udf = TAKE(udf);
	return 0;
}

struct udf *udf_close(struct udf *udf)
{
	if (udf != NULL && udf->volume != NULL)
		libudfread.udfread_close(udf->volume);
	free(udf);
	return NULL;
}

/* The name as this folder spells it; -ENOENT if it has none such. */
static int find_name(UDFDIR *folder, const char *wanted, size_t length, char *ret_name, size_t size)
{
	struct udfread_dirent entry;
	char name[NAME_BYTES];
	if (length >= sizeof(name))
		return -ENOENT;
	memcpy(name, wanted, length);
	name[length] = 0;
	libudfread.udfread_rewinddir(folder);
	for (uint32_t n = 0; libudfread.udfread_readdir(folder, &entry) != NULL; n++) {
		if (n >= LIMIT_ISO_ENTRIES)
			return -E2BIG;
		if (text_equal_nocase(entry.d_name, name))
			return text_copy(ret_name, size, entry.d_name) ? 0 : -ENOENT;
	}
	return -ENOENT;
}

/* Into the folder of that name, whatever its case; the one above is closed. */
static int enter(UDFDIR **folder, const char *name, size_t length)
{
	char found[NAME_BYTES];
	int rc = find_name(*folder, name, length, found, sizeof(found));
	if (rc < 0)
		return rc;
	UDFDIR *inner = libudfread.udfread_opendir_at(*folder, found);
	if (inner == NULL)
		return -ENOENT;
	libudfread.udfread_closedir(*folder);
	*folder = inner;
	return 0;
}

/* Goes down to the folder that holds the last name of path; of "" that is the root and "". */
static int descend(struct udf *udf, const char *path, UDFDIR **ret_folder, const char **ret_last)
{
	CLEANUP(folder_closep) UDFDIR *folder = libudfread.udfread_opendir(udf->volume, "/");
	if (folder == NULL)
		return -EINVAL;
	for (int depth = 0;; depth++) {
		size_t length = strcspn(path, "/");
		if (path[length] == 0)
			break;
		int rc = depth < LIMIT_ISO_DEPTH ? enter(&folder, path, length) : -ENOENT;
		if (rc < 0)
			return rc;
		path += length + 1;
	}
	*ret_folder = TAKE(folder);
	*ret_last = path;
	return 0;
}

static int open_folder(struct udf *udf, const char *path, UDFDIR **ret_folder)
{
	CLEANUP(folder_closep) UDFDIR *folder = NULL;
	const char *last = "";
	int rc = descend(udf, path, &folder, &last);
	if (rc == 0 && last[0] != 0)
		rc = enter(&folder, last, strlen(last));
	if (rc == 0)
		*ret_folder = TAKE(folder);
	return rc;
}

static int list(struct udf *udf, const char *path, udf_entry_function *function, void *context,
	struct error *err)
{
	CLEANUP(folder_closep) UDFDIR *folder = NULL;
	struct udfread_dirent entry;
	int rc = open_folder(udf, path, &folder);
	if (rc < 0)
		return error_set(err, rc, "/%s: %s", path, strerror(-rc));
	for (uint32_t n = 0; libudfread.udfread_readdir(folder, &entry) != NULL; n++) {
		if (n >= LIMIT_ISO_ENTRIES)
			return error_set(err, -E2BIG, "/%s holds more than %d names", path,
				LIMIT_ISO_ENTRIES);
		rc = function(context, entry.d_name, entry.d_type == UDF_DT_DIR);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int udf_list(struct udf *udf, const char *folder, udf_entry_function *function, void *context,
	struct error *err)
{
	FILE *before = quiet_begin();
	int rc = list(udf, folder, function, context, err);
	quiet_end(before);
	return rc;
}

static ssize_t read_stream(void *context, void *bytes, size_t n)
{
	FILE *before = quiet_begin();
	ssize_t got = libudfread.udfread_file_read(context, bytes, n);
	quiet_end(before);
	return got;
}

static int open_stream(struct udf *udf, const char *path, UDFFILE **ret_stream)
{
	CLEANUP(folder_closep) UDFDIR *folder = NULL;
	const char *last = "";
	char name[NAME_BYTES];
	int rc = descend(udf, path, &folder, &last);
	if (rc == 0)
		rc = find_name(folder, last, strlen(last), name, sizeof(name));
	if (rc < 0)
		return rc;
	*ret_stream = libudfread.udfread_file_openat(folder, name);
	return *ret_stream == NULL ? -ENOENT : 0;
}

int udf_copy(struct udf *udf, const char *path, int fd, uint64_t max_bytes,
	const struct progress_sink *progress, struct error *err)
{
	CLEANUP(stream_closep) UDFFILE *stream = NULL;
	FILE *before = quiet_begin();
	int rc = open_stream(udf, path, &stream);
	int64_t size = rc == 0 ? libudfread.udfread_file_size(stream) : 0;
	quiet_end(before);
	if (rc < 0)
		return error_set(err, rc, "/%s: %s", path, strerror(-rc));
	if (size < 0 || (uint64_t)size > udf->medium_bytes)
		return error_set(err, -EINVAL,
			"/%s claims %" PRId64 " bytes, more than the .iso has (%" PRIu64
			"): the .iso is cut or broken; copy it again",
			path, size, udf->medium_bytes);
	if ((uint64_t)size > max_bytes)
		return error_set(err, -EFBIG, "/%s has %" PRId64 " bytes; %" PRIu64 " are accepted",
			path, size, max_bytes);
	return file_pour(read_stream, stream, path, (uint64_t)size, fd, progress, err);
}
