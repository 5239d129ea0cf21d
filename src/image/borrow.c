/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/borrow.h"

#include "adapter/file.h"
#include "format/wim.h"
#include "image/source.h"
#include "image/wim_place.h"
#include "image/name.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int from_image(struct boot_files *files, const struct image_record *record,
	struct store *store, struct error *err)
{
	for (size_t i = 0; i < record->n_files; i++) {
		CLEANUP(file_closep) int fd = -1;
		CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(LIMIT_LOADER_FILE_BYTES);
		const struct image_file *file = &record->files[i];
		int rc = store_blob_open(store, file->blob.sha256, &fd, err);
		if (rc < 0)
			return rc;
		rc = file_read_all(fd, &bytes);
		if (rc < 0)
			return error_set(err, rc, "%s of image %s: %s", file->name, record->name,
				strerror(-rc));
		rc = boot_files_add(files, file->name, &bytes, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* The files inside the WIM that is open as request->fd. */
static int from_wim(struct boot_files *files, const struct base_request *request, struct error *err)
{
	CLEANUP(wim_file_closep) struct wim_file *wim = NULL;
	struct wim_place place = {.scratch = scratch_folder(request->scratch)};
	int rc = base_open(request, &wim, &place.index, err);
	if (rc < 0)
		return rc;
	place.wim = wim;
	const struct boot_place image = wim_place_of(&place);
	return boot_files_from_image(files, &image, err);
}

/* The boot.wim of the medium first, as an import does. */
static int from_media(struct boot_files *files, const char *path,
	const struct base_request *request, struct error *err)
{
	CLEANUP(source_closep) struct source *source = NULL;
	CLEANUP(file_closep) int fd = -1;
	int rc = source_open(path, &source, err);
	if (rc < 0)
		return rc;
	rc = source_open_wim(source, &fd, err);
	if (rc == -EOPNOTSUPP) {
		rc = store_blob_create(request->store, &fd, err);
		if (rc == 0)
			rc = source_copy(source, source_wim_path(source), fd, UINT64_MAX,
				request->progress, err);
	}
	if (rc < 0)
		return error_prefix(err, rc, "%s", path);
	struct base_request wim = *request;
	wim.fd = fd;
	rc = from_wim(files, &wim, err);
	const struct boot_place media = source_place(source);
	if (rc == 0)
		rc = boot_files_from_media(files, &media, err);
	return rc < 0 ? error_prefix(err, rc, "%s", path) : 0;
}

static bool is_wim(int fd)
{
	uint8_t start[8] = {0};
	return file_read_at(fd, 0, start, sizeof(start)) == 0 && wim_is_magic(start, sizeof(start));
}

int boot_files_borrow(struct boot_files *files, const char *from,
	const struct base_request *request, struct error *err)
{
	CLEANUP(image_record_clear) struct image_record record = {0};
	if (image_name_is_valid(from) && access(from, F_OK) < 0) {
		int rc = store_image_get(request->store, from, &record, err);
		if (rc == 0)
			rc = from_image(files, &record, request->store, err);
		return rc == -ENOENT ? error_set(err, rc,
					       "--boot-files %s: there is neither an image nor a "
					       "file or folder of that name",
					       from)
				     : rc;
	}
	CLEANUP(file_closep) int fd = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return error_set(err, -errno, "--boot-files %s: %s", from, strerror(errno));
	struct base_request wim = *request;
	wim.fd = fd;
	wim.path = from;
	int rc = is_wim(fd) ? from_wim(files, &wim, err) : from_media(files, from, request, err);
	return rc < 0 ? error_prefix(err, rc, "--boot-files") : 0;
}
