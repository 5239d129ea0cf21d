/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file out of a part: what a package was like that the database has forgotten since. */
#include "image/frame.h"
#include "image/part.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int open_blob(
	struct store *store, const struct blob *blob, struct view **ret_view, struct error *err)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	int fd;
	int rc = store_blob_open(store, blob->sha256, &fd, err);
	if (rc < 0)
		return rc;
	rc = view_new(&view);
	if (rc < 0)
		(void)close(fd);
	if (rc == 0)
		rc = view_add_file(view, fd, 0, blob->size);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	*ret_view = TAKE(view);
	return 0;
}

int part_read_file(struct store *store, const struct part_record *part, const char *path,
	struct buffer *out, struct error *err)
{
	const struct part_file *file = NULL;
	for (size_t i = 0; i < part->n_files && file == NULL; i++)
		if (text_equal_nocase(part->files[i].path, path))
			file = &part->files[i];
	if (file == NULL)
		return error_set(err, -ENOENT, "part %.12s has no %s", part->id, path);
	if (file->original_bytes == 0)
		return 0;
	CLEANUP(view_unrefp) struct view *view = NULL;
	int rc = open_blob(store, &part->blob, &view, err);
	if (rc < 0)
		return rc;
	/* A part is resources without a frame round them: what reads one needs no more than this.
	 */
	const struct frame bare = {
		.view = view,
		.header.compression = strcmp(part->compression, "LZX") == 0
					      ? WIM_COMPRESSION_LZX
					      : WIM_COMPRESSION_XPRESS,
	};
	const struct wim_resource resource = {
		.offset = file->offset,
		.stored_bytes = file->stored_bytes,
		.original_bytes = file->original_bytes,
		.flags = file->is_compressed ? WIM_RESOURCE_COMPRESSED : 0,
	};
	rc = frame_expand(&bare, &resource, file->sha1, out, err);
	return rc < 0 ? error_prefix(err, rc, "part %.12s, %s", part->id, path) : 0;
}
