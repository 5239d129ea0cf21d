/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a package is called by, its contents, and how these get into the store. */
#include "driver/package.h"

#include "adapter/crypto.h"
#include "adapter/file.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/text.h"
#include "format/pe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int package_outcome_of(int rc, enum package_outcome outcome)
{
	return rc >= 0 || place_is_our_fault(rc) ? rc : (int)outcome;
}

/* ---- identity ---- */

static int compare_files(const void *a, const void *b)
{
	return text_compare_nocase(
		((const struct driver_file *)a)->path, ((const struct driver_file *)b)->path);
}

/* Files and parts go together: the parts are put in order by where their files went. */
static int sort_files(struct package_draft *draft)
{
	struct driver_package *package = &draft->package;
	CLEANUP(memory_freep)
	struct place_part *parts = calloc(package->n_files, sizeof(*parts));
	if (parts == NULL)
		return -ENOMEM;
	/* Until the blob is known, its size keeps the place. */
	for (size_t i = 0; i < package->n_files; i++)
		package->files[i].blob.size = i;
	qsort(package->files, package->n_files, sizeof(*package->files), compare_files);
	for (size_t i = 0; i < package->n_files; i++)
		parts[i] = draft->parts[package->files[i].blob.size];
	memcpy(draft->parts, parts, package->n_files * sizeof(*parts));
	return 0;
}

static void describe_file(struct driver_file *file, const struct fileset_file *notes)
{
	const char *arch = notes->machine != 0 ? pe_machine_arch(notes->machine) : NULL;
	text_hex(notes->sha256, sizeof(notes->sha256), file->blob.sha256);
	file->blob.size = notes->size;
	(void)text_copy(file->arch, sizeof(file->arch), arch != NULL ? arch : "");
	file->subsystem_major = notes->subsystem_major;
	file->subsystem_minor = notes->subsystem_minor;
}

/* What is hashed for the id: of each file its path in lower case, NUL, size (8 bytes, the lowest
 * first), SHA-256. */
static int add_to_id(
	struct sha256 *hash, const struct driver_file *file, const struct fileset_file *notes)
{
	char path[LIMIT_PATH_BYTES];
	uint8_t size[8];
	size_t n = 0;
	for (; file->path[n] != 0 && n < sizeof(path) - 1; n++)
		path[n] = text_lower(file->path[n]);
	path[n++] = 0;
	struct writer writer = writer_over(size, sizeof(size));
	writer_le64(&writer, notes->size);
	int rc = sha256_add(hash, path, n);
	if (rc == 0)
		rc = sha256_add(hash, size, sizeof(size));
	return rc == 0 ? sha256_add(hash, notes->sha256, sizeof(notes->sha256)) : rc;
}

int package_identify(struct package_draft *draft, struct error *err)
{
	struct driver_package *package = &draft->package;
	CLEANUP(sha256_freep) struct sha256 *hash = NULL;
	uint8_t digest[SHA256_BYTES];
	if (sort_files(draft) < 0 || sha256_new(&hash) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < package->n_files; i++) {
		struct place_part *part = &draft->parts[i];
		int rc = fileset_hash(part->set, part->file, err);
		if (rc < 0)
			return rc;
		const struct fileset_file *notes = &part->set->files[part->file];
		describe_file(&package->files[i], notes);
		if (add_to_id(hash, &package->files[i], notes) < 0)
			return error_set(err, -ENOMEM, "out of memory");
	}
	sha256_finish(hash, digest);
	text_hex(digest, sizeof(digest), package->id);
	return 0;
}

/* ---- into the store ---- */

static int has_changed(const struct place_part *part, struct error *err)
{
	(void)error_set(err, -EAGAIN, "%s: changed while it was read; try again",
		fileset_path(part->set, part->file));
	return PACKAGE_BROKEN;
}

static int copy_file(
	struct store *store, const struct place_part *part, int *ret_fd, struct error *err)
{
	CLEANUP(file_closep) int in = -1;
	CLEANUP(file_closep) int out = -1;
	uint64_t size, expected = part->set->files[part->file].size;
	int rc = package_outcome_of(fileset_open(part->set, part->file, &in, err), PACKAGE_BROKEN);
	if (rc == 0 && (file_size(in, &size) < 0 || size != expected))
		rc = has_changed(part, err);
	/* What came out of an archive becomes the blob itself: nobody else knows it. */
	if (rc == 0 && part->set->scratch != NULL) {
		*ret_fd = in;
		in = -1;
		return 0;
	}
	if (rc == 0)
		rc = store_blob_create(store, &out, err);
	if (rc != 0)
		return rc;
	rc = file_copy(in, out, expected, NULL);
	if (rc < 0)
		return error_set(err, rc, "%s: copying it to %s: %s",
			fileset_path(part->set, part->file), store_directory(store), strerror(-rc));
	*ret_fd = out;
	out = -1;
	return 0;
}

int package_store_files(struct package_draft *draft, struct store *store, struct blob_batch *batch,
	struct error *err)
{
	for (size_t i = 0; i < draft->package.n_files; i++) {
		const struct place_part *part = &draft->parts[i];
		struct fileset_file *notes = &part->set->files[part->file];
		struct blob blob;
		int fd = -1;
		if (notes->is_stored)
			continue;
		int rc = copy_file(store, part, &fd, err);
		if (rc == 0)
			rc = store_blob_batch_add(batch, fd, &blob, err);
		if (rc != 0)
			return rc;
		if (strcmp(blob.sha256, draft->package.files[i].blob.sha256) != 0)
			return has_changed(part, err);
		notes->is_stored = true;
	}
	return 0;
}
