/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/revision_pack.h"

#include "store/packing.h"
#include "store/sql.h"

#include <errno.h>
#include <string.h>

enum packed_file_flag {
	PACKED_IS_COMPRESSED = 1,
	PACKED_IS_EMPTY = 2, /* nothing follows */
};

/* ---- listings ---- */

static int pack_file(const struct part_file *file, const char *before, struct buffer *out)
{
	bool is_empty = file->original_bytes == 0;
	uint64_t flags = (file->is_compressed ? PACKED_IS_COMPRESSED : 0U) |
			 (is_empty ? PACKED_IS_EMPTY : 0U);
	size_t shared = 0;
	while (file->path[shared] != 0 && file->path[shared] == before[shared])
		shared++;
	int rc = pack_number(out, shared);
	if (rc == 0)
		rc = buffer_add(out, file->path + shared, strlen(file->path + shared) + 1);
	if (rc == 0)
		rc = pack_number(out, flags);
	if (rc < 0 || is_empty)
		return rc;
	const uint64_t numbers[] = {file->offset, file->stored_bytes, file->original_bytes};
	rc = buffer_add(out, file->sha1, sizeof(file->sha1));
	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(numbers); i++)
		rc = pack_number(out, numbers[i]);
	return rc;
}

int part_pack_listing(const struct part_record *part, struct buffer *out)
{
	const char *before = "";
	int rc = pack_number(out, part->n_files);
	for (size_t i = 0; rc == 0 && i < part->n_files; i++) {
		rc = pack_file(&part->files[i], before, out);
		before = part->files[i].path;
	}
	return rc;
}

/* left: what the paths may still take, so that a few bytes do not become a lot of memory. */
static int unpack_path(struct reader *reader, const char *before, size_t *left, char **ret_path)
{
	uint64_t shared = unpack_number(reader);
	size_t n = 0;
	const char *rest = reader_string(reader, &n);
	if (rest == NULL || shared > strlen(before) || shared + n >= *left)
		return -EBADMSG;
	char *path = malloc((size_t)shared + n + 1);
	if (path == NULL)
		return -ENOMEM;
	memcpy(path, before, (size_t)shared);
	memcpy(path + shared, rest, n + 1);
	*left -= (size_t)shared + n + 1;
	*ret_path = path;
	return 0;
}

static int unpack_file(struct reader *reader, const struct blob *blob, const char *before,
	size_t *left, struct part_file *file)
{
	int rc = unpack_path(reader, before, left, &file->path);
	if (rc < 0)
		return rc;
	uint64_t flags = unpack_number(reader);
	file->is_compressed = (flags & PACKED_IS_COMPRESSED) != 0;
	if ((flags & PACKED_IS_EMPTY) == 0) {
		reader_copy(reader, file->sha1, sizeof(file->sha1));
		file->offset = unpack_number(reader);
		file->stored_bytes = unpack_number(reader);
		file->original_bytes = unpack_number(reader);
	}
	bool is_inside =
		file->offset <= blob->size && file->stored_bytes <= blob->size - file->offset;
	return reader->failed || !is_inside ? -EBADMSG : 0;
}

int part_unpack_listing(const void *bytes, size_t n, struct part_record *part)
{
	const char *before = "";
	size_t left = LIMIT_FOLDER_NAMES_BYTES;
	struct reader reader = reader_over(bytes, n);
	size_t n_files = unpack_count(&reader);
	if (reader.failed)
		return -EBADMSG;
	part->files = calloc(n_files + 1, sizeof(*part->files));
	if (part->files == NULL)
		return -ENOMEM;
	while (part->n_files < n_files) {
		struct part_file *file = &part->files[part->n_files++];
		int rc = unpack_file(&reader, &part->blob, before, &left, file);
		if (rc < 0)
			return rc;
		before = file->path;
	}
	return reader_left(&reader) == 0 ? 0 : -EBADMSG;
}

/* ---- pieces ---- */

int revision_pack_piece(const struct packed_piece *piece, struct buffer *out)
{
	int rc = pack_number(out, 2 * piece->blob + (piece->is_whole ? 1 : 0));
	if (rc == 0 && !piece->is_whole)
		rc = pack_number(out, piece->offset);
	if (rc == 0 && !piece->is_whole)
		rc = pack_number(out, piece->length);
	return rc;
}

int revision_unpack_piece(struct reader *reader, struct packed_piece *ret_piece)
{
	if (reader_left(reader) == 0)
		return 0;
	uint64_t head = unpack_number(reader);
	struct packed_piece piece = {.blob = head / 2, .is_whole = (head & 1) != 0};
	if (!piece.is_whole) {
		piece.offset = unpack_number(reader);
		piece.length = unpack_number(reader);
	}
	if (reader->failed)
		return -EBADMSG;
	*ret_piece = piece;
	return 1;
}

/* ---- network cards ---- */

static uint64_t nic_number(const struct nic_id *id)
{
	return (uint64_t)id->vendor << 16 | id->device;
}

int nics_pack(const struct nic_set *nics, struct buffer *out)
{
	uint64_t before = 0;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < nics->n; i++) {
		uint64_t number = nic_number(&nics->ids[i]);
		if (i > 0 && number <= before)
			return -EINVAL;
		rc = pack_number(out, 2 * (number - before) + (nics->ids[i].any_board ? 1 : 0));
		before = number;
	}
	return rc;
}

int nics_unpack(const void *bytes, size_t n, struct nic_set *ret_nics)
{
	CLEANUP(nic_set_clear) struct nic_set nics = {.ids = NULL};
	struct reader reader = reader_over(bytes, n);
	uint64_t number = 0;
	while (reader_left(&reader) > 0) {
		uint64_t head = unpack_number(&reader);
		number += head / 2;
		if (reader.failed || number > UINT32_MAX || (nics.n > 0 && head < 2))
			return -EBADMSG;
		struct nic_id *ids = sql_grow(nics.ids, nics.n, sizeof(*ids));
		if (ids == NULL)
			return -ENOMEM;
		nics.ids = ids;
		nics.ids[nics.n++] = (struct nic_id){.vendor = (uint16_t)(number >> 16),
			.device = (uint16_t)number,
			.any_board = (head & 1) != 0};
	}
	*ret_nics = nics;
	nics = (struct nic_set){.ids = NULL};
	return 0;
}
