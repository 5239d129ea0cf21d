/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Little helpers that need neither firmware nor libc: minipe's parsers use only these, so that the
 * same files are built for the firmware and for the tests on the host.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *data;
	size_t size;
};

/* The piece [offset, offset + size), or {NULL, 0} if it is not all there. */
static inline struct bytes bytes_piece(struct bytes whole, uint64_t offset, uint64_t size)
{
	if (offset > whole.size || size > whole.size - offset)
		return (struct bytes){NULL, 0};
	return (struct bytes){whole.data + offset, (size_t)size};
}

static inline uint16_t get_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t get_le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t get_le64(const uint8_t *p)
{
	return get_le32(p) | (uint64_t)get_le32(p + 4) << 32;
}

static inline uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint16_t lower16(uint16_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint16_t)(c + 32) : c;
}

void bytes_copy(void *to, const void *from, size_t size);
bool bytes_equal(const void *a, const void *b, size_t size);
size_t text_length(const char *text);
/* ASCII letters compared without their case. */
bool text_equal(const char *a, const char *b);
/* Where needle is in text (case ignored), or NULL. */
const char *text_find(const char *text, const char *needle);
/* UTF-16LE to ASCII, '?' for the rest; stops at a NUL; always ends `out` with one. */
void text_from_utf16(const uint8_t *utf16, size_t size_bytes, char *out, size_t out_size);
