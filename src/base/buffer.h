/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growable byte buffer. Its maximum is given when it is made: growth without bound cannot be
 * written. */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>
#include <stdint.h>

struct buffer {
	uint8_t *bytes; /* owned; always followed by a NUL that size does not count, once anything
			   was added */
	size_t size;
	size_t capacity;
	size_t max;
	size_t n_mapped; /* of a mapping that they lie in; 0: memory of malloc() */
};

struct buffer buffer_with_max(size_t max);
/* -ENOMEM, or -EFBIG past the maximum; the contents stay as they were. */
int buffer_add(struct buffer *buffer, const void *bytes, size_t n) MUST_CHECK;
int buffer_add_zeros(struct buffer *buffer, size_t n) MUST_CHECK;
int buffer_add_text(struct buffer *buffer, const char *text) MUST_CHECK;
int buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3) MUST_CHECK;
/* Room for n more bytes at bytes + size; the caller adds to size what it wrote. */
int buffer_reserve(struct buffer *buffer, size_t n) MUST_CHECK;
/*
 * A range of a file becomes what is in the buffer, in the place of what was: the pages that the
 * kernel has of the file, copied one by one when they are written to, and never written back. For
 * files of the state alone, which nobody cuts while they are open: who reads a mapped file beyond
 * its end dies of SIGBUS. So that a disk that fails gives an errno, all pages are there on return.
 * room: how many bytes will be added. On failure, also on systems that cannot do this, nothing has
 * changed: read it then.
 */
int buffer_map(struct buffer *buffer, int fd, uint64_t offset, size_t n, size_t room) MUST_CHECK;
/* Frees and resets; the maximum stays. */
void buffer_free(struct buffer *buffer);
