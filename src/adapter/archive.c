/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/archive.h"

#include "adapter/file.h"
#include "adapter/libarchive.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/entry_name.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#define READ_BYTES       (64U << 10)
/* Below this nobody asks how well it was packed. */
#define RATIO_FREE_BYTES (64U << 20)

LIBRARY_DEFINE(libarchive, LIBARCHIVE_FUNCTIONS, "libarchive.so.13", "libarchive13", "recommended",
	"unpacks archives of drivers");

/* One archive on its way. */
struct unpacking {
	int fd;
	const struct archive_place *place;
	uint64_t at; /* in the place */
	int read_rc; /* why a read failed; 0: it did not */
	struct archive *archive;
	bool is_open;
	struct archive_budget *budget;
	const struct archive_sink *sink;
	const struct progress_sink *progress;
	uint8_t in[READ_BYTES], out[READ_BYTES];
};

/* ---- the file, as libarchive reads it ---- */

static la_ssize_t read_place(struct archive *archive, void *context, const void **ret_bytes)
{
	struct unpacking *unpacking = context;
	uint64_t left = unpacking->place->size - unpacking->at;
	size_t n = left < READ_BYTES ? (size_t)left : READ_BYTES;
	int rc = file_read_at(
		unpacking->fd, unpacking->place->offset + unpacking->at, unpacking->in, n);
	if (rc < 0) {
		unpacking->read_rc = rc;
		libarchive.archive_set_error(archive, -rc, "%s", strerror(-rc));
		return -1;
	}
	unpacking->at += n;
	*ret_bytes = unpacking->in;
	return (la_ssize_t)n;
}

static la_int64_t seek_place(struct archive *archive, void *context, la_int64_t offset, int whence)
{
	struct unpacking *unpacking = context;
	int64_t size = (int64_t)unpacking->place->size;
	int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (int64_t)unpacking->at : size;
	(void)archive;
	if (offset < -from || offset > size - from)
		return ARCHIVE_FATAL;
	unpacking->at = (uint64_t)(from + offset);
	return (la_int64_t)unpacking->at;
}

static la_int64_t skip_place(struct archive *archive, void *context, la_int64_t n)
{
	struct unpacking *unpacking = context;
	int64_t left = (int64_t)(unpacking->place->size - unpacking->at);
	(void)archive;
	if (n < 0)
		return 0;
	if (n > left)
		n = left;
	unpacking->at += (uint64_t)n;
	return n;
}

/* ---- what libarchive says ---- */

/* The name as far as it can be shown. */
static void show_name(struct archive_entry *entry, char *text, size_t size)
{
	const char *name = entry == NULL ? NULL : libarchive.archive_entry_pathname(entry);
	if (name == NULL)
		name = "(a name that is no text)";
	size_t n = strlen(name);
	text_copy_printable(text, size, name, n < size ? n : size - 1);
}

/* "ENTRY: why", or "why" where no entry is at fault. */
static int refuse(struct archive_entry *entry, int rc, const char *why, struct error *err)
{
	char name[128];
	if (entry == NULL)
		return error_set(err, rc, "%s", why);
	show_name(entry, name, sizeof(name));
	return error_set(err, rc, "%s: %s", name, why);
}

static int fault(struct unpacking *unpacking, struct archive_entry *entry, struct error *err)
{
	char text[200], why[256];
	const char *kind = archive_kind_name(unpacking->place->kind);
	if (unpacking->read_rc < 0)
		return refuse(entry, unpacking->read_rc, strerror(-unpacking->read_rc), err);
	/* Encrypted heads are an error like others. Asked before there is a reader, libarchive 3.6
	   calls into nowhere. */
	const char *reason = libarchive.archive_error_string(unpacking->archive);
	if ((unpacking->is_open &&
		    libarchive.archive_read_has_encrypted_entries(unpacking->archive) == 1) ||
		(reason != NULL && strcasestr(reason, "encrypt") != NULL))
		return refuse(entry, -EACCES, "encrypted: unpack it with its password first", err);
	if (libarchive.archive_errno(unpacking->archive) == ENOMEM)
		return refuse(entry, -E2BIG, "needs more memory to unpack than there is", err);
	if (reason == NULL)
		reason = "cannot be read";
	text_copy_printable(text, sizeof(text), reason, strlen(reason));
	(void)snprintf(why, sizeof(why), "the %s is cut or damaged: %s", kind, text);
	return refuse(entry, -EINVAL, why, err);
}

/* Only what was found: a reader for another format would be one more thing to attack. */
static int support(struct archive *archive, enum archive_kind kind)
{
	switch (kind) {
	case ARCHIVE_IN_ZIP: return libarchive.archive_read_support_format_zip_seekable(archive);
	case ARCHIVE_IN_CAB: return libarchive.archive_read_support_format_cab(archive);
	case ARCHIVE_IN_7Z: return libarchive.archive_read_support_format_7zip(archive);
	case ARCHIVE_IN_ISO: return libarchive.archive_read_support_format_iso9660(archive);
	case ARCHIVE_IN_TAR: break;
	}
	int code = libarchive.archive_read_support_format_tar(archive);
	if (code == ARCHIVE_OK)
		code = libarchive.archive_read_support_filter_gzip(archive);
	if (code == ARCHIVE_OK)
		code = libarchive.archive_read_support_filter_bzip2(archive);
	if (code == ARCHIVE_OK)
		code = libarchive.archive_read_support_filter_xz(archive);
	/* A program of its own where the library was built without it: not for hostile input. */
	if (code == ARCHIVE_OK && libarchive.archive_libzstd_version() != NULL)
		code = libarchive.archive_read_support_filter_zstd(archive);
	return code;
}

static int open_archive(struct unpacking *unpacking, struct error *err)
{
	struct archive *archive = libarchive.archive_read_new();
	if (archive == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	unpacking->archive = archive;
	if (support(archive, unpacking->place->kind) != ARCHIVE_OK ||
		libarchive.archive_read_set_read_callback(archive, read_place) != ARCHIVE_OK ||
		libarchive.archive_read_set_seek_callback(archive, seek_place) != ARCHIVE_OK ||
		libarchive.archive_read_set_skip_callback(archive, skip_place) != ARCHIVE_OK ||
		libarchive.archive_read_set_callback_data(archive, unpacking) != ARCHIVE_OK ||
		libarchive.archive_read_open1(archive) != ARCHIVE_OK)
		return fault(unpacking, NULL, err);
	unpacking->is_open = true;
	return 0;
}

/* ---- entries ---- */

static int read_name(const struct unpacking *unpacking, struct archive_entry *entry,
	const char *name, char path[static LIMIT_PATH_BYTES], struct error *err)
{
	enum entry_code_page code_page =
		unpacking->place->kind == ARCHIVE_IN_ZIP ? ENTRY_CP437 : ENTRY_CP1252;
	struct error why = ERROR_NULL;
	if (name == NULL)
		return refuse(entry, -EINVAL, "its name is no text", err);
	int rc = entry_name_read(name, strlen(name), code_page, path, LIMIT_PATH_BYTES, &why);
	return rc < 0 ? refuse(entry, rc, why.text, err) : 0;
}

int archive_budget_spend(struct archive_budget *budget, uint64_t n, struct error *err)
{
	if (n > budget->bytes)
		return error_set(err, -E2BIG, "the archive expands to more than is accepted");
	budget->bytes -= n;
	budget->expanded += n;
	if (budget->expanded <= RATIO_FREE_BYTES ||
		budget->expanded / LIMIT_ARCHIVE_RATIO <= budget->packed)
		return 0;
	return error_set(err, -E2BIG,
		"the archive, with those in it, expands to more than %d times its size, as only "
		"bombs do",
		LIMIT_ARCHIVE_RATIO);
}

static int count_bytes(
	struct unpacking *unpacking, struct archive_entry *entry, size_t n, struct error *err)
{
	struct error why = ERROR_NULL;
	int rc = archive_budget_spend(unpacking->budget, n, &why);
	return rc < 0 ? refuse(entry, rc, why.text, err) : 0;
}

static int unpack_file(struct unpacking *unpacking, struct archive_entry *entry, const char *path,
	struct error *err)
{
	const struct archive_sink *sink = unpacking->sink;
	int rc = sink->begin(sink->context, path, err);
	uint64_t size = 0;
	while (rc == 0) {
		la_ssize_t n = libarchive.archive_read_data(
			unpacking->archive, unpacking->out, sizeof(unpacking->out));
		if (n < 0)
			return fault(unpacking, entry, err);
		if (n == 0)
			break;
		size += (uint64_t)n;
		rc = count_bytes(unpacking, entry, (size_t)n, err);
		if (rc == 0)
			rc = sink->data(sink->context, unpacking->out, (size_t)n, err);
		progress_tell(
			unpacking->progress, "unpacking", unpacking->at, unpacking->place->size);
	}
	if (rc == 0 && libarchive.archive_entry_size_is_set(entry) &&
		(uint64_t)libarchive.archive_entry_size(entry) != size)
		return refuse(entry, -EINVAL,
			"cut short: there are fewer bytes than the archive says; copy it again",
			err);
	return rc == 0 ? sink->end(sink->context, err) : rc;
}

/* Files of one content have one place on an ISO 9660, which libarchive tells as hard links; in a
 * .tar a link is what its maker wanted to be one. */
static int unpack_link(struct unpacking *unpacking, struct archive_entry *entry, const char *path,
	struct error *err)
{
	char before[LIMIT_PATH_BYTES];
	if (unpacking->place->kind != ARCHIVE_IN_ISO)
		return refuse(entry, -EINVAL, "a hard link; only files and folders are taken", err);
	int rc = read_name(unpacking, entry, libarchive.archive_entry_hardlink(entry), before, err);
	return rc < 0 ? rc : unpacking->sink->again(unpacking->sink->context, path, before, err);
}

static int unpack_entry(struct unpacking *unpacking, struct archive_entry *entry, struct error *err)
{
	char path[LIMIT_PATH_BYTES];
	if (unpacking->budget->entries == 0)
		return refuse(entry, -E2BIG, "the archive holds more files than are accepted", err);
	unpacking->budget->entries--;
	int rc = read_name(unpacking, entry, libarchive.archive_entry_pathname(entry), path, err);
	if (rc < 0)
		return rc;
	if (libarchive.archive_entry_is_encrypted(entry) != 0)
		return refuse(entry, -EACCES, "encrypted: unpack it with its password first", err);
	if (libarchive.archive_entry_hardlink(entry) != NULL)
		return unpack_link(unpacking, entry, path, err);
	switch (libarchive.archive_entry_filetype(entry)) {
	case AE_IFDIR: return unpacking->sink->folder(unpacking->sink->context, path, err);
	case AE_IFREG: break;
	case AE_IFLNK:
		return refuse(
			entry, -EINVAL, "a symbolic link; only files and folders are taken", err);
	default:
		return refuse(entry, -EINVAL,
			"a device, pipe or socket; only files and folders are taken", err);
	}
	if (path[0] == 0)
		return refuse(entry, -EINVAL, "a file without a name", err);
	return unpack_file(unpacking, entry, path, err);
}

static int unpack_entries(struct unpacking *unpacking, struct error *err)
{
	int rc = open_archive(unpacking, err);
	while (rc == 0) {
		struct archive_entry *entry = NULL;
		int code = libarchive.archive_read_next_header(unpacking->archive, &entry);
		if (code == ARCHIVE_EOF)
			break;
		/* A warning is about a name, which is looked at anyway. */
		if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
			return fault(unpacking, NULL, err);
		rc = unpack_entry(unpacking, entry, err);
	}
	return rc;
}

int archive_unpack(int fd, const struct archive_place *place, struct archive_budget *budget,
	const struct archive_sink *sink, const struct progress_sink *progress, struct error *err)
{
	int rc = library_load(&libarchive_library, err);
	if (rc < 0)
		return rc;
	CLEANUP(memory_freep) struct unpacking *unpacking = calloc(1, sizeof(*unpacking));
	if (unpacking == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	unpacking->fd = fd;
	unpacking->place = place;
	unpacking->budget = budget;
	unpacking->sink = sink;
	unpacking->progress = progress;
	if (budget->packed == 0)
		budget->packed = place->size;
	/* libarchive turns UTF-16 and flagged UTF-8 into the charset of the locale, whatever the
	   user's is. Without C.UTF-8 names outside of ASCII come as '?'. */
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = utf8 != (locale_t)0 ? uselocale(utf8) : (locale_t)0;
	rc = unpack_entries(unpacking, err);
	if (unpacking->archive != NULL)
		(void)libarchive.archive_read_free(unpacking->archive);
	if (utf8 != (locale_t)0) {
		(void)uselocale(before);
		freelocale(utf8);
	}
	return rc;
}
