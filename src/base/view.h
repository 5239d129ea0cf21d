/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A view is a file as a client sees it: a list of segments (memory, a range of an open file, or
 * zeros) with a total size. A BCD is one memory segment, a base one file segment, a layered WIM
 * header | base range | tail. TFTP, HTTP, ISO and USB writers all consume views, and nothing ever
 * copies a base.
 *
 * A view is built by one thread and immutable from then on; references are counted atomically, so
 * worker loops share it.
 */
#pragma once

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A boot image with some thousand driver packages; view_find() takes the logarithm of it. */
#define VIEW_SEGMENTS_MAX 16384

enum view_segment_kind {
	VIEW_MEMORY,
	VIEW_FILE,
	VIEW_ZEROS, /* nothing: the room between the files of a volume, and behind them. Who writes
		       a view to a file may leave a hole there. */
};

struct view_segment {
	enum view_segment_kind kind;
	uint64_t length;       /* bytes; never 0 */
	const uint8_t *memory; /* VIEW_MEMORY */
	int fd;                /* VIEW_FILE: open for reading as long as the view lives */
	uint64_t offset;       /* VIEW_FILE: where in the file the segment starts */
};

struct view;

int view_new(struct view **ret_view) MUST_CHECK;
struct view *view_ref(struct view *view);
/* NULL is fine; returns NULL. The last reference frees the memory and closes the files. */
struct view *view_unref(struct view *view);

/* Bytes that live as long as the program (string constants, embedded files). */
int view_add_static(struct view *view, const void *bytes, size_t length) MUST_CHECK;
/* A copy of the bytes. */
int view_add_copy(struct view *view, const void *bytes, size_t length) MUST_CHECK;
/* The view takes the descriptor over, on failure too. The range is not checked against the file's
   size here: reading past its end gives -EIO. A segment of length 0 is left out (and the descriptor
   closed). */
int view_add_file(struct view *view, int fd, uint64_t offset, uint64_t length) MUST_CHECK;
int view_add_zeros(struct view *view, uint64_t length) MUST_CHECK;
/* A range of another view, without new descriptors: that one lives as long as this. -ERANGE if the
   range is not inside it. */
int view_add_view(
	struct view *view, struct view *other, uint64_t offset, uint64_t length) MUST_CHECK;

uint64_t view_size(const struct view *view);
size_t view_n_segments(const struct view *view);
const struct view_segment *view_segment(const struct view *view, size_t index);
/* The segment that holds the byte at offset, and where in it that byte is; NULL at or past the end.
 */
const struct view_segment *view_find(
	const struct view *view, uint64_t offset, uint64_t *ret_within);
/* Reads exactly length bytes. -EIO if a file has become shorter than it was (a file that shrank
   under us), -ERANGE if the range is not inside the view. */
int view_read(const struct view *view, uint64_t offset, void *bytes, size_t length) MUST_CHECK;
/* A range becomes what is in the buffer: mapped as by buffer_map() if it lies in one file, with all
 * that is said there, else read. */
int view_map(const struct view *view, uint64_t offset, size_t n, size_t room,
	struct buffer *out) MUST_CHECK;
/* Whether two ranges are the same bytes of the same open file, one segment each: nothing is read.
 * False does not say that they differ. */
bool view_is_shared(const struct view *a, uint64_t a_offset, const struct view *b,
	uint64_t b_offset, uint64_t length);

static inline void view_unrefp(struct view **view)
{
	(void)view_unref(*view);
}
