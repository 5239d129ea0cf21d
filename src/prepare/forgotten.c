/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prepare/forgotten.h"

#include "adapter/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "driver/models.h"
#include "driver/signature.h"
#include "image/part.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

struct forgotten {
	struct store *store;
	const struct revision_package *held;
	struct part_record part;
	struct buffer bytes; /* of the INF */
	struct inf *inf;
	/* Each catalogue that the INF names and that is there. */
	struct buffer catalogs[INF_N_ARCHS];
	struct signature_catalog named[INF_N_ARCHS];
	char names[INF_N_ARCHS][256];
	size_t n_catalogs;
};

static void forgotten_clear(struct forgotten *forgotten)
{
	for (size_t i = 0; i < INF_N_ARCHS; i++)
		buffer_free(&forgotten->catalogs[i]);
	buffer_free(&forgotten->bytes);
	inf_free(forgotten->inf);
	part_record_clear(&forgotten->part);
}

/* ---- missing files ---- */

static bool part_has(const struct part_record *part, const struct inf_file *file)
{
	for (size_t i = 0; i < part->n_files; i++)
		if (text_equal_nocase(part->files[i].path, file->path) ||
			(file->cabinet != NULL &&
				text_equal_nocase(part->files[i].path, file->cabinet)))
			return true;
	return false;
}

static int find_missing(
	const struct forgotten *forgotten, struct driver_package *package, struct error *err)
{
	struct inf_file_list files = {0};
	int rc = models_files(forgotten->inf, &files, err);
	if (rc < 0)
		return rc;
	bool *is_there = calloc(files.n + 1, sizeof(*is_there));
	for (size_t i = 0; is_there != NULL && i < files.n; i++)
		is_there[i] = part_has(&forgotten->part, &files.files[i]);
	rc = is_there == NULL ? error_set(err, -ENOMEM, "out of memory")
			      : models_missing(forgotten->inf, &files, is_there, package, err);
	free(is_there);
	inf_file_list_clear(&files);
	for (size_t i = 0; i < package->n_installs; i++)
		package->is_incomplete |= package->installs[i].n_missing > 0;
	return rc;
}

/* ---- signature ---- */

static int read_catalog(struct forgotten *forgotten, enum inf_arch arch, struct error *err)
{
	size_t at = forgotten->n_catalogs;
	char *name = forgotten->names[at];
	if (!models_catalog(forgotten->inf, arch, name, sizeof(forgotten->names[at])))
		return 0;
	for (size_t i = 0; i < at; i++)
		if (text_equal_nocase(forgotten->names[i], name))
			return 0;
	struct buffer *bytes = &forgotten->catalogs[at];
	*bytes = buffer_with_max(LIMIT_CATALOG_BYTES);
	int rc = part_read_file(forgotten->store, &forgotten->part, name, bytes, err);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	forgotten->named[at] = (struct signature_catalog){name, bytes->bytes, bytes->size};
	forgotten->n_catalogs++;
	return 0;
}

/* The INF alone is held against them: binaries change nothing of the rank. */
static int read_signature(
	struct forgotten *forgotten, struct driver_package *package, struct error *err)
{
	struct signature_report report = {.n_warnings = 0};
	int rc = 0;
	for (int arch = 0; rc == 0 && arch < INF_N_ARCHS; arch++)
		rc = read_catalog(forgotten, (enum inf_arch)arch, err);
	if (rc < 0)
		return rc;
	CLEANUP(file_closep) int fd = memfd_create("inf", MFD_CLOEXEC);
	rc = fd < 0 ? -errno : file_write(fd, forgotten->bytes.bytes, forgotten->bytes.size);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	struct signature_file file = {
		.path = forgotten->held->inf,
		.fd = fd,
		.size = forgotten->bytes.size,
		.kind = DRIVER_FILE_INF,
	};
	rc = driver_signature_read(forgotten->named, forgotten->n_catalogs, &file, 1, &report, err);
	if (rc < 0)
		return rc;
	package->signature = report.signature;
	(void)text_copy(package->signer, sizeof(package->signer), report.signer);
	signature_report_clear(&report);
	return 0;
}

/* ---- all ---- */

static int read_all(struct forgotten *forgotten, struct driver_package *package, struct error *err)
{
	const struct revision_package *held = forgotten->held;
	int rc = store_part_by_id(forgotten->store, held->part, &forgotten->part, err);
	if (rc == 0)
		rc = part_read_file(
			forgotten->store, &forgotten->part, held->inf, &forgotten->bytes, err);
	if (rc == 0)
		rc = inf_parse(
			forgotten->bytes.bytes, forgotten->bytes.size, NULL, &forgotten->inf, err);
	if (rc == 0)
		rc = models_read(forgotten->inf, package, err);
	if (rc == 0)
		rc = find_missing(forgotten, package, err);
	return rc == 0 ? read_signature(forgotten, package, err) : rc;
}

int forgotten_read(struct store *store, const struct revision_package *held,
	struct driver_package *ret_package, struct error *err)
{
	CLEANUP(forgotten_clear)
	struct forgotten forgotten = {
		.store = store, .held = held, .bytes = buffer_with_max(LIMIT_INF_BYTES)};
	struct driver_package package = {.row = 0};
	(void)text_copy(package.id, sizeof(package.id), held->id);
	(void)text_copy(package.inf, sizeof(package.inf), held->inf);
	int rc = read_all(&forgotten, &package, err);
	if (rc < 0) {
		driver_package_clear(&package);
		return error_prefix(err, rc, "%s", held->inf);
	}
	*ret_package = package;
	return 0;
}
