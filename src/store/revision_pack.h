/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the lists of parts and revisions lie in their rows (numbers as packing.h writes them):
 *
 *   listing of a part   files: n, each {bytes of its path shared with the one before, the rest
 * ended by NUL, flags, and unless it is empty: SHA-1, offset, stored, original} pieces to the end,
 * each {2 * blob + is whole, and unless it is: offset, length} blob 0: the base, 1: the layer's
 * own, 2 + k: that of the item at place k nics                to the end, each {2 * (vendor and
 * device as one number - the one before) + any board}
 *
 * A revision with 400 packages has 2 kB of pieces and 5 kB of items (revision_item).
 */
#pragma once

#include "base/buffer.h"
#include "base/bytes.h"
#include "store/revisions.h"

int part_pack_listing(const struct part_record *part, struct buffer *out) MUST_CHECK;
/* Sets files of a part whose blob is known. -EBADMSG for bytes that are no listing, and for files
 * that are not inside the blob. */
int part_unpack_listing(const void *bytes, size_t n, struct part_record *part) MUST_CHECK;

struct packed_piece {
	uint64_t blob; /* as above */
	uint64_t offset, length;
	bool is_whole; /* offset and length are the blob's, and not set here */
};
int revision_pack_piece(const struct packed_piece *piece, struct buffer *out) MUST_CHECK;
/* 1, 0 at the end, -EBADMSG. */
int revision_unpack_piece(struct reader *reader, struct packed_piece *ret_piece) MUST_CHECK;

/* Sorted, each once, as struct nic_set says: -EINVAL if they are not. */
int nics_pack(const struct nic_set *nics, struct buffer *out) MUST_CHECK;
int nics_unpack(const void *bytes, size_t n, struct nic_set *ret_nics) MUST_CHECK;
