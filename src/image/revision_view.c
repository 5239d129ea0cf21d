/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/revision_view.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The views of the record's blobs, each opened when the first piece of it comes. */
struct opened {
	struct view **views; /* owned */
	size_t n;
};

static void opened_clear(struct opened *opened)
{
	for (size_t i = 0; opened->views != NULL && i < opened->n; i++)
		(void)view_unref(opened->views[i]);
	free(opened->views);
}

static int add_piece(const struct revision_record *revision, const struct revision_piece *piece,
	struct opened *opened, revision_blob_opener *opener, void *context, struct view *view,
	struct error *err)
{
	if (piece->blob >= revision->n_blobs)
		return error_set(err, -EBADMSG, "%s@%u: a piece of no blob", revision->image,
			revision->revision);
	const struct blob *blob = &revision->blobs[piece->blob];
	struct view **from = &opened->views[piece->blob];
	int rc = *from != NULL ? 0 : opener(context, blob, from, err);
	if (rc < 0)
		return rc;
	rc = view_add_view(view, *from, piece->offset, piece->length);
	return rc == 0 ? 0
		       : error_set(err, rc, "%s@%u: a piece of blob %.12s does not fit in: %s",
				 revision->image, revision->revision, blob->sha256, strerror(-rc));
}

int revision_view(const struct revision_record *revision, revision_blob_opener *opener,
	void *context, struct view **ret_view, struct error *err)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	CLEANUP(opened_clear)
	struct opened opened = {
		calloc(revision->n_blobs + 1, sizeof(struct view *)), revision->n_blobs};
	int rc = opened.views == NULL ? -ENOMEM : view_new(&view);
	if (rc < 0)
		return error_set(err, rc, "out of memory");
	for (size_t i = 0; rc == 0 && i < revision->n_pieces; i++)
		rc = add_piece(revision, &revision->pieces[i], &opened, opener, context, view, err);
	if (rc < 0)
		return rc;
	*ret_view = TAKE(view);
	return 0;
}

int revision_blob_open(struct store *store, const struct blob *blob, int *ret_fd, struct error *err)
{
	struct stat status;
	int fd;
	int rc = store_blob_open(store, blob->sha256, &fd, err);
	if (rc < 0)
		return rc;
	if (fstat(fd, &status) != 0 || (uint64_t)status.st_size != blob->size) {
		(void)close(fd);
		return error_set(err, -EIO,
			"%s/blobs/%.2s/%s is not the %llu bytes that it was; import the image that "
			"needs it again, with --replace",
			store_directory(store), blob->sha256, blob->sha256,
			(unsigned long long)blob->size);
	}
	*ret_fd = fd;
	return 0;
}

static int open_from_store(
	void *context, const struct blob *blob, struct view **ret_view, struct error *err)
{
	struct store *store = context;
	CLEANUP(view_unrefp) struct view *view = NULL;
	int fd;
	int rc = revision_blob_open(store, blob, &fd, err);
	if (rc < 0)
		return rc;
	rc = view_new(&view);
	if (rc < 0)
		(void)close(fd);
	else
		rc = view_add_file(view, fd, 0, blob->size);
	if (rc < 0)
		return error_set(err, rc, "out of memory");
	*ret_view = TAKE(view);
	return 0;
}

int revision_view_open(struct store *store, const struct revision_record *revision,
	struct view **ret_view, struct error *err)
{
	return revision_view(revision, open_from_store, store, ret_view, err);
}
