/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cursors over bytes, with sticky failure: after the first read or write past the end every later
 * call does nothing and reads return zero, so a parser asks once, at its end, whether all went
 * well. Hostile bytes are touched only through these; nothing is ever cast to a struct.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
	const uint8_t *bytes;
	size_t size;
	size_t at;   /* never past size */
	bool failed; /* a read went past the end */
};

void reader_seek(struct reader *reader, size_t at);
uint16_t reader_be16(struct reader *reader);
uint32_t reader_be32(struct reader *reader);
uint64_t reader_be64(struct reader *reader);
/* A string that ends with NUL, in place: NULL and failure if no NUL follows. Moves past the NUL. */
const char *reader_string(struct reader *reader, size_t *ret_length);

/* Inline, because the tree of an image is some hundred thousand of these. */

static inline struct reader reader_over(const void *bytes, size_t size)
{
	return (struct reader){.bytes = bytes, .size = size};
}

static inline size_t reader_left(const struct reader *reader)
{
	return reader->failed ? 0 : reader->size - reader->at;
}

/* The next n bytes in place, or NULL (and failure) if there are fewer. n = 0 gives a non-NULL
 * pointer. */
static inline const uint8_t *reader_bytes(struct reader *reader, size_t n)
{
	if (reader->failed || n > reader->size - reader->at) {
		reader->failed = true;
		return NULL;
	}
	const uint8_t *bytes = n == 0 ? (const uint8_t *)"" : reader->bytes + reader->at;
	reader->at += n;
	return bytes;
}

static inline void reader_skip(struct reader *reader, size_t n)
{
	(void)reader_bytes(reader, n);
}

/* Copies the next n bytes out; on failure the destination is zeroed. */
static inline void reader_copy(struct reader *reader, void *destination, size_t n)
{
	const uint8_t *bytes = reader_bytes(reader, n);
	if (bytes != NULL)
		memcpy(destination, bytes, n);
	else
		memset(destination, 0, n);
}

static inline uint8_t reader_u8(struct reader *reader)
{
	const uint8_t *b = reader_bytes(reader, 1);
	return b != NULL ? b[0] : 0;
}

static inline uint16_t reader_le16(struct reader *reader)
{
	uint8_t b[2];
	reader_copy(reader, b, sizeof(b));
	uint64_t value = 0;
	for (size_t i = 0; i < sizeof(b); i++)
		value = value << 8 | b[sizeof(b) - 1 - i];
	return (uint16_t)value;
}

static inline uint32_t reader_le32(struct reader *reader)
{
	uint8_t b[4];
	reader_copy(reader, b, sizeof(b));
	uint64_t value = 0;
	for (size_t i = 0; i < sizeof(b); i++)
		value = value << 8 | b[sizeof(b) - 1 - i];
	return (uint32_t)value;
}

static inline uint64_t reader_le64(struct reader *reader)
{
	uint8_t b[8];
	reader_copy(reader, b, sizeof(b));
	uint64_t value = 0;
	for (size_t i = 0; i < sizeof(b); i++)
		value = value << 8 | b[sizeof(b) - 1 - i];
	return (uint64_t)value;
}

struct writer {
	uint8_t *bytes;
	size_t size;
	size_t at;
	bool failed; /* something did not fit */
};

struct writer writer_over(void *bytes, size_t size);
size_t writer_left(const struct writer *writer);
void writer_u8(struct writer *writer, uint8_t value);
void writer_be16(struct writer *writer, uint16_t value);
void writer_be32(struct writer *writer, uint32_t value);
void writer_be64(struct writer *writer, uint64_t value);
void writer_le16(struct writer *writer, uint16_t value);
void writer_le32(struct writer *writer, uint32_t value);
void writer_le64(struct writer *writer, uint64_t value);
void writer_bytes(struct writer *writer, const void *bytes, size_t n);
void writer_zeros(struct writer *writer, size_t n);
/* Without the NUL. */
void writer_text(struct writer *writer, const char *text);
