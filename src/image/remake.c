/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/remake.h"

#include "adapter/file.h"
#include "adapter/scratch.h"
#include "adapter/wimlib.h"
#include "base/limits.h"
#include "image/ground.h"
#include "image/layer.h"
#include "image/loaders.h"
#include "image/part.h"
#include "image/wim_place.h"
#include "store/plans.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* ---- parts ---- */

static enum wim_compression compression_of(const char *text)
{
	return strcmp(text, wim_compression_text(WIM_COMPRESSION_XPRESS)) == 0
		       ? WIM_COMPRESSION_XPRESS
		       : WIM_COMPRESSION_LZX;
}

/* Compressing the same files gives the same bytes, as long as wimlib is the same. */
static int remake_part(struct store *store, const struct check_use *use, const struct blob *blob)
{
	CLEANUP(part_record_clear) struct part_record old = {.files = NULL};
	CLEANUP(part_record_clear) struct part_record made = {.files = NULL};
	CLEANUP(driver_package_clear) struct driver_package package = {.row = 0};
	struct error unheard = ERROR_NULL;
	int rc = store_part_by_id(store, use->name, &old, &unheard);
	if (rc == 0)
		rc = store_driver_get(store, use->path, &package, &unheard);
	if (rc == 0)
		rc = part_of_package(
			store, &package, compression_of(old.compression), NULL, &made, &unheard);
	if (rc == 0 && strcmp(made.blob.sha256, blob->sha256) != 0)
		rc = -ENOENT;
	return rc;
}

/* ---- boot files ---- */

static int gather(struct store *store, const char *state, const char *image,
	struct boot_files *files, struct error *err)
{
	CLEANUP(scratch_closep) struct scratch *scratch = NULL;
	CLEANUP(image_record_clear) struct image_record record = {0};
	CLEANUP(wim_file_closep) struct wim_file *wim = NULL;
	CLEANUP(file_closep) int fd = -1;
	char path[PATH_MAX];
	int rc = store_image_get(store, image, &record, err);
	if (rc == 0 && record.is_sdi)
		rc = -EOPNOTSUPP;
	if (rc == 0)
		rc = store_blob_open(store, record.base.sha256, &fd, err);
	if (rc == 0)
		rc = scratch_open(state, &scratch, err);
	if (rc == 0)
		rc = scratch_path(scratch, fd, "base.wim", path, sizeof(path), err);
	if (rc == 0)
		rc = wim_file_open(path, &wim, err);
	if (rc < 0)
		return rc;
	struct wim_place place = {.wim = wim, .scratch = scratch_folder(scratch)};
	const struct boot_place from = wim_place_of(&place);
	return boot_files_from_image(files, &from, err);
}

static int remake_file(
	const struct remake *remake, const struct check_use *use, const struct blob *blob)
{
	CLEANUP(boot_files_clear) struct boot_files files = {.n_files = 0};
	struct error unheard = ERROR_NULL;
	struct blob made;
	int rc = gather(remake->store, remake->state, use->name, &files, &unheard);
	if (rc < 0)
		return rc;
	const struct boot_file *file = boot_files_find(&files, use->path);
	if (file == NULL || file->bytes.size != blob->size)
		return -ENOENT;
	rc = store_blob_add_bytes(
		remake->store, file->bytes.bytes, file->bytes.size, &made, &unheard);
	return rc == 0 && strcmp(made.sha256, blob->sha256) != 0 ? -ENOENT : rc;
}

/* ---- outlines ---- */

static int remake_outline(
	const struct remake *remake, const struct check_use *use, const struct blob *blob)
{
	CLEANUP(image_record_clear) struct image_record record = {0};
	CLEANUP(view_unrefp) struct view *view = NULL;
	CLEANUP(buffer_free) struct buffer outline = buffer_with_max(blob->size);
	struct error unheard = ERROR_NULL;
	struct blob made;
	int rc = store_image_get(remake->store, use->name, &record, &unheard);
	if (rc == 0)
		rc = ground_open_blob(remake->store, &record.base, &view, &unheard);
	if (rc == 0)
		rc = ground_outline(view, &outline, &unheard);
	if (rc == 0)
		rc = store_blob_add_bytes(
			remake->store, outline.bytes, outline.size, &made, &unheard);
	return rc == 0 && strcmp(made.sha256, blob->sha256) != 0 ? -ENOENT : rc;
}

int image_remake_blob(void *context, const struct check_use *use, const struct blob *blob,
	char *ret_how, size_t size)
{
	const struct remake *remake = context;
	int rc = -ENOENT;
	if (strcmp(use->kind, "part") == 0) {
		rc = remake_part(remake->store, use, blob);
		(void)snprintf(ret_how, size, "made again from the driver's files");
	} else if (strcmp(use->kind, "file") == 0) {
		rc = remake_file(remake, use, blob);
		(void)snprintf(ret_how, size, "taken again from the base of image %s", use->words);
	} else if (strcmp(use->kind, "outline") == 0) {
		rc = remake_outline(remake, use, blob);
		(void)snprintf(ret_how, size, "drawn again from the base of image %s", use->words);
	}
	return rc;
}

/* ---- revisions ---- */

int image_remake_revision(struct store *store, const struct image_record *image,
	const struct revision_record *broken, int64_t now_ms, uint32_t *ret_revision,
	struct error *err)
{
	CLEANUP(revision_record_clear) struct revision_record made = {.blobs = NULL};
	const struct layer_request request = {
		.store = store,
		.image = image,
		.before = broken,
		.packages = broken->packages,
		.n_packages = broken->n_packages,
		.files = broken->files,
		.n_files = broken->n_files,
		.nics = broken->nics,
		.why = "check --repair",
		.now_ms = now_ms,
	};
	/* All of it or nothing: a kill in the middle must not leave clients with the broken one. */
	int rc = store_begin_durable(store, err);
	if (rc < 0)
		return rc;
	rc = layer_make(&request, &made, err);
	if (rc == 0)
		rc = store_plans_follow(store, image->name, broken->revision, made.revision, err);
	if (rc == 0)
		rc = store_revision_remove(store, image->name, broken->revision, err);
	if (rc == 0)
		rc = store_commit(store, err);
	if (rc < 0) {
		store_rollback(store);
		return rc;
	}
	*ret_revision = made.revision;
	return 0;
}
