/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sixteen bytes in one go, in the vectors that GCC and clang have for every machine: SSE2, NEON,
 * or plain code where there is nothing else.
 */
#pragma once

#include <stdint.h>
#include <string.h>

typedef uint8_t bytes16 __attribute__((vector_size(16)));

static inline bytes16 bytes16_at(const uint8_t *p)
{
	bytes16 bytes;
	memcpy(&bytes, p, sizeof(bytes));
	return bytes;
}

/* Bit i is the highest bit of byte i. (A comparison makes all bits of a byte alike.) */
static inline uint32_t bytes16_bits(bytes16 bytes)
{
#ifdef __SSE2__
	typedef char chars16 __attribute__((vector_size(16)));
	return (uint32_t)__builtin_ia32_pmovmskb128((chars16)bytes);
#else
	/* The factor brings the eight bits together in the highest byte, each to its own place. */
	const uint64_t lowest = 0x0101010101010101U, gather = 0x0102040810204080U;
	uint64_t halves[2];
	memcpy(halves, &bytes, sizeof(halves));
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) {
		halves[0] = __builtin_bswap64(halves[0]);
		halves[1] = __builtin_bswap64(halves[1]);
	}
	return (uint32_t)((halves[0] >> 7 & lowest) * gather >> 56) |
	       (uint32_t)((halves[1] >> 7 & lowest) * gather >> 56) << 8;
#endif
}
