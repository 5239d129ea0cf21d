/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/media_check.h"

#include "adapter/file.h"
#include "adapter/iso9660.h"
#include "base/limits.h"
#include "format/fat_read.h"
#include "format/partition_read.h"
#include "image/media_whole.h"
#include "image/revision_view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define STEP_BYTES (1U << 20)

struct medium_reading {
	struct iso9660 *iso; /* or */
	struct view *disk;
	struct fat_volume volume; /* in it */
	struct medium_identity identity;
};

struct medium_reading *medium_reading_close(struct medium_reading *reading)
{
	if (reading == NULL)
		return NULL;
	(void)iso9660_close(reading->iso);
	(void)view_unref(reading->disk);
	free(reading);
	return NULL;
}

const char *medium_reading_kind(const struct medium_reading *reading)
{
	return reading->iso != NULL ? "iso" : "usb";
}

const struct medium_identity *medium_reading_identity(const struct medium_reading *reading)
{
	return &reading->identity;
}

/* ---- finding the identity ---- */

static int too_large(struct error *err)
{
	return error_set(err, -EINVAL, "/%s has more than %d bytes: it is not Pewter's",
		MEDIUM_IDENTITY_PATH, LIMIT_MEDIUM_JSON_BYTES);
}

static int take_piece(
	void *context, uint64_t offset, const void *bytes, size_t n, struct error *err)
{
	(void)offset;
	int rc = buffer_add(context, bytes, n);
	return rc < 0 ? error_set(err, rc, "%s", strerror(-rc)) : 0;
}

static int identify_iso(struct medium_reading *reading, struct error *err)
{
	CLEANUP(buffer_free) struct buffer json = buffer_with_max(LIMIT_MEDIUM_JSON_BYTES);
	uint64_t size = 0;
	int rc = iso9660_size(reading->iso, MEDIUM_IDENTITY_PATH, &size, err);
	if (rc == -ENOENT)
		return error_set(err, -EMEDIUMTYPE,
			"an ISO 9660 without /%s: Pewter did not make it", MEDIUM_IDENTITY_PATH);
	if (rc == 0 && size > LIMIT_MEDIUM_JSON_BYTES)
		return too_large(err);
	if (rc == 0)
		rc = iso9660_read(reading->iso, MEDIUM_IDENTITY_PATH, take_piece, &json, err);
	return rc < 0 ? rc : medium_identity_read(json.bytes, json.size, &reading->identity, err);
}

static int identify_volume(struct medium_reading *reading, struct error *err)
{
	CLEANUP(view_unrefp) struct view *file = NULL;
	uint8_t bytes[LIMIT_MEDIUM_JSON_BYTES];
	int rc = fat_find(&reading->volume, MEDIUM_IDENTITY_PATH, &file, err);
	if (rc < 0)
		return rc;
	size_t n = (size_t)view_size(file);
	if (view_size(file) > sizeof(bytes))
		return too_large(err);
	rc = view_read(file, 0, bytes, n);
	if (rc < 0)
		return error_set(err, rc, "/%s: %s", MEDIUM_IDENTITY_PATH, strerror(-rc));
	return medium_identity_read(bytes, n, &reading->identity, err);
}

/* The first volume that has one. */
static int identify_disk(struct medium_reading *reading, struct error *err)
{
	struct partition_place places[PARTITIONS_MAX];
	const size_t n = partitions_find(reading->disk, places);
	bool has_fat = false;
	for (size_t i = 0; i < n; i++) {
		int rc = fat_open(
			reading->disk, places[i].offset, places[i].length, &reading->volume, err);
		if (rc < 0)
			continue;
		has_fat = true;
		rc = identify_volume(reading, err);
		if (rc != -ENOENT)
			return rc;
	}
	return error_set(err, -EMEDIUMTYPE,
		has_fat ? "a FAT volume without /%s: Pewter did not make it"
			: "neither an ISO 9660 nor a disk with a FAT volume, in which /%s would be",
		MEDIUM_IDENTITY_PATH);
}

static int open_disk(const char *path, struct view **ret_disk, struct error *err)
{
	CLEANUP(view_unrefp) struct view *disk = NULL;
	struct stat status;
	uint64_t size = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int rc = fd < 0 ? -errno : fstat(fd, &status) < 0 ? -errno : 0;
	if (rc == 0 && !S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
		rc = -EMEDIUMTYPE;
	if (rc == 0)
		rc = file_size(fd, &size);
	if (rc == 0)
		rc = view_new(&disk);
	if (rc < 0) {
		file_closep(&fd);
		return rc == -EMEDIUMTYPE ? error_set(err, rc, "neither a file nor a drive")
					  : error_set(err, rc, "%s", strerror(-rc));
	}
	rc = view_add_file(disk, fd, 0, size);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	*ret_disk = TAKE(disk);
	return 0;
}

int medium_reading_open(const char *path, struct medium_reading **ret_reading, struct error *err)
{
	CLEANUP(medium_reading_closep)
	struct medium_reading *reading = calloc(1, sizeof(*reading));
	if (reading == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	/* First, as it tells drives and files from pipes. */
	int rc = open_disk(path, &reading->disk, err);
	if (rc == 0)
		rc = medium_check_length(reading->disk, err);
	if (rc == 0)
		rc = iso9660_open(path, &reading->iso, err);
	if (rc == 0)
		rc = identify_iso(reading, err);
	else if (rc == -EMEDIUMTYPE && reading->disk != NULL)
		rc = identify_disk(reading, err);
	if (rc < 0)
		return error_prefix(err, rc, "%s", path);
	*ret_reading = TAKE(reading);
	return 0;
}

bool medium_reading_has_hole(const struct medium_reading *reading)
{
	static const char *const paths[] = {MEDIUM_WIM_PATH, MEDIUM_SDI_PATH};
	if (reading->iso != NULL)
		return medium_iso_has_hole(reading->disk);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP(view_unrefp) struct view *file = NULL;
		struct error ignored = ERROR_NULL;
		if (fat_find(&reading->volume, paths[i], &file, &ignored) == 0 &&
			medium_file_has_hole(file))
			return true;
	}
	return false;
}

/* ---- comparing the content ---- */

struct comparison {
	const char *path; /* of the system on the medium */
	const struct view *revision;
	const struct progress_sink *progress;
	uint8_t *bytes; /* STEP_BYTES */
	bool differs;
};

/* -ECANCELED at the first difference. */
static int compare_piece(
	void *context, uint64_t offset, const void *bytes, size_t n, struct error *err)
{
	struct comparison *comparison = context;
	int rc = view_read(comparison->revision, offset, comparison->bytes, n);
	if (rc < 0)
		return error_set(err, rc,
			"the revision in the store: %s; `pewter image verify` says more",
			strerror(-rc));
	progress_tell(
		comparison->progress, "comparing", offset + n, view_size(comparison->revision));
	comparison->differs = memcmp(bytes, comparison->bytes, n) != 0;
	return comparison->differs ? -ECANCELED : 0;
}

static int compare_iso(
	struct medium_reading *reading, struct comparison *comparison, struct error *err)
{
	uint64_t size = 0;
	int rc = iso9660_size(reading->iso, comparison->path, &size, err);
	if (rc < 0)
		return rc;
	if (size != view_size(comparison->revision))
		return -ECANCELED;
	return iso9660_read(reading->iso, comparison->path, compare_piece, comparison, err);
}

static int compare_disk(
	struct medium_reading *reading, struct comparison *comparison, struct error *err)
{
	CLEANUP(view_unrefp) struct view *file = NULL;
	CLEANUP(memory_freep) uint8_t *bytes = malloc(STEP_BYTES);
	int rc = fat_find(&reading->volume, comparison->path, &file, err);
	if (rc < 0)
		return rc;
	if (bytes == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	const uint64_t size = view_size(file);
	if (size != view_size(comparison->revision))
		return -ECANCELED;
	for (uint64_t at = 0; rc == 0 && at < size;) {
		size_t n = size - at < STEP_BYTES ? (size_t)(size - at) : STEP_BYTES;
		rc = view_read(file, at, bytes, n);
		if (rc < 0)
			return error_set(err, rc, "/%s: %s", comparison->path, strerror(-rc));
		rc = compare_piece(comparison, at, bytes, n, err);
		at += n;
	}
	return rc;
}

/* What the medium should hold, and where on it. */
static int open_revision(struct store *store, const struct medium_identity *identity,
	const char **ret_path, struct view **ret_view, struct error *err)
{
	CLEANUP(image_record_clear) struct image_record image = {.revision = 0};
	CLEANUP(revision_record_clear) struct revision_record revision = {.revision = 0};
	int rc = store_image_get(store, identity->image, &image, err);
	/* Of another base it is another revision, whatever its number. */
	if (rc == 0 && strcmp(image.base.sha256, identity->base) != 0)
		return error_set(err, -ENOENT, "%s was imported anew since", identity->image);
	if (rc == 0)
		rc = store_revision_get(store, identity->image, identity->revision, &revision, err);
	if (rc == 0)
		rc = revision_view_open(store, &revision, ret_view, err);
	if (rc == 0)
		*ret_path = medium_system_path(&image);
	return rc;
}

int medium_compare(struct store *store, struct medium_reading *reading,
	const struct progress_sink *progress, struct medium_content *ret_content, struct error *err)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	CLEANUP(memory_freep) uint8_t *bytes = malloc(STEP_BYTES);
	const char *path = NULL;
	if (bytes == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	int rc = open_revision(store, &reading->identity, &path, &view, err);
	if (rc < 0)
		return rc;
	struct comparison comparison = {
		.path = path, .revision = view, .progress = progress, .bytes = bytes};
	rc = reading->iso != NULL ? compare_iso(reading, &comparison, err)
				  : compare_disk(reading, &comparison, err);
	if (rc < 0 && rc != -ECANCELED)
		return rc == -ENOENT ? error_set(err, -EINVAL, "there is no /%s on it", path) : rc;
	*ret_content = (struct medium_content){.path = path, .is_same = rc == 0};
	return 0;
}
