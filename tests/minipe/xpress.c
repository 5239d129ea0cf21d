/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bits.h"
#include "decompress.h"

#define SYMBOLS       512
#define TABLE_BYTES   (SYMBOLS / 2) /* four bits for the length of each codeword */
#define LENGTH_ESCAPE 15
#define MATCH_MINIMUM 3

/* Lengths above 14 follow as bytes, between the words of the bit stream. */
static bool long_length(struct bits *bits, size_t *length)
{
	struct bytes more = bytes_piece(bits->in, bits->next, 1);

	if (!more.data)
		return false;
	bits->next++;
	*length = LENGTH_ESCAPE + (size_t)more.data[0];
	if (more.data[0] != 0xff)
		return true;
	more = bytes_piece(bits->in, bits->next, 2);
	if (!more.data)
		return false;
	bits->next += 2;
	*length = get_le16(more.data);
	return true;
}

bool xpress_decompress(struct bytes in, uint8_t *out, size_t size)
{
	struct bits bits = {.in = in, .next = TABLE_BYTES};
	uint8_t lengths[SYMBOLS];
	struct code code;
	size_t done = 0;

	if (in.size < TABLE_BYTES)
		return false;
	for (size_t i = 0; i < SYMBOLS; i++)
		lengths[i] = in.data[i / 2] >> (i % 2 * 4) & 15;
	if (!code_build(&code, lengths, SYMBOLS))
		return false;
	while (done < size) {
		int symbol = code_take(&code, &bits);
		size_t length, distance;
		unsigned distance_bits;

		if (symbol < 0)
			return false;
		if (symbol < 256) {
			out[done++] = (uint8_t)symbol;
			continue;
		}
		length = (size_t)symbol & 15;
		distance_bits = (unsigned)symbol >> 4 & 15;
		bits_need(&bits, 16);
		distance = (size_t)1 << distance_bits | bits_take(&bits, distance_bits);
		if (length == LENGTH_ESCAPE && !long_length(&bits, &length))
			return false;
		length += MATCH_MINIMUM;
		if (distance > done || length > size - done)
			return false;
		for (; length; length--, done++)
			out[done] = out[done - distance];
	}
	return true;
}
