/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bit stream of both compressions (16-bit little-endian words, highest bit first) and
 * canonical Huffman codes. */
#pragma once

#include "bytes.h"

#define CODE_BITS_MAX    16
#define CODE_SYMBOLS_MAX 512

struct bits {
	struct bytes in;
	size_t next;     /* offset of the next word */
	uint64_t buffer; /* the lowest `available` bits are still to be read */
	unsigned available;
};

struct code {
	uint16_t count[CODE_BITS_MAX + 1]; /* codewords of each length */
	uint16_t symbols[CODE_SYMBOLS_MAX];
};

/* Words are taken only when needed: both formats mix bytes into the stream. Past the end come
 * zeros, as the last codeword may be shorter than what is looked at. */
static inline void bits_need(struct bits *bits, unsigned n)
{
	while (bits->available < n) {
		struct bytes word = bytes_piece(bits->in, bits->next, 2);

		bits->buffer = bits->buffer << 16 | (word.data ? get_le16(word.data) : 0);
		bits->next += 2;
		bits->available += 16;
	}
}

static inline uint32_t bits_take(struct bits *bits, unsigned n)
{
	bits_need(bits, n);
	bits->available -= n;
	return (uint32_t)(bits->buffer >> bits->available & ((1ULL << n) - 1));
}

/* False if the lengths do not make a prefix code. An empty code is allowed: it is never used. */
bool code_build(struct code *code, const uint8_t *lengths, size_t n_symbols);
/* The next symbol, or -1. */
int code_take(const struct code *code, struct bits *bits);
