/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/decode.h"

#include "base/text.h"
#include "base/vector.h"

#include <errno.h>
#include <string.h>

#define REPLACEMENT 0xfffdU
/* How much of a file without byte order mark says whether it is UTF-16. */
#define PROBE_BYTES 4096

static const bool host_is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

/* Vectors of GCC's and clang's own kind: SSE2, NEON, or plain code where there is nothing else. */
typedef uint16_t units8 __attribute__((vector_size(16)));
typedef uint8_t bytes8 __attribute__((vector_size(8)));

/* Are these 16 bytes ASCII? */
static inline bool is_ascii16(const uint8_t *bytes)
{
	return bytes16_bits(bytes16_at(bytes)) == 0;
}

/* The same of 64, a cache line. */
static inline bool is_ascii64(const uint8_t *bytes)
{
	return bytes16_bits(bytes16_at(bytes) | bytes16_at(bytes + 16) | bytes16_at(bytes + 32) |
			    bytes16_at(bytes + 48)) == 0;
}

/* Writes a code point; out has room for 4 bytes. */
static inline uint8_t *put(uint8_t *out, uint32_t c)
{
	if (c >= 0x80)
		return out + text_put_code_point(c, out);
	*out++ = (uint8_t)c;
	return out;
}

/* Bytes of the well-formed sequence (Unicode, table 3-7) that starts here, 0 if there is none. */
static size_t utf8_sequence(const uint8_t *bytes, size_t n)
{
	uint8_t lead = bytes[0];
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (length > n)
		return 0;
	uint8_t least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	uint8_t most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
	if (bytes[1] < least || bytes[1] > most)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static bool is_utf8(const uint8_t *bytes, size_t n)
{
	for (size_t at = 0; at < n;) {
		size_t end = n - at < 64 ? n : at + 64;
		if (end - at == 64 && is_ascii64(bytes + at)) {
			at = end;
			continue;
		}
		while (at < end) {
			size_t length = utf8_sequence(bytes + at, n - at);
			if (length == 0)
				return false;
			at += length;
		}
	}
	return true;
}

/* Which side of the units holds zero bytes, in most of them; TEXT_CP1252 for neither. */
static enum text_encoding guess_utf16(const uint8_t *bytes, size_t n)
{
	size_t pairs = (n < PROBE_BYTES ? n : PROBE_BYTES) / 2;
	if (pairs == 0 || memchr(bytes, 0, 2 * pairs) == NULL)
		return TEXT_CP1252;
	size_t low_zero = 0, high_zero = 0;
	for (size_t i = 0; i < pairs; i++) {
		low_zero += bytes[2 * i] == 0 && bytes[2 * i + 1] != 0;
		high_zero += bytes[2 * i] != 0 && bytes[2 * i + 1] == 0;
	}
	if (high_zero > pairs / 2)
		return TEXT_UTF16LE;
	if (low_zero > pairs / 2)
		return TEXT_UTF16BE;
	return TEXT_CP1252;
}

enum text_encoding text_detect(const void *data, size_t n)
{
	const uint8_t *bytes = data;
	if (n >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe)
		return TEXT_UTF16LE;
	if (n >= 2 && bytes[0] == 0xfe && bytes[1] == 0xff)
		return TEXT_UTF16BE;
	if (n >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf)
		return TEXT_UTF8_BOM;
	enum text_encoding guess = guess_utf16(bytes, n);
	if (guess != TEXT_CP1252)
		return guess;
	return is_utf8(bytes, n) ? TEXT_UTF8 : TEXT_CP1252;
}

const char *text_encoding_name(enum text_encoding encoding)
{
	static const char *const names[] = {
		[TEXT_CP1252] = "Windows-1252",
		[TEXT_UTF8] = "UTF-8",
		[TEXT_UTF8_BOM] = "UTF-8 with byte order mark",
		[TEXT_UTF16LE] = "UTF-16, little-endian",
		[TEXT_UTF16BE] = "UTF-16, big-endian",
	};
	return names[encoding];
}

/*
 * All bytes as UTF-8, the length behind. From 0xa0 on they are Latin-1. The five below that
 * Microsoft left undefined are what Windows makes of them: C1 controls. "cp1252 to Unicode table",
 * unicode.org, and MultiByteToWideChar().
 */
#define ONE(c)                                                                                     \
	{                                                                                          \
		(c), 0, 0, 1                                                                       \
	}
#define ONES8(c)                                                                                   \
	ONE(c), ONE((c) + 1), ONE((c) + 2), ONE((c) + 3), ONE((c) + 4), ONE((c) + 5),              \
		ONE((c) + 6), ONE((c) + 7)
#define ONES32(c) ONES8(c), ONES8((c) + 8), ONES8((c) + 16), ONES8((c) + 24)
#define TWO(c)                                                                                     \
	{                                                                                          \
		0xc0 | (c) >> 6, 0x80 | ((c)&0x3f), 0, 2                                           \
	}
#define THREE(c)                                                                                   \
	{                                                                                          \
		0xe0 | (c) >> 12, 0x80 | ((c) >> 6 & 0x3f), 0x80 | ((c)&0x3f), 3                   \
	}
#define TWOS8(c)                                                                                   \
	TWO(c), TWO((c) + 1), TWO((c) + 2), TWO((c) + 3), TWO((c) + 4), TWO((c) + 5),              \
		TWO((c) + 6), TWO((c) + 7)
static const uint8_t cp1252[256][4] = {ONES32(0), ONES32(32), ONES32(64), ONES32(96), THREE(0x20ac),
	TWO(0x81), THREE(0x201a), TWO(0x0192), THREE(0x201e), THREE(0x2026), THREE(0x2020),
	THREE(0x2021), TWO(0x02c6), THREE(0x2030), TWO(0x0160), THREE(0x2039), TWO(0x0152),
	TWO(0x8d), TWO(0x017d), TWO(0x8f), TWO(0x90), THREE(0x2018), THREE(0x2019), THREE(0x201c),
	THREE(0x201d), THREE(0x2022), THREE(0x2013), THREE(0x2014), TWO(0x02dc), THREE(0x2122),
	TWO(0x0161), THREE(0x203a), TWO(0x0153), TWO(0x9d), TWO(0x017e), TWO(0x0178), TWOS8(0xa0),
	TWOS8(0xa8), TWOS8(0xb0), TWOS8(0xb8), TWOS8(0xc0), TWOS8(0xc8), TWOS8(0xd0), TWOS8(0xd8),
	TWOS8(0xe0), TWOS8(0xe8), TWOS8(0xf0), TWOS8(0xf8)};

static uint8_t *decode_cp1252(const uint8_t *bytes, size_t n, uint8_t *out)
{
	for (size_t at = 0; at < n;) {
		if (n - at >= 16 && is_ascii16(bytes + at)) {
			memcpy(out, bytes + at, 16);
			out += 16;
			at += 16;
			continue;
		}
		size_t end = n - at >= 16 ? at + 16 : n;
		for (; at < end; at++) {
			/* No branches: nobody can foresee which byte has its high bit. Three bytes
			 * of room for each, and the NUL's: four can be written. */
			const uint8_t *character = cp1252[bytes[at]];
			memcpy(out, character, 4);
			out += character[3];
		}
	}
	return out;
}

static uint8_t *decode_utf8(const uint8_t *bytes, size_t n, uint8_t *out, bool *ret_ill_formed)
{
	for (size_t at = 0; at < n;) {
		size_t end = n - at < 64 ? n : at + 64;
		if (end - at == 64 && is_ascii64(bytes + at)) {
			memcpy(out, bytes + at, 64);
			out += 64;
			at = end;
			continue;
		}
		while (at < end) {
			size_t length = utf8_sequence(bytes + at, n - at);
			if (length == 0) {
				*ret_ill_formed = true;
				out = put(out, REPLACEMENT);
				at++;
				continue;
			}
			memcpy(out, bytes + at, length);
			out += length;
			at += length;
		}
	}
	return out;
}

static inline uint32_t unit_at(const uint8_t *bytes, bool is_big)
{
	return is_big ? (uint32_t)bytes[0] << 8 | bytes[1] : (uint32_t)bytes[1] << 8 | bytes[0];
}

/* Eight units that are all ASCII become eight bytes; false if they are not. */
static inline bool take_ascii8(const uint8_t *bytes, bool is_swapped, uint8_t *out)
{
	units8 units;
	uint64_t words[2];
	memcpy(words, bytes, sizeof(words));
	uint64_t others = is_swapped ? 0x80ff80ff80ff80ffU : 0xff80ff80ff80ff80U;
	if (((words[0] | words[1]) & others) != 0)
		return false;
	memcpy(&units, bytes, sizeof(units));
	if (is_swapped)
		units >>= 8;
	bytes8 packed = __builtin_convertvector(units, bytes8);
	memcpy(out, &packed, sizeof(packed));
	return true;
}

static uint8_t *decode_utf16(
	const uint8_t *bytes, size_t n, bool is_big, uint8_t *out, bool *ret_ill_formed)
{
	bool is_swapped = is_big != host_is_big_endian;
	for (size_t at = 0; n - at >= 2;) {
		if (n - at >= 16 && take_ascii8(bytes + at, is_swapped, out)) {
			out += 8;
			at += 16;
			continue;
		}
		uint32_t c = unit_at(bytes + at, is_big);
		at += 2;
		if (c >= 0xd800 && c <= 0xdfff) {
			uint32_t low = c <= 0xdbff && n - at >= 2 ? unit_at(bytes + at, is_big) : 0;
			if (low >= 0xdc00 && low <= 0xdfff) {
				c = 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
				at += 2;
			} else {
				c = REPLACEMENT;
				*ret_ill_formed = true;
			}
		}
		out = put(out, c);
	}
	if (n % 2 != 0)
		*ret_ill_formed = true; /* half a unit is no text */
	return out;
}

int text_decode(const void *data, size_t n, enum text_encoding encoding, struct buffer *out,
	bool *ret_ill_formed)
{
	const uint8_t *bytes = data;
	bool ill_formed = false;
	bool is_utf16 = encoding == TEXT_UTF16LE || encoding == TEXT_UTF16BE;
	bool is_big = encoding == TEXT_UTF16BE;

	if (is_utf16 && n >= 2 && unit_at(bytes, is_big) == 0xfeff) {
		bytes += 2;
		n -= 2;
	} else if (encoding == TEXT_UTF8_BOM && n >= 3) {
		bytes += 3;
		n -= 3;
	}
	size_t units = is_utf16 ? n / 2 : n;
	if (units > SIZE_MAX / 3)
		return -EFBIG;
	/* Untouched memory costs nothing: the worst case is asked for, the usual one is used. */
	int rc = buffer_reserve(out, 3 * units);
	if (rc < 0)
		return rc;
	uint8_t *start = out->bytes + out->size, *end = NULL;
	if (is_utf16)
		end = decode_utf16(bytes, n, is_big, start, &ill_formed);
	else if (encoding == TEXT_CP1252)
		end = decode_cp1252(bytes, n, start);
	else
		end = decode_utf8(bytes, n, start, &ill_formed);
	out->size += (size_t)(end - start);
	out->bytes[out->size] = 0;
	if (ret_ill_formed != NULL)
		*ret_ill_formed = ill_formed;
	return 0;
}
