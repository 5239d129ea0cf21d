/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bits.h"

bool code_build(struct code *code, const uint8_t *lengths, size_t n_symbols)
{
	uint16_t start[CODE_BITS_MAX + 2] = {0};
	int32_t left = 1;

	for (int i = 0; i <= CODE_BITS_MAX; i++)
		code->count[i] = 0;
	for (size_t i = 0; i < n_symbols; i++)
		code->count[lengths[i]]++;
	for (int i = 1; i <= CODE_BITS_MAX; i++) {
		left = left * 2 - code->count[i];
		if (left < 0)
			return false;
		start[i + 1] = (uint16_t)(start[i] + code->count[i]);
	}
	for (size_t i = 0; i < n_symbols; i++)
		if (lengths[i])
			code->symbols[start[lengths[i]]++] = (uint16_t)i;
	return true;
}

int code_take(const struct code *code, struct bits *bits)
{
	int32_t word = 0, first = 0, index = 0;

	bits_need(bits, CODE_BITS_MAX);
	for (unsigned length = 1; length <= CODE_BITS_MAX; length++) {
		int32_t count = code->count[length];

		word |= (int32_t)(bits->buffer >> (bits->available - length) & 1);
		if (word - first < count) {
			bits->available -= length;
			return code->symbols[index + word - first];
		}
		index += count;
		first = (first + count) << 1;
		word <<= 1;
	}
	return -1;
}
