/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/bytes.h"

#include <string.h>

void reader_seek(struct reader *reader, size_t at)
{
	if (reader->failed || at > reader->size)
		reader->failed = true;
	else
		reader->at = at;
}

const char *reader_string(struct reader *reader, size_t *ret_length)
{
	size_t left = reader_left(reader);
	const uint8_t *start = left > 0 ? reader->bytes + reader->at : NULL;
	const uint8_t *end = left > 0 ? memchr(start, 0, left) : NULL;
	if (end == NULL) {
		reader->failed = true;
		return NULL;
	}
	size_t length = (size_t)(end - start);
	reader->at += length + 1;
	if (ret_length != NULL)
		*ret_length = length;
	return (const char *)start;
}

uint16_t reader_be16(struct reader *reader)
{
	uint8_t b[2];
	reader_copy(reader, b, sizeof(b));
	uint64_t value = 0;
	for (size_t i = 0; i < sizeof(b); i++)
		value = value << 8 | b[i];
	return (uint16_t)value;
}

uint32_t reader_be32(struct reader *reader)
{
	uint8_t b[4];
	reader_copy(reader, b, sizeof(b));
	uint64_t value = 0;
	for (size_t i = 0; i < sizeof(b); i++)
		value = value << 8 | b[i];
	return (uint32_t)value;
}

uint64_t reader_be64(struct reader *reader)
{
	uint8_t b[8];
	reader_copy(reader, b, sizeof(b));
	uint64_t value = 0;
	for (size_t i = 0; i < sizeof(b); i++)
		value = value << 8 | b[i];
	return (uint64_t)value;
}

struct writer writer_over(void *bytes, size_t size)
{
	return (struct writer){.bytes = bytes, .size = size};
}

size_t writer_left(const struct writer *writer)
{
	return writer->failed ? 0 : writer->size - writer->at;
}

void writer_bytes(struct writer *writer, const void *bytes, size_t n)
{
	if (writer->failed || n > writer->size - writer->at) {
		writer->failed = true;
		return;
	}
	if (n > 0)
		memcpy(writer->bytes + writer->at, bytes, n);
	writer->at += n;
}

void writer_zeros(struct writer *writer, size_t n)
{
	if (writer->failed || n > writer->size - writer->at) {
		writer->failed = true;
		return;
	}
	if (n > 0)
		memset(writer->bytes + writer->at, 0, n);
	writer->at += n;
}

void writer_text(struct writer *writer, const char *text)
{
	writer_bytes(writer, text, strlen(text));
}

void writer_u8(struct writer *writer, uint8_t value)
{
	writer_bytes(writer, &value, 1);
}

void writer_be16(struct writer *writer, uint16_t value)
{
	uint8_t b[2];
	for (size_t i = 0; i < sizeof(b); i++)
		b[sizeof(b) - 1 - i] = (uint8_t)(value >> (8 * i));
	writer_bytes(writer, b, sizeof(b));
}

void writer_be32(struct writer *writer, uint32_t value)
{
	uint8_t b[4];
	for (size_t i = 0; i < sizeof(b); i++)
		b[sizeof(b) - 1 - i] = (uint8_t)(value >> (8 * i));
	writer_bytes(writer, b, sizeof(b));
}

void writer_be64(struct writer *writer, uint64_t value)
{
	uint8_t b[8];
	for (size_t i = 0; i < sizeof(b); i++)
		b[sizeof(b) - 1 - i] = (uint8_t)(value >> (8 * i));
	writer_bytes(writer, b, sizeof(b));
}

void writer_le16(struct writer *writer, uint16_t value)
{
	uint8_t b[2];
	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)(value >> (8 * i));
	writer_bytes(writer, b, sizeof(b));
}

void writer_le32(struct writer *writer, uint32_t value)
{
	uint8_t b[4];
	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)(value >> (8 * i));
	writer_bytes(writer, b, sizeof(b));
}

void writer_le64(struct writer *writer, uint64_t value)
{
	uint8_t b[8];
	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)(value >> (8 * i));
	writer_bytes(writer, b, sizeof(b));
}
