/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts and revisions that were never a WIM, for tests of the store and of what stands on it. */
#pragma once

#include "base/text.h"
#include "store/revisions.h"

#include "scratch.h"

/* The SHA-256 name of a package, made of a number. */
static inline void sample_package_id(unsigned number, char id[static SHA256_TEXT_BYTES])
{
	(void)snprintf(id, SHA256_TEXT_BYTES, "%064x", number);
}

/* A part of two files, of which one is empty, with bytes of its own; in the store. */
static inline int sample_part(
	struct store *store, unsigned number, struct part_record *ret_part, struct error *err)
{
	char text[64], package[SHA256_TEXT_BYTES];
	int n = snprintf(text, sizeof(text), "resources of package %u", number);
	struct part_record part = {.files = calloc(2, sizeof(*part.files)), .n_files = 2};
	assert_non_null(part.files);
	(void)text_copy(part.compression, sizeof(part.compression), "LZX");
	part.files[0] = (struct part_file){.path = strdup("sub/empty.txt")};
	part.files[1] = (struct part_file){.path = strdup("sub/nic.sys"),
		.sha1 = {(uint8_t)number, 2, 3},
		.offset = 1,
		.stored_bytes = (uint64_t)n - 1,
		.original_bytes = 70000,
		.is_compressed = true};
	sample_package_id(number, package);
	int rc = store_blob_add_bytes(store, text, (size_t)n, &part.blob, err);
	if (rc == 0)
		rc = part_id(&part);
	if (rc == 0)
		rc = store_part_put(store, package, &part, err);
	if (rc == 0)
		*ret_part = part;
	else
		part_record_clear(&part);
	return rc;
}

/*
 * A revision on top of what is the newest one: a few bytes of a layer, the base, and the parts of
 * the packages from first on, n of them. Not yet in the store; revision_record_clear().
 */
static inline int sample_revision(struct store *store, const char *image, unsigned first,
	unsigned n, struct revision_record *ret_record, struct error *err)
{
	struct image_record base;
	struct revision_record record = {.why = "add-drivers", .created_ms = 1700000000000};
	char text[96];
	int rc = store_image_get(store, image, &base, err);
	if (rc < 0)
		return rc;
	(void)text_copy(record.image, sizeof(record.image), image);
	record.revision = base.last_revision + 1;
	record.blobs = calloc(2 + n, sizeof(*record.blobs));
	record.pieces = calloc(2 + n, sizeof(*record.pieces));
	record.packages = calloc(n + 1, sizeof(*record.packages));
	record.nics.ids = calloc(1, sizeof(*record.nics.ids));
	assert_true(record.blobs && record.pieces && record.packages && record.nics.ids);
	record.nics.ids[record.nics.n++] =
		(struct nic_id){.vendor = 0x8086, .device = (uint16_t)first, .any_board = true};
	int length = snprintf(text, sizeof(text), "layer of %s@%u with %u packages from %u", image,
		record.revision, n, first);
	record.blobs[record.n_blobs++] = base.base;
	rc = store_blob_add_bytes(
		store, text, (size_t)length, &record.blobs[record.n_blobs++], err);
	record.pieces[record.n_pieces++] = (struct revision_piece){1, 0, (uint64_t)length};
	record.pieces[record.n_pieces++] = (struct revision_piece){0, 1, base.base.size - 1};
	for (unsigned i = 0; rc == 0 && i < n; i++) {
		struct part_record part = {.files = NULL};
		struct revision_package *package = &record.packages[record.n_packages++];
		rc = sample_part(store, first + i, &part, err);
		package->number = i + 1;
		sample_package_id(first + i, package->id);
		(void)snprintf(package->inf, sizeof(package->inf), "nic%u.inf", first + i);
		(void)text_copy(package->class, sizeof(package->class), "Net");
		(void)text_copy(package->provider, sizeof(package->provider), "Samples");
		package->date = 20240102;
		package->has_version = i % 2 == 0;
		package->version = i % 2 == 0 ? 0xffff000200030004ULL : 0;
		(void)text_copy(package->part, sizeof(package->part), part.id);
		uint32_t blob = (uint32_t)record.n_blobs;
		record.blobs[record.n_blobs++] = part.blob;
		record.pieces[record.n_pieces++] = (struct revision_piece){blob, 0, part.blob.size};
		part_record_clear(&part);
	}
	for (size_t i = 0; i < record.n_pieces; i++)
		record.size += record.pieces[i].length;
	image_record_clear(&base);
	if (rc == 0)
		*ret_record = record;
	else
		revision_record_clear(&record);
	return rc;
}
