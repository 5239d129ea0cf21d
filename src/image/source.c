/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/source.h"

#include "adapter/file.h"
#include "adapter/iso9660.h"
#include "adapter/udf.h"
#include "base/limits.h"
#include "base/text.h"
#include "image/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum source_form {
	SOURCE_FOLDER,
	SOURCE_UDF,
	SOURCE_ISO9660,
};

struct source {
	enum source_form form;
	int root; /* SOURCE_FOLDER; else -1 */
	struct udf *udf;
	struct iso9660 *iso;
	const char *prefix; /* of the media inside the source, with its '/' */
	const char *wim_path;
};

/* Where boot.wim may lie: on media; in what copype made; alone. */
static const struct {
	const char *prefix, *folder, *name, *wim_path;
} places[] = {
	{"", "sources", "boot.wim", "sources/boot.wim"},
	{"media/", "media/sources", "boot.wim", "sources/boot.wim"},
	{"", "", "boot.wim", "boot.wim"},
};

/* ---- the three forms, as one ---- */

static int list_plain(struct source *source, const char *folder, source_entry_function *function,
	void *context, struct error *err)
{
	switch (source->form) {
	case SOURCE_FOLDER: return folder_list(source->root, folder, function, context, err);
	case SOURCE_UDF: return udf_list(source->udf, folder, function, context, err);
	case SOURCE_ISO9660: return iso9660_list(source->iso, folder, function, context, err);
	}
	return -EINVAL;
}

static int copy_out_of_folder(int root, const char *path, int fd, uint64_t max_bytes,
	const struct progress_sink *progress, struct error *err)
{
	CLEANUP(file_closep) int in = -1;
	struct stat status;
	int rc = folder_open_file(root, path, &in, err);
	if (rc < 0)
		return rc;
	if (fstat(in, &status) < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	if ((uint64_t)status.st_size > max_bytes)
		return error_set(err, -EFBIG, "%s has %" PRIu64 " bytes; %" PRIu64 " are accepted",
			path, (uint64_t)status.st_size, max_bytes);
	rc = file_copy(in, fd, (uint64_t)status.st_size, progress);
	return rc < 0 ? error_set(err, rc, "copying %s: %s", path, strerror(-rc)) : 0;
}

static int with_prefix(const struct source *source, const char *path, char *out, size_t size)
{
	int n = snprintf(out, size, "%s%s", source->prefix, path);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int source_list(struct source *source, const char *folder, source_entry_function *function,
	void *context, struct error *err)
{
	char path[LIMIT_PATH_BYTES];
	int rc = with_prefix(source, folder, path, sizeof(path));
	return rc < 0 ? error_set(err, rc, "%s: %s", folder, strerror(-rc))
		      : list_plain(source, path, function, context, err);
}

int source_copy(struct source *source, const char *path, int fd, uint64_t max_bytes,
	const struct progress_sink *progress, struct error *err)
{
	char full[LIMIT_PATH_BYTES];
	int rc = with_prefix(source, path, full, sizeof(full));
	if (rc < 0)
		return error_set(err, rc, "%s: %s", path, strerror(-rc));
	switch (source->form) {
	case SOURCE_FOLDER:
		return copy_out_of_folder(source->root, full, fd, max_bytes, progress, err);
	case SOURCE_UDF: return udf_copy(source->udf, full, fd, max_bytes, progress, err);
	case SOURCE_ISO9660: return iso9660_copy(source->iso, full, fd, max_bytes, progress, err);
	}
	return -EINVAL;
}

int source_read(struct source *source, const char *path, struct buffer *out, struct error *err)
{
	CLEANUP(file_closep) int fd = memfd_create("pewter-import", MFD_CLOEXEC);
	if (fd < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	int rc = source_copy(source, path, fd, out->max - out->size, NULL, err);
	if (rc < 0)
		return rc;
	rc = file_read_all(fd, out);
	return rc < 0 ? error_set(err, rc, "%s: %s", path, strerror(-rc)) : 0;
}

int source_open_wim(struct source *source, int *ret_fd, struct error *err)
{
	char path[LIMIT_PATH_BYTES];
	if (source->form != SOURCE_FOLDER)
		return -EOPNOTSUPP;
	int rc = with_prefix(source, source->wim_path, path, sizeof(path));
	return rc < 0 ? rc : folder_open_file(source->root, path, ret_fd, err);
}

static int list_place(void *context, const char *folder, boot_place_entry *function,
	void *entry_context, struct error *err)
{
	return source_list(context, folder, function, entry_context, err);
}

static int read_place(void *context, const char *path, struct buffer *out, struct error *err)
{
	return source_read(context, path, out, err);
}

struct boot_place source_place(struct source *source)
{
	return (struct boot_place){.context = source, .list = list_place, .read = read_place};
}

/* ---- open ---- */

static int same_name(void *context, const char *name, bool is_folder)
{
	return !is_folder && text_equal_nocase(name, context) ? 1 : 0;
}

/* 0, or -ENOENT if none of the places has a boot.wim. */
static int find_wim(struct source *source)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (list_plain(source, places[i].folder, same_name,
			    (void *)(uintptr_t)places[i].name, NULL) != 1)
			continue;
		source->prefix = places[i].prefix;
		source->wim_path = places[i].wim_path;
		return 0;
	}
	return -ENOENT;
}

static int open_iso(const char *path, struct source *source, struct error *err)
{
	int udf_rc = udf_open(path, &source->udf, err);
	if (udf_rc == -ELIBACC) /* what ISO 9660 shows of a Windows medium lacks its large files */
		return udf_rc;
	if (udf_rc == 0) {
		source->form = SOURCE_UDF;
		if (find_wim(source) == 0)
			return 0;
	}
	int iso_rc = iso9660_open(path, &source->iso, err);
	if (iso_rc == 0) {
		source->form = SOURCE_ISO9660;
		if (find_wim(source) == 0)
			return 0;
	}
	if (udf_rc == 0 || iso_rc == 0)
		return -ENOENT;
	return iso_rc;
}

int source_open(const char *path, struct source **ret_source, struct error *err)
{
	CLEANUP(source_closep) struct source *source = calloc(1, sizeof(*source));
	struct stat status;
	if (source == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	source->root = -1;
	if (stat(path, &status) < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));

	int rc;
	if (S_ISDIR(status.st_mode)) {
		source->form = SOURCE_FOLDER;
		source->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (source->root < 0)
			return error_set(err, -errno, "%s: %s", path, strerror(errno));
		rc = find_wim(source);
	} else if (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode)) {
		rc = open_iso(path, source, err);
	} else {
		return error_set(err, -EMEDIUMTYPE, "%s is neither a file nor a folder", path);
	}
	if (rc == -EMEDIUMTYPE)
		return error_set(err, rc,
			"%s is neither a WIM, nor an .iso, nor a folder with Windows media", path);
	if (rc == -ENOENT)
		return error_set(err, rc,
			"%s holds no sources/boot.wim (in no spelling), so there is nothing to "
			"boot "
			"in it; name a Windows or ADK medium, or a boot.wim",
			path);
	if (rc < 0)
		return error_prefix(err, rc, "%s", path);
	*ret_source = TAKE(source);
	return 0;
}

struct source *source_close(struct source *source)
{
	if (source == NULL)
		return NULL;
	(void)iso9660_close(source->iso);
	(void)udf_close(source->udf);
	if (source->root >= 0)
		(void)close(source->root);
	free(source);
	return NULL;
}

const char *source_kind(const struct source *source)
{
	static const char *const names[] = {"folder", "UDF", "ISO 9660"};
	return names[source->form];
}

const char *source_wim_path(const struct source *source)
{
	return source->wim_path;
}
