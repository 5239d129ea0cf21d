/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/verify.h"

#include "adapter/file.h"
#include "image/revision_view.h"
#include "image/verify_room.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *advice(size_t index)
{
	return index == 0 ? "import the image again, with --replace"
			  : "`pewter check --repair` makes it again where it can";
}

static int check_blob(struct verifying *verifying, size_t index, struct blob_progress *progress,
	struct error *err)
{
	const struct blob *blob = &verifying->revision->blobs[index];
	struct error why = ERROR_NULL;
	struct blob found = {.size = 0};
	CLEANUP(file_closep) int fd = -1;
	if (store_blob_open(verifying->store, blob->sha256, &fd, &why) < 0) {
		verify_fault(verifying->result, "%s", why.text);
		return 0;
	}
	int rc = store_blob_hash(fd, progress, &found);
	if (rc == -ENOMEM)
		return error_set(err, rc, "out of memory");
	if (rc < 0)
		verify_fault(verifying->result, "blobs/%.2s/%s cannot be read: %s", blob->sha256,
			blob->sha256, strerror(-rc));
	else if (found.size != blob->size || strcmp(found.sha256, blob->sha256) != 0)
		verify_fault(verifying->result,
			"blobs/%.2s/%s is damaged: its %llu bytes hash to %.12s...; %s",
			blob->sha256, blob->sha256, (unsigned long long)found.size, found.sha256,
			advice(index));
	verifying->result->n_bytes += found.size;
	return 0;
}

static int check_blobs(struct verifying *verifying, struct error *err)
{
	const struct revision_record *revision = verifying->revision;
	struct blob_progress progress = {.sink = verifying->progress};
	int rc = 0;
	for (size_t i = 0; i < revision->n_blobs; i++)
		progress.total += revision->blobs[i].size;
	for (size_t i = 0; rc == 0 && i < revision->n_blobs; i++)
		rc = check_blob(verifying, i, &progress, err);
	return rc;
}

static void verifying_clear(struct verifying *verifying)
{
	(void)wim_tree_close(verifying->tree);
	frame_clear(&verifying->frame);
	(void)view_unref(verifying->view);
}

static int verify(struct verifying *verifying, struct error *err)
{
	const struct revision_record *revision = verifying->revision;
	struct error why = ERROR_NULL;
	int rc = check_blobs(verifying, err);
	if (rc < 0)
		return rc;
	rc = revision_view_open(verifying->store, revision, &verifying->view, &why);
	if (rc == -ENOMEM || rc == -EMFILE)
		return error_set(err, rc, "%s", why.text);
	if (rc < 0) {
		/* A blob that is missing or cut has been told. */
		if (verifying->result->n_faults == 0)
			verify_fault(verifying->result, "%s", why.text);
		return 0;
	}
	if (view_size(verifying->view) != revision->size)
		verify_fault(verifying->result, "%s@%u has %llu bytes, and %llu are recorded",
			revision->image, revision->revision,
			(unsigned long long)view_size(verifying->view),
			(unsigned long long)revision->size);
	if (verifying->image->is_sdi)
		return 0;
	rc = verify_wim(verifying, err);
	return rc < 0 || verifying->tree == NULL ? rc : verify_contents(verifying, err);
}

int image_verify(struct store *store, const char *image, uint32_t revision,
	const struct progress_sink *progress, struct verify_result *ret_result, struct error *err)
{
	CLEANUP(image_record_clear) struct image_record image_record = {.files = NULL};
	CLEANUP(revision_record_clear) struct revision_record record = {.blobs = NULL};
	int rc = store_image_get(store, image, &image_record, err);
	if (rc == 0)
		rc = store_revision_get(store, image, revision, &record, err);
	if (rc < 0)
		return rc;
	*ret_result = (struct verify_result){.revision = record.revision};
	CLEANUP(verifying_clear)
	struct verifying verifying = {
		.store = store,
		.image = &image_record,
		.revision = &record,
		.progress = progress,
		.result = ret_result,
	};
	ret_result->n_packages = record.n_packages;
	return verify(&verifying, err);
}
