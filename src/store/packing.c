/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/packing.h"

int pack_number(struct buffer *out, uint64_t number)
{
	uint8_t bytes[10];
	size_t n = 0;
	for (; number > 0x7f; number >>= 7)
		bytes[n++] = (uint8_t)(number | 0x80);
	bytes[n++] = (uint8_t)number;
	return buffer_add(out, bytes, n);
}

uint64_t unpack_number(struct reader *reader)
{
	uint64_t number = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = reader_u8(reader);
		number |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return number;
	}
	reader->failed = true;
	return 0;
}

uint32_t unpack_u32(struct reader *reader)
{
	uint64_t number = unpack_number(reader);
	if (number > UINT32_MAX)
		reader->failed = true;
	return (uint32_t)number;
}

size_t unpack_count(struct reader *reader)
{
	uint64_t n = unpack_number(reader);
	if (n > reader_left(reader)) {
		reader->failed = true;
		return 0;
	}
	return reader->failed ? 0 : (size_t)n;
}
