/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/base.h"

#include "adapter/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/view.h"
#include "format/wim.h"
#include "image/ground.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the frame ---- */

static int check_blob_table(
	int fd, const struct wim_header *header, uint64_t file_bytes, struct error *err)
{
	/* Only pipable WIMs may compress it; wimlib reads those. */
	if ((header->blob_table.flags & WIM_RESOURCE_COMPRESSED) != 0)
		return 0;
	CLEANUP(buffer_free) struct buffer table = buffer_with_max(LIMIT_WIM_BLOB_TABLE_BYTES);
	size_t n = (size_t)header->blob_table.stored_bytes;
	int rc = buffer_add_zeros(&table, n);
	if (rc == 0)
		rc = file_read_at(fd, header->blob_table.offset, table.bytes, n);
	if (rc < 0)
		return error_set(err, rc, "reading the WIM's blob table: %s", strerror(-rc));
	return wim_blob_table_check(table.bytes, n, header, file_bytes, err);
}

/* Reads and checks all that says where things lie, before wimlib allocates by it. */
static int read_frame(int fd, struct wim_header *ret_header, struct error *err)
{
	uint8_t bytes[WIM_HEADER_BYTES];
	struct stat status;
	struct wim_header header;

	if (fstat(fd, &status) < 0)
		return error_set(err, -errno, "%s", strerror(errno));
	uint64_t file_bytes = (uint64_t)status.st_size;
	if (file_bytes < WIM_HEADER_BYTES)
		return error_set(err, -EINVAL,
			"the file has %llu bytes, not even a WIM's header: it is cut",
			(unsigned long long)file_bytes);
	int rc = file_read_at(fd, 0, bytes, sizeof(bytes));
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	rc = wim_header_parse(bytes, sizeof(bytes), &header, err);
	if (rc == 0 && header.is_pipable) {
		rc = file_read_at(fd, file_bytes - sizeof(bytes), bytes, sizeof(bytes));
		if (rc < 0)
			return error_set(err, rc, "%s", strerror(-rc));
		rc = wim_header_parse(bytes, sizeof(bytes), &header, err);
		if (rc < 0)
			return error_prefix(err, rc,
				"the second header, at the end of this pipable WIM: the file is "
				"cut");
	}
	if (rc == 0)
		rc = wim_header_check(&header, file_bytes, err);
	if (rc == 0)
		rc = check_blob_table(fd, &header, file_bytes, err);
	if (rc == 0)
		*ret_header = header;
	return rc;
}

/* ---- split ---- */

/* "dir/boot.swm" -> "dir/boot2.swm": how imagex, DISM and wimlib name the parts. */
static int part_path(const char *path, unsigned part, char out[static PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	size_t stem = dot != NULL ? (size_t)(dot - path) : strlen(path);
	int n = snprintf(out, PATH_MAX, "%.*s%u%s", (int)stem, path, part, dot != NULL ? dot : "");
	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int add_parts(const struct base_request *request, const struct wim_header *header,
	struct wim_file *wim, struct error *err)
{
	if (header->part != 1)
		return error_set(err, -EINVAL,
			"this is part %u of a WIM split into %u; name the first part", header->part,
			header->n_parts);
	if (request->path == NULL)
		return error_set(
			err, -EINVAL, "the medium's boot.wim is split; name the first part itself");
	for (unsigned part = 2; part <= header->n_parts; part++) {
		char path[PATH_MAX];
		const char *paths[] = {path};
		int rc = part_path(request->path, part, path);
		if (rc == 0 && access(path, R_OK) < 0)
			rc = -errno;
		if (rc < 0)
			return error_set(err, rc,
				"the WIM is split, and its part %u of %u, %s, cannot be read: %s",
				part, header->n_parts, path, strerror(-rc));
		rc = wim_file_add_parts(wim, paths, 1, err);
		if (rc < 0)
			return error_prefix(err, rc, "part %u of the split WIM, %s", part, path);
	}
	return 0;
}

/* ---- which image ---- */

/* 'it has 2: 1 "Microsoft Windows PE (x64)", 2 "..."' */
static void list_images(struct wim_file *wim, char *out, size_t size)
{
	size_t at = 0;
	for (uint32_t i = 1; i <= wim_file_n_images(wim) && at < size; i++) {
		struct wim_image image;
		char name[80];
		if (wim_file_image(wim, i, &image, NULL) < 0)
			continue;
		text_copy_printable(name, sizeof(name), image.name, strlen(image.name));
		int n = snprintf(out + at, size - at, "%s%u \"%s\"", i > 1 ? ", " : "", i, name);
		at += n > 0 ? (size_t)n : 0;
	}
}

static int choose(const struct base_request *request, const struct wim_header *header,
	struct wim_file *wim, uint32_t *ret_index, struct error *err)
{
	uint32_t n = wim_file_n_images(wim);
	char list[320] = "";

	if (n == 0)
		return error_set(err, -EINVAL, "the WIM holds no image");
	list_images(wim, list, sizeof(list));
	if (request->index > n)
		return error_set(err, -ENOENT, "--index %u: the WIM has %u image%s: %s",
			request->index, n, n == 1 ? "" : "s", list);
	if (request->index != 0)
		*ret_index = request->index;
	else if (header->boot_index != 0)
		*ret_index = header->boot_index;
	else if (n == 1)
		*ret_index = 1;
	else
		return error_set(err, -EINVAL,
			"the WIM has %u images and marks none bootable; choose one with --index: "
			"%s",
			n, list);
	return 0;
}

static int found(void *context, const struct wim_entry *entry)
{
	(void)entry;
	*(bool *)context = true;
	return 0;
}

static bool holds(struct wim_file *wim, uint32_t index, const char *path)
{
	bool is_there = false;
	return wim_file_look(wim, index, path, found, &is_there, NULL) == 0 && is_there;
}

/* A Windows PE says so in the XML. What says nothing (a tree captured by hand) must at least look
 * like a Windows. */
static int check_kind(const struct base_request *request, struct wim_file *wim,
	const struct wim_image *image, struct base *base, struct error *err)
{
	char name[80];
	text_copy_printable(name, sizeof(name), image->name, strlen(image->name));

	if (strcmp(image->installation, "WindowsPE") == 0 ||
		strcmp(image->edition, "WindowsPE") == 0 ||
		holds(wim, image->index, "/Windows/System32/winpeshl.exe"))
		return 0;
	if (image->installation[0] != 0) {
		char kind[40];
		text_copy_printable(
			kind, sizeof(kind), image->installation, strlen(image->installation));
		if (request->index == 0)
			return error_set(err, -EINVAL,
				"image %u, \"%s\", is a whole Windows (%s), not a Windows PE: it "
				"cannot run from memory. Import the medium's boot.wim; if you are "
				"sure, name the image with --index",
				image->index, name, kind);
		(void)snprintf(base->note, sizeof(base->note),
			"image %u, \"%s\", is a whole Windows (%s), not a Windows PE: it will "
			"hardly run from memory",
			image->index, name, kind);
		return 0;
	}
	if (!holds(wim, image->index, "/Windows"))
		return error_set(err, -EINVAL,
			"image %u, \"%s\", holds no \\Windows: it is no Windows PE", image->index,
			name);
	return 0;
}

/* ---- make ---- */

static int write_base(const struct base_request *request, const struct wim_header *header,
	struct wim_file *wim, struct base *base, struct error *err)
{
	uint32_t forms = wim_header_forms(header);
	if (forms == 0 && request->is_ours) {
		base->fd = dup(request->fd);
		return base->fd < 0 ? error_set(err, -errno, "%s", strerror(errno)) : 0;
	}
	int rc = store_blob_create(request->store, &base->fd, err);
	if (rc < 0)
		return rc;
	if (forms != 0) {
		(void)text_copy(base->converted, sizeof(base->converted), wim_form_text(forms));
		return wim_file_export(wim, base->source_index, base->fd, request->progress, err);
	}
	struct stat status;
	if (fstat(request->fd, &status) < 0)
		return error_set(err, -errno, "%s", strerror(errno));
	rc = file_copy(request->fd, base->fd, (uint64_t)status.st_size, request->progress);
	return rc < 0 ? error_set(err, rc, "copying the WIM: %s", strerror(-rc)) : 0;
}

/* By the reader that revisions are made with, which is stricter than wimlib: that passes over an
 * entry called "..". */
static int draw_outline(int fd, struct buffer *out, struct error *err)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	uint64_t size;
	int rc = file_size(fd, &size);
	if (rc == 0)
		rc = view_new(&view);
	int own = rc == 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
	if (rc == 0)
		rc = own >= 0 ? view_add_file(view, own, 0, size) : -errno;
	return rc < 0 ? error_set(err, rc, "%s", strerror(-rc)) : ground_outline(view, out, err);
}

/* Reads back what will be served, so that whatever happened on the way is found now. */

static int verify_base(const struct base_request *request, struct base *base, struct error *err)
{
	char path[PATH_MAX];
	struct wim_header header;
	int rc = read_frame(base->fd, &header, err);
	if (rc < 0)
		return rc;
	if (wim_header_forms(&header) != 0)
		return error_set(err, -EINVAL, "the WIM that was written is %s (a bug)",
			wim_form_text(wim_header_forms(&header)));
	rc = scratch_path(request->scratch, base->fd, "base.wim", path, sizeof(path), err);
	if (rc == 0)
		rc = wim_file_open(path, &base->wim, err);
	if (rc == 0)
		rc = wim_file_image(base->wim, 1, &base->image, err);
	if (rc == 0)
		rc = wim_file_check_complete(base->wim, 1, err);
	if (rc == 0)
		rc = draw_outline(base->fd, &base->outline, err);
	if (rc == 0)
		rc = wim_file_verify(base->wim, request->progress, err);
	return rc;
}

/* The frame first: wimlib allocates by what it says. */
static int open_wim(const struct base_request *request, struct wim_header *ret_header,
	struct wim_file **ret_wim, uint32_t *ret_index, struct error *err)
{
	CLEANUP(wim_file_closep) struct wim_file *wim = NULL;
	char path[PATH_MAX];
	int rc = read_frame(request->fd, ret_header, err);
	if (rc == 0)
		rc = scratch_path(
			request->scratch, request->fd, "source.wim", path, sizeof(path), err);
	if (rc == 0)
		rc = wim_file_open(path, &wim, err);
	if (rc == 0 && (wim_header_forms(ret_header) & WIM_FORM_SPLIT) != 0)
		rc = add_parts(request, ret_header, wim, err);
	if (rc == 0)
		rc = choose(request, ret_header, wim, ret_index, err);
	if (rc == 0)
		*ret_wim = TAKE(wim);
	return rc;
}

int base_open(const struct base_request *request, struct wim_file **ret_wim, uint32_t *ret_index,
	struct error *err)
{
	struct wim_header header;
	return open_wim(request, &header, ret_wim, ret_index, err);
}

int base_make(const struct base_request *request, struct base *ret_base, struct error *err)
{
	CLEANUP(wim_file_closep) struct wim_file *wim = NULL;
	CLEANUP(base_clear)
	struct base base = {
		.fd = -1,
		.outline = buffer_with_max(LIMIT_WIM_METADATA_BYTES + LIMIT_WIM_BLOB_TABLE_BYTES),
	};
	struct wim_header header;
	struct wim_image image;

	int rc = open_wim(request, &header, &wim, &base.source_index, err);
	if (rc == 0)
		rc = wim_file_image(wim, base.source_index, &image, err);
	if (rc == 0)
		rc = check_kind(request, wim, &image, &base, err);
	if (rc == 0)
		rc = write_base(request, &header, wim, &base, err);
	if (rc == 0)
		rc = verify_base(request, &base, err);
	if (rc < 0)
		return rc;
	*ret_base = base;
	base = (struct base){.fd = -1};
	return 0;
}

void base_clear(struct base *base)
{
	base->wim = wim_file_close(base->wim);
	buffer_free(&base->outline);
	if (base->fd >= 0)
		(void)close(base->fd);
	base->fd = -1;
}
