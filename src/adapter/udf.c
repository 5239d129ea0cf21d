/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/udf.h"

#include "adapter/file.h"
#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <udfread/udfread.h>

#define STEP_BYTES (1U << 20)
#define NAME_BYTES 256 /* UDF: 254 bytes of name */

struct udf {
	udfread *volume;
	uint64_t medium_bytes; /* of the .iso: no file in it can be larger */
};

static void folder_closep(UDFDIR **folder)
{
	if (*folder != NULL)
		udfread_closedir(*folder);
}

static void stream_closep(UDFFILE **stream)
{
	if (*stream != NULL)
		udfread_file_close(*stream);
}

int udf_open(const char *path, struct udf **ret_udf, struct error *err)
{
	struct stat status;
	if (stat(path, &status) < 0)
		return error_set(err, -errno, "%s", strerror(errno));
	CLEANUP(udf_closep) struct udf *udf = calloc(1, sizeof(*udf));
	if (udf == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	udf->medium_bytes = (uint64_t)status.st_size;
	udf->volume = udfread_init();
	if (udf->volume == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	if (udfread_open(udf->volume, path) < 0)
		return error_set(err, -EMEDIUMTYPE, "holds no UDF file system");
	*ret_udf = TAKE(udf);
	return 0;
}

struct udf *udf_close(struct udf *udf)
{
	if (udf != NULL && udf->volume != NULL)
		udfread_close(udf->volume);
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
	udfread_rewinddir(folder);
	for (uint32_t n = 0; udfread_readdir(folder, &entry) != NULL; n++) {
		if (n >= LIMIT_ISO_ENTRIES)
			return -E2BIG;
		if (text_equal_nocase(entry.d_name, name))
			return text_copy(ret_name, size, entry.d_name) ? 0 : -ENOENT;
	}
	return -ENOENT;
}

/* Goes down to the folder that holds the last name of path; of "" that is the root and "". */
static int descend(struct udf *udf, const char *path, UDFDIR **ret_folder, const char **ret_last)
{
	CLEANUP(folder_closep) UDFDIR *folder = udfread_opendir(udf->volume, "/");
	if (folder == NULL)
		return -EINVAL;
	for (int depth = 0;; depth++) {
		size_t length = strcspn(path, "/");
		if (path[length] == 0)
			break;
		char name[NAME_BYTES];
		if (depth >= LIMIT_ISO_DEPTH)
			return -ENOENT;
		int rc = find_name(folder, path, length, name, sizeof(name));
		if (rc < 0)
			return rc;
		UDFDIR *inner = udfread_opendir_at(folder, name);
		if (inner == NULL)
			return -ENOENT;
		udfread_closedir(folder);
		folder = inner;
		path += length + 1;
	}
	*ret_folder = TAKE(folder);
	*ret_last = path;
	return 0;
}

int udf_list(struct udf *udf, const char *folder, udf_entry_function *function, void *context,
	struct error *err)
{
	CLEANUP(folder_closep) UDFDIR *dir = NULL;
	const char *last = "";
	int rc = descend(udf, folder, &dir, &last);
	if (rc == 0 && last[0] != 0) {
		char name[NAME_BYTES];
		rc = find_name(dir, last, strlen(last), name, sizeof(name));
		UDFDIR *inner = rc == 0 ? udfread_opendir_at(dir, name) : NULL;
		if (rc == 0 && inner == NULL)
			rc = -ENOENT;
		if (rc == 0) {
			udfread_closedir(dir);
			dir = inner;
		}
	}
	if (rc < 0)
		return error_set(err, rc, "/%s: %s", folder, strerror(-rc));

	struct udfread_dirent entry;
	for (uint32_t n = 0; udfread_readdir(dir, &entry) != NULL; n++) {
		if (n >= LIMIT_ISO_ENTRIES)
			return error_set(err, -E2BIG, "/%s holds more than %d names", folder,
				LIMIT_ISO_ENTRIES);
		rc = function(context, entry.d_name, entry.d_type == UDF_DT_DIR);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int copy_stream(UDFFILE *stream, uint64_t size, const char *path, int fd,
	const struct progress *progress, struct error *err)
{
	CLEANUP(memory_freep) uint8_t *step = malloc(STEP_BYTES);
	if (step == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (uint64_t done = 0; done < size;) {
		size_t n = size - done < STEP_BYTES ? (size_t)(size - done) : STEP_BYTES;
		ssize_t got = udfread_file_read(stream, step, n);
		if (got <= 0)
			return error_set(err, -EINVAL,
				"/%s cannot be read at its byte %" PRIu64 " of %" PRIu64
				": the .iso is cut or broken; copy it again",
				path, done, size);
		int rc = file_write(fd, step, (size_t)got);
		if (rc < 0)
			return error_set(err, rc, "copying /%s: %s", path, strerror(-rc));
		done += (size_t)got;
		progress_report(progress, "copying", done, size);
	}
	return 0;
}

int udf_copy(struct udf *udf, const char *path, int fd, uint64_t max_bytes,
	const struct progress *progress, struct error *err)
{
	CLEANUP(folder_closep) UDFDIR *folder = NULL;
	const char *last = "";
	char name[NAME_BYTES];
	int rc = descend(udf, path, &folder, &last);
	if (rc == 0)
		rc = find_name(folder, last, strlen(last), name, sizeof(name));
	if (rc < 0)
		return error_set(err, rc, "/%s: %s", path, strerror(-rc));
	CLEANUP(stream_closep) UDFFILE *stream = udfread_file_openat(folder, name);
	if (stream == NULL)
		return error_set(err, -ENOENT, "/%s is no file that can be read", path);

	int64_t size = udfread_file_size(stream);
	if (size < 0 || (uint64_t)size > udf->medium_bytes)
		return error_set(err, -EINVAL,
			"/%s claims %" PRId64 " bytes, more than the .iso has (%" PRIu64
			"): the .iso is cut or broken; copy it again",
			path, size, udf->medium_bytes);
	if ((uint64_t)size > max_bytes)
		return error_set(err, -EFBIG, "/%s has %" PRId64 " bytes; %" PRIu64 " are accepted",
			path, size, max_bytes);
	return copy_stream(stream, (uint64_t)size, path, fd, progress, err);
}
