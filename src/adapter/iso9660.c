/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/iso9660.h"

#include "adapter/file.h"
#include "adapter/libarchive.h"
#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#define READ_BYTES (1U << 20)
#define MAGIC_AT   (16 * 2048 + 1) /* in the first volume descriptor */

struct iso_entry {
	char *path; /* owned, UTF-8 */
	uint64_t size;
	bool is_folder;
};

struct iso9660 {
	char *medium; /* path of the .iso */
	uint64_t medium_bytes;
	struct iso_entry *entries;
	size_t n_entries, capacity;
};

static void archive_freep(struct archive **archive)
{
	if (*archive != NULL)
		(void)libarchive.archive_read_free(*archive);
}

/* What libarchive says went wrong, without control bytes: it may quote names. */
static int fault(struct archive *archive, struct error *err)
{
	char text[200];
	const char *reason = libarchive.archive_error_string(archive);
	if (reason == NULL)
		reason = "cannot be read";
	text_copy_printable(text, sizeof(text), reason, strlen(reason));
	return error_set(err, -EINVAL, "ISO 9660: %s; the .iso is cut or broken", text);
}

static int open_archive(const char *path, struct archive **ret_archive, struct error *err)
{
	int rc = library_load(&libarchive_library, err);
	if (rc < 0)
		return rc;
	CLEANUP(archive_freep) struct archive *archive = libarchive.archive_read_new();
	if (archive == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	if (libarchive.archive_read_support_format_iso9660(archive) != ARCHIVE_OK)
		return fault(archive, err);
	if (libarchive.archive_read_open_filename(archive, path, READ_BYTES) != ARCHIVE_OK)
		return fault(archive, err);
	*ret_archive = TAKE(archive);
	return 0;
}

static int depth_of(const char *path)
{
	int depth = 0;
	for (const char *p = path; *p != 0; p++)
		depth += *p == '/';
	return depth;
}

static int add_entry(struct iso9660 *iso, struct archive_entry *from, struct error *err)
{
	const char *path = libarchive.archive_entry_pathname_utf8(from);
	const bool is_folder = libarchive.archive_entry_filetype(from) == AE_IFDIR;
	/* Names that are no text, links and devices: nothing a boot needs is behind them. */
	if (path == NULL || (!is_folder && libarchive.archive_entry_filetype(from) != AE_IFREG))
		return 0;
	if (iso->n_entries >= LIMIT_ISO_ENTRIES)
		return error_set(
			err, -E2BIG, "ISO 9660: more than %d files and folders", LIMIT_ISO_ENTRIES);
	if (depth_of(path) > LIMIT_ISO_DEPTH)
		return error_set(err, -E2BIG, "ISO 9660: folders are nested deeper than %d",
			LIMIT_ISO_DEPTH);
	if (iso->n_entries == iso->capacity) {
		size_t capacity = iso->capacity == 0 ? 64 : iso->capacity * 2;
		struct iso_entry *entries = reallocarray(iso->entries, capacity, sizeof(*entries));
		if (entries == NULL)
			return error_set(err, -ENOMEM, "out of memory");
		iso->entries = entries;
		iso->capacity = capacity;
	}
	int64_t size = libarchive.archive_entry_size(from);
	struct iso_entry *entry = &iso->entries[iso->n_entries];
	*entry = (struct iso_entry){.path = strdup(path),
		.size = size < 0 ? 0 : (uint64_t)size,
		.is_folder = is_folder};
	if (entry->path == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	iso->n_entries++;
	return 0;
}

/* Some names that cannot be told (ARCHIVE_WARN) are no reason to refuse the rest. */
static int next_entry(struct archive *archive, struct archive_entry **ret_entry, struct error *err)
{
	int code = libarchive.archive_read_next_header(archive, ret_entry);
	if (code == ARCHIVE_EOF)
		return 0;
	if (code == ARCHIVE_OK || code == ARCHIVE_WARN)
		return 1;
	return fault(archive, err);
}

static int read_tree(struct iso9660 *iso, struct error *err)
{
	CLEANUP(archive_freep) struct archive *archive = NULL;
	int rc = open_archive(iso->medium, &archive, err);
	if (rc < 0)
		return rc;
	struct archive_entry *entry;
	rc = next_entry(archive, &entry, err);
	while (rc == 1) {
		rc = add_entry(iso, entry, err);
		if (rc == 0)
			rc = next_entry(archive, &entry, err);
	}
	return rc;
}

int iso9660_open(const char *path, struct iso9660 **ret_iso, struct error *err)
{
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t medium_bytes;
	char magic[5];
	int rc = fd < 0 ? -errno : file_size(fd, &medium_bytes);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	/* ECMA-119, 8.1.2 */
	if (file_read_at(fd, MAGIC_AT, magic, sizeof(magic)) < 0 ||
		memcmp(magic, "CD001", sizeof(magic)) != 0)
		return error_set(err, -EMEDIUMTYPE, "holds no ISO 9660 file system");
	CLEANUP(iso9660_closep) struct iso9660 *iso = calloc(1, sizeof(*iso));
	if (iso == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	iso->medium_bytes = medium_bytes;
	iso->medium = strdup(path);
	if (iso->medium == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	rc = read_tree(iso, err);
	if (rc < 0)
		return rc;
	*ret_iso = TAKE(iso);
	return 0;
}

struct iso9660 *iso9660_close(struct iso9660 *iso)
{
	if (iso == NULL)
		return NULL;
	for (size_t i = 0; i < iso->n_entries; i++)
		free(iso->entries[i].path);
	free(iso->entries);
	free(iso->medium);
	free(iso);
	return NULL;
}

static const struct iso_entry *find(const struct iso9660 *iso, const char *path, bool is_folder)
{
	for (size_t i = 0; i < iso->n_entries; i++) {
		if (iso->entries[i].is_folder == is_folder &&
			text_equal_nocase(iso->entries[i].path, path))
			return &iso->entries[i];
	}
	return NULL;
}

int iso9660_list(struct iso9660 *iso, const char *folder, iso9660_entry_function *function,
	void *context, struct error *err)
{
	size_t length = strlen(folder);
	if (length > 0 && find(iso, folder, true) == NULL)
		return error_set(err, -ENOENT, "/%s: %s", folder, strerror(ENOENT));
	for (size_t i = 0; i < iso->n_entries; i++) {
		const struct iso_entry *entry = &iso->entries[i];
		const char *name = entry->path;
		if (length > 0) {
			if (!text_starts_nocase(name, folder) || name[length] != '/')
				continue;
			name += length + 1;
		}
		/* Deeper ones, and the root, which calls itself ".". */
		if (strchr(name, '/') != NULL || strcmp(name, ".") == 0)
			continue;
		int rc = function(context, name, entry->is_folder);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static ssize_t read_data(void *context, void *bytes, size_t n)
{
	return libarchive.archive_read_data(context, bytes, n);
}

/* The file as the tree had it, which may not be larger than its medium. */
static int find_file(struct iso9660 *iso, const char *path, const struct iso_entry **ret_entry,
	struct error *err)
{
	const struct iso_entry *wanted = find(iso, path, false);
	if (wanted == NULL)
		return error_set(err, -ENOENT, "/%s: %s", path, strerror(ENOENT));
	if (wanted->size > iso->medium_bytes)
		return error_set(err, -EINVAL,
			"/%s claims %" PRIu64 " bytes, more than the .iso has (%" PRIu64
			"): the .iso is cut or broken; copy it again",
			path, wanted->size, iso->medium_bytes);
	*ret_entry = wanted;
	return 0;
}

/* libarchive reads forwards only: once more from the start, to that file. */
static int go_to(struct iso9660 *iso, const struct iso_entry *wanted, struct archive **ret_archive,
	struct error *err)
{
	CLEANUP(archive_freep) struct archive *archive = NULL;
	struct archive_entry *entry;
	int rc = open_archive(iso->medium, &archive, err);
	if (rc < 0)
		return rc;
	while ((rc = next_entry(archive, &entry, err)) == 1) {
		const char *found = libarchive.archive_entry_pathname_utf8(entry);
		if (found == NULL || strcmp(found, wanted->path) != 0)
			continue;
		*ret_archive = TAKE(archive);
		return 0;
	}
	return rc < 0 ? rc
		      : error_set(err, -EINVAL, "/%s: the .iso changed while it was read",
				wanted->path);
}

int iso9660_size(struct iso9660 *iso, const char *path, uint64_t *ret_size, struct error *err)
{
	const struct iso_entry *wanted = NULL;
	int rc = find_file(iso, path, &wanted, err);
	if (rc == 0)
		*ret_size = wanted->size;
	return rc;
}

int iso9660_read(struct iso9660 *iso, const char *path, iso9660_piece_function *function,
	void *context, struct error *err)
{
	CLEANUP(archive_freep) struct archive *archive = NULL;
	CLEANUP(memory_freep) uint8_t *bytes = malloc(READ_BYTES);
	const struct iso_entry *wanted = NULL;
	if (bytes == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	int rc = find_file(iso, path, &wanted, err);
	if (rc == 0)
		rc = go_to(iso, wanted, &archive, err);
	for (uint64_t at = 0; rc == 0 && at < wanted->size;) {
		uint64_t left = wanted->size - at;
		ssize_t got = libarchive.archive_read_data(
			archive, bytes, left < READ_BYTES ? (size_t)left : READ_BYTES);
		if (got < 0)
			return fault(archive, err);
		if (got == 0)
			return error_set(err, -EINVAL, "/%s: the .iso ends before it", path);
		rc = function(context, at, bytes, (size_t)got, err);
		at += (uint64_t)got;
	}
	return rc;
}

int iso9660_copy(struct iso9660 *iso, const char *path, int fd, uint64_t max_bytes,
	const struct progress_sink *progress, struct error *err)
{
	CLEANUP(archive_freep) struct archive *archive = NULL;
	const struct iso_entry *wanted = NULL;
	int rc = find_file(iso, path, &wanted, err);
	if (rc < 0)
		return rc;
	if (wanted->size > max_bytes)
		return error_set(err, -EFBIG, "/%s has %" PRIu64 " bytes; %" PRIu64 " are accepted",
			path, wanted->size, max_bytes);
	rc = go_to(iso, wanted, &archive, err);
	return rc < 0 ? rc : file_pour(read_data, archive, path, wanted->size, fd, progress, err);
}
