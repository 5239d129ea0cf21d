/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/signature.h"

#include "adapter/crypto.h"
#include "adapter/file.h"
#include "adapter/pkcs7.h"
#include "base/text.h"
#include "format/authenticode.h"
#include "format/catalog.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define READ_BYTES     65536
#define NAMES_SHOWN    3
#define SENTENCE_BYTES 400

/* All that lives while one package is looked at. */
struct work {
	struct catalog **catalogs; /* NULL for one that is no good */
	size_t n_catalogs;
	const struct signature_catalog *given;
	bool has_sha1, has_sha256; /* some catalogue lists such hashes */
	struct sha1 *sha1;
	struct sha256 *sha256;
	uint8_t *bytes; /* READ_BYTES */
	struct signature_report report;
};

struct file_hashes {
	uint8_t sha1[SHA1_BYTES];
	uint8_t sha256[SHA256_BYTES];
};

void signature_report_clear(struct signature_report *report)
{
	for (size_t i = 0; i < report->n_warnings; i++)
		free(report->warnings[i]);
	free(report->warnings);
	*report = (struct signature_report){0};
}

static void work_clear(struct work *work)
{
	for (size_t i = 0; i < work->n_catalogs; i++)
		catalog_free(work->catalogs[i]);
	free(work->catalogs);
	sha1_free(work->sha1);
	sha256_free(work->sha256);
	free(work->bytes);
	signature_report_clear(&work->report);
}

static int warn(struct work *work, const char *format, ...) PRINTF_LIKE(2, 3);
static int warn(struct work *work, const char *format, ...)
{
	char text[SENTENCE_BYTES];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	struct signature_report *report = &work->report;
	char **grown =
		reallocarray(report->warnings, report->n_warnings + 1, sizeof(*report->warnings));
	if (grown == NULL)
		return -ENOMEM;
	report->warnings = grown;
	grown[report->n_warnings] = strdup(text);
	if (grown[report->n_warnings] == NULL)
		return -ENOMEM;
	report->n_warnings++;
	return 0;
}

/* ---- catalogues ---- */

static int bad_catalog(struct work *work, size_t i, const char *why)
{
	work->catalogs[i] = catalog_free(work->catalogs[i]);
	return warn(work, "%s: %s", work->given[i].path, why);
}

static int open_catalog(struct work *work, size_t i)
{
	const struct signature_catalog *given = &work->given[i];
	struct error words = ERROR_NULL;
	struct pkcs7_report signer;
	int rc = catalog_parse(given->bytes, given->n_bytes, &work->catalogs[i], &words);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		return bad_catalog(work, i, words.text);
	const struct catalog *catalog = work->catalogs[i];
	rc = pkcs7_verify(given->bytes, given->n_bytes, catalog->bytes + catalog->content_at,
		catalog->content_size, &signer, &words);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		return bad_catalog(work, i, words.text);
	struct signature_report *report = &work->report;
	if (report->signer[0] == 0) {
		(void)text_copy(report->signer, sizeof(report->signer), signer.signer);
		report->signed_ms = catalog->signed_ms;
	}
	if (!signer.is_intact)
		return bad_catalog(work, i, signer.fault);
	for (size_t k = 0; k < catalog->n_members; k++) {
		work->has_sha1 |= catalog->members[k].hash_bytes == SHA1_BYTES;
		work->has_sha256 |= catalog->members[k].hash_bytes == SHA256_BYTES;
	}
	return 0;
}

/* ---- hashes ---- */

static int add_bytes(struct work *work, const void *bytes, size_t n)
{
	int rc = work->has_sha1 ? sha1_add(work->sha1, bytes, n) : 0;
	return rc == 0 && work->has_sha256 ? sha256_add(work->sha256, bytes, n) : rc;
}

static int add_range(struct work *work, int fd, struct file_range range)
{
	while (range.size > 0) {
		size_t n = range.size < READ_BYTES ? (size_t)range.size : READ_BYTES;
		int rc = file_read_at(fd, range.at, work->bytes, n);
		if (rc == 0)
			rc = add_bytes(work, work->bytes, n);
		if (rc < 0)
			return rc;
		range.at += n;
		range.size -= n;
	}
	return 0;
}

static void finish(struct work *work, struct file_hashes *hashes)
{
	if (work->has_sha1)
		sha1_finish(work->sha1, hashes->sha1);
	if (work->has_sha256)
		sha256_finish(work->sha256, hashes->sha256);
}

static int hash_whole(struct work *work, const struct signature_file *file, struct file_hashes *ret)
{
	int rc = add_range(work, file->fd, (struct file_range){0, file->size});
	finish(work, ret);
	return rc;
}

static int hash_program(struct work *work, const struct signature_file *file,
	const struct authenticode *program, struct file_hashes *ret)
{
	static const uint8_t zeros[8];
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < program->n_ranges; i++)
		rc = add_range(work, file->fd, program->ranges[i]);
	if (rc == 0)
		rc = add_bytes(work, zeros, program->padding);
	finish(work, ret);
	return rc;
}

static bool is_listed_in(
	const struct work *work, const struct catalog *catalog, const struct file_hashes *hashes)
{
	return (work->has_sha1 && catalog_find(catalog, hashes->sha1, SHA1_BYTES) != NULL) ||
	       (work->has_sha256 && catalog_find(catalog, hashes->sha256, SHA256_BYTES) != NULL);
}

static bool is_listed(const struct work *work, const struct file_hashes *hashes)
{
	for (size_t i = 0; i < work->n_catalogs; i++) {
		if (work->catalogs[i] != NULL && is_listed_in(work, work->catalogs[i], hashes))
			return true;
	}
	return false;
}

/* ---- files ---- */

/* The hash of the INF as it was before somebody took the carriage returns out of it. */
static int hash_with_windows_line_ends(
	struct work *work, const struct signature_file *file, struct file_hashes *ret)
{
	uint8_t before = 0;
	int rc = 0;
	for (uint64_t at = 0; rc == 0 && at < file->size;) {
		size_t n = file->size - at < READ_BYTES ? (size_t)(file->size - at) : READ_BYTES;
		size_t told = 0;
		rc = file_read_at(file->fd, at, work->bytes, n);
		for (size_t i = 0; rc == 0 && i < n; i++) {
			if (work->bytes[i] == '\n' && before != '\r') {
				rc = add_bytes(work, work->bytes + told, i - told);
				if (rc == 0)
					rc = add_bytes(work, "\r", 1);
				told = i;
			}
			before = work->bytes[i];
		}
		if (rc == 0)
			rc = add_bytes(work, work->bytes + told, n - told);
		at += n;
	}
	finish(work, ret);
	return rc;
}

static int warn_of_inf(struct work *work, const struct signature_file *file, size_t catalog)
{
	struct file_hashes hashes;
	const char *path = work->given[catalog].path;
	int rc = hash_with_windows_line_ends(work, file, &hashes);
	if (rc < 0)
		return rc;
	if (is_listed_in(work, work->catalogs[catalog], &hashes))
		return warn(work,
			"%s lists %s as it was before its line ends were changed (git and FTP do "
			"that): with CR and LF the signature is right again",
			path, file->path);
	return warn(work,
		"%s does not list %s: the INF was changed after signing, or the catalogue is "
		"another package's",
		path, file->path);
}

/* The INF has to stand in each: a catalogue that does not list it says nothing of the package. */
static int check_inf(struct work *work, struct signature_file *file)
{
	struct file_hashes hashes;
	int rc = hash_whole(work, file, &hashes);
	for (size_t i = 0; rc == 0 && i < work->n_catalogs; i++) {
		if (work->catalogs[i] == NULL)
			continue;
		if (is_listed_in(work, work->catalogs[i], &hashes)) {
			file->is_listed = true;
			continue;
		}
		work->report.signature = DRIVER_SIGNATURE_INVALID;
		rc = warn_of_inf(work, file, i);
	}
	return rc;
}

/* Programs and drivers by their Authenticode hash; *ret_is_program is false for other files. */
static int check_file(struct work *work, struct signature_file *file, bool *ret_is_program)
{
	struct authenticode program;
	struct file_hashes hashes;
	uint8_t head[AUTHENTICODE_HEAD_BYTES];
	size_t n = file->size < sizeof(head) ? (size_t)file->size : sizeof(head);
	int rc = file_read_at(file->fd, 0, head, n);
	if (rc < 0)
		return rc;
	*ret_is_program = authenticode_ranges(head, n, file->size, &program) == 0;
	if (*ret_is_program) {
		rc = hash_program(work, file, &program, &hashes);
		if (rc < 0)
			return rc;
		file->is_listed = is_listed(work, &hashes);
	}
	/* Some makers of catalogues list programs as plain files. */
	if (!file->is_listed) {
		rc = hash_whole(work, file, &hashes);
		if (rc < 0)
			return rc;
		file->is_listed = is_listed(work, &hashes);
	}
	return 0;
}

/* Other files than programs often are not listed, and Windows does not ask for them. */
static int check_files(struct work *work, struct signature_file *files, size_t n_files)
{
	char names[256] = "";
	size_t n_unlisted = 0, used = 0;
	for (size_t i = 0; i < n_files; i++) {
		bool is_program = false;
		struct signature_file *file = &files[i];
		if (file->kind == DRIVER_FILE_CATALOG)
			continue;
		int rc = file->kind == DRIVER_FILE_INF ? check_inf(work, file)
						       : check_file(work, file, &is_program);
		if (rc < 0)
			return rc;
		if (file->is_listed || !is_program)
			continue;
		if (n_unlisted++ < NAMES_SHOWN) {
			int n = snprintf(names + used, sizeof(names) - used, "%s%s",
				used > 0 ? ", " : "", file->path);
			used = n > 0 && (size_t)n < sizeof(names) - used ? used + (size_t)n
									 : sizeof(names) - 1;
		}
	}
	if (n_unlisted == 0)
		return 0;
	return warn(work, "%zu program%s in no catalogue of the package: %s%s", n_unlisted,
		n_unlisted == 1 ? " stands" : "s stand", names,
		n_unlisted > NAMES_SHOWN ? ", ..." : "");
}

static int look(struct work *work, struct signature_file *files, size_t n_files)
{
	size_t n_good = 0;
	for (size_t i = 0; i < work->n_catalogs; i++) {
		int rc = open_catalog(work, i);
		if (rc < 0)
			return rc;
		n_good += work->catalogs[i] != NULL;
	}
	work->report.signature =
		n_good == work->n_catalogs ? DRIVER_SIGNED : DRIVER_SIGNATURE_INVALID;
	if (n_good == 0)
		return 0;
	int rc = sha1_new(&work->sha1);
	if (rc == 0)
		rc = sha256_new(&work->sha256);
	return rc == 0 ? check_files(work, files, n_files) : rc;
}

int driver_signature_read(const struct signature_catalog *catalogs, size_t n_catalogs,
	struct signature_file *files, size_t n_files, struct signature_report *ret_report,
	struct error *err)
{
	CLEANUP(work_clear) struct work work = {.given = catalogs};
	for (size_t i = 0; i < n_files; i++)
		files[i].is_listed = false;
	*ret_report = (struct signature_report){.signature = DRIVER_UNSIGNED};
	if (n_catalogs == 0)
		return 0;
	work.catalogs = calloc(n_catalogs, sizeof(struct catalog *));
	work.bytes = malloc(READ_BYTES);
	if (work.catalogs == NULL || work.bytes == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	work.n_catalogs = n_catalogs;
	int rc = look(&work, files, n_files);
	if (rc < 0)
		return error_set(
			err, rc, "the files of the package cannot be checked: %s", strerror(-rc));
	*ret_report = work.report;
	work.report = (struct signature_report){0};
	return 0;
}
