/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/media_whole.h"

#include "base/bytes.h"
#include "format/partition_read.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES      2048U
#define DESCRIPTOR_BLOCK 16U
/* Behind the last file of an ISO: up to its last block, and what pads it. */
#define ISO_TAIL_BYTES   (151ULL * BLOCK_BYTES)

/* ECMA-119, 8.4: 0 if it is no ISO 9660. */
static uint64_t iso_bytes(const struct view *disk)
{
	uint8_t bytes[BLOCK_BYTES];
	const uint64_t at = (uint64_t)DESCRIPTOR_BLOCK * BLOCK_BYTES;
	if (view_size(disk) < at + sizeof(bytes) || view_read(disk, at, bytes, sizeof(bytes)) < 0 ||
		memcmp(bytes, "\1CD001\1", 7) != 0)
		return 0;
	struct reader r = reader_over(bytes, sizeof(bytes));
	reader_seek(&r, 80);
	const uint64_t n_blocks = reader_le32(&r);
	reader_seek(&r, 128);
	return n_blocks * reader_le16(&r);
}

int medium_check_length(const struct view *disk, struct error *err)
{
	const uint64_t size = view_size(disk), iso = iso_bytes(disk), end = partitions_end(disk);
	const uint64_t needed = iso > end ? iso : end;
	if (size >= needed)
		return 0;
	return error_set(err, -EIO,
		"it has %llu bytes of the %llu that its %s says: it was cut short (by a copy that "
		"broke "
		"off, a full disk, a power cut); make it anew",
		(unsigned long long)size, (unsigned long long)needed,
		iso > end ? "volume descriptor" : "partition table");
}

static bool has_hole(const struct view *view, uint64_t end)
{
	uint64_t at = 0;
	for (size_t i = 0; i < view_n_segments(view) && at < end; i++) {
		const struct view_segment *segment = view_segment(view, i);
		const uint64_t n = segment->length < end - at ? segment->length : end - at;
		at += segment->length;
		if (segment->kind != VIEW_FILE)
			continue;
		const off_t hole = lseek(segment->fd, (off_t)segment->offset, SEEK_HOLE);
		if (hole >= 0 && (uint64_t)hole < segment->offset + n)
			return true;
	}
	return false;
}

bool medium_iso_has_hole(const struct view *disk)
{
	const uint64_t size = view_size(disk);
	return size > ISO_TAIL_BYTES && has_hole(disk, size - ISO_TAIL_BYTES);
}

bool medium_file_has_hole(const struct view *file)
{
	return has_hole(file, view_size(file));
}
