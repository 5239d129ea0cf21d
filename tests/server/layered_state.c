/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes a state with one image whose newest revision is composed of many pieces, for tests and
 * benches of serving: the image is no WIM, only bytes. Writes the composed bytes to a file as well.
 *
 *   layered_state STATE BASE PARTS BYTES OUT
 *
 * Revision 1 of image "layered" is the file BASE; revision 2 has a head, the base without its first
 * 208 bytes, PARTS parts of BYTES bytes, and a tail.
 */
#include "base/text.h"
#include "store/revisions.h"

#include "image/revision_view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HEAD_BYTES 208
#define COPY_BYTES (1U << 20)

static int import_base(
	struct store *store, const char *path, struct image_record *image, struct error *err)
{
	CLEANUP(memory_freep) uint8_t *bytes = malloc(COPY_BYTES);
	int from = open(path, O_RDONLY | O_CLOEXEC), to = -1;
	ssize_t n = 0;
	if (from < 0 || bytes == NULL)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	int rc = store_blob_create(store, &to, err);
	while (rc == 0 && (n = read(from, bytes, COPY_BYTES)) > 0)
		if (write(to, bytes, (size_t)n) != n)
			rc = error_set(err, -EIO, "cannot write the base");
	(void)close(from);
	if (rc == 0)
		rc = store_blob_commit(store, to, &image->base, err);
	/* A loader, so that a machine can be offered the image. */
	if (rc == 0)
		rc = store_blob_add_bytes(store, "loader", 6, &image->files[0].blob, err);
	return rc == 0 ? store_image_add(store, image, true, err) : rc;
}

static int make_part(struct store *store, unsigned number, size_t size, struct part_record *part,
	struct error *err)
{
	CLEANUP(memory_freep) uint8_t *bytes = malloc(size);
	uint64_t x = 88172645463325252ULL + number;
	char package[SHA256_TEXT_BYTES];
	if (bytes == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < size; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		bytes[i] = (uint8_t)x;
	}
	(void)text_copy(part->compression, sizeof(part->compression), "LZX");
	(void)snprintf(package, sizeof(package), "%064x", number);
	int rc = store_blob_add_bytes(store, bytes, size, &part->blob, err);
	if (rc == 0)
		rc = part_id(part);
	return rc == 0 ? store_part_put(store, package, part, err) : rc;
}

static void add_piece(
	struct revision_record *record, const struct blob *blob, uint64_t offset, uint64_t length)
{
	uint32_t at = 0;
	while (at < record->n_blobs && strcmp(record->blobs[at].sha256, blob->sha256) != 0)
		at++;
	if (at == record->n_blobs)
		record->blobs[record->n_blobs++] = *blob;
	record->pieces[record->n_pieces++] = (struct revision_piece){at, offset, length};
	record->size += length;
}

static int add_revision(struct store *store, const struct image_record *image, unsigned n_parts,
	size_t part_bytes, struct revision_record *record, struct error *err)
{
	uint8_t own[HEAD_BYTES + 4096];
	struct blob layer;
	record->blobs = calloc(2 + n_parts, sizeof(*record->blobs));
	record->pieces = calloc(3 + n_parts, sizeof(*record->pieces));
	record->packages = calloc(n_parts + 1, sizeof(*record->packages));
	if (record->blobs == NULL || record->pieces == NULL || record->packages == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	memset(own, 'L', sizeof(own));
	int rc = store_blob_add_bytes(store, own, sizeof(own), &layer, err);
	if (rc < 0)
		return rc;
	record->blobs[record->n_blobs++] = image->base;
	add_piece(record, &layer, 0, HEAD_BYTES);
	add_piece(record, &image->base, HEAD_BYTES, image->base.size - HEAD_BYTES);
	for (unsigned i = 0; rc == 0 && i < n_parts; i++) {
		struct part_record part = {.files = NULL};
		struct revision_package *package = &record->packages[record->n_packages++];
		rc = make_part(store, i, part_bytes, &part, err);
		if (rc < 0)
			return rc;
		package->number = i + 1;
		(void)snprintf(package->id, sizeof(package->id), "%064x", i);
		(void)text_copy(package->part, sizeof(package->part), part.id);
		add_piece(record, &part.blob, 0, part.blob.size);
	}
	add_piece(record, &layer, HEAD_BYTES, sizeof(own) - HEAD_BYTES);
	(void)text_copy(record->image, sizeof(record->image), image->name);
	(void)text_copy(record->why, sizeof(record->why), "add-drivers");
	record->revision = 2;
	return store_revision_add(store, record, 1, err);
}

static int write_out(struct store *store, const struct revision_record *record, const char *path,
	struct error *err)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	CLEANUP(memory_freep) uint8_t *bytes = malloc(COPY_BYTES);
	FILE *out = fopen(path, "we");
	int rc = revision_view_open(store, record, &view, err);
	if (rc == 0 && (out == NULL || bytes == NULL))
		rc = error_set(err, -EIO, "%s: %s", path, strerror(errno));
	for (uint64_t at = 0; rc == 0 && at < view_size(view); at += COPY_BYTES) {
		uint64_t left = view_size(view) - at;
		size_t n = left < COPY_BYTES ? (size_t)left : COPY_BYTES;
		rc = view_read(view, at, bytes, n);
		if (rc == 0 && fwrite(bytes, 1, n, out) != n)
			rc = error_set(err, -EIO, "%s: cannot be written", path);
	}
	if (out != NULL && fclose(out) != 0 && rc == 0)
		rc = error_set(err, -EIO, "%s: %s", path, strerror(errno));
	return rc;
}

int main(int argc, char **argv)
{
	struct error err = ERROR_NULL;
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(revision_record_clear) struct revision_record record = {.blobs = NULL};
	struct image_file file = {.name = "bootx64.efi"};
	struct image_record image = {.name = "layered",
		.arch = "amd64",
		.version = "10.0.22621.1",
		.boot_index = 1,
		.files = &file,
		.n_files = 1};
	uint64_t n_parts, part_bytes;
	if (argc != 6 || !text_parse_u64(argv[3], 16000, &n_parts) ||
		!text_parse_u64(argv[4], 1U << 30, &part_bytes)) {
		(void)fprintf(stderr, "usage: layered_state STATE BASE PARTS BYTES OUT\n");
		return 2;
	}
	int rc = store_open(argv[1], STORE_CREATE, &store, &err);
	if (rc == 0)
		rc = import_base(store, argv[2], &image, &err);
	if (rc == 0)
		rc = add_revision(
			store, &image, (unsigned)n_parts, (size_t)part_bytes, &record, &err);
	if (rc == 0)
		rc = write_out(store, &record, argv[5], &err);
	if (rc < 0)
		(void)fprintf(stderr, "layered_state: %s\n", err.text);
	return rc < 0;
}
