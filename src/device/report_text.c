/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device/report_text.h"

#include "base/decode.h"
#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

/* ---- encodings ---- */

/* What a console of the West writes; the upper half. */
static const uint16_t cp850[128] = {0xc7, 0xfc, 0xe9, 0xe2, 0xe4, 0xe0, 0xe5, 0xe7, 0xea, 0xeb,
	0xe8, 0xef, 0xee, 0xec, 0xc4, 0xc5, 0xc9, 0xe6, 0xc6, 0xf4, 0xf6, 0xf2, 0xfb, 0xf9, 0xff,
	0xd6, 0xdc, 0xf8, 0xa3, 0xd8, 0xd7, 0x192, 0xe1, 0xed, 0xf3, 0xfa, 0xf1, 0xd1, 0xaa, 0xba,
	0xbf, 0xae, 0xac, 0xbd, 0xbc, 0xa1, 0xab, 0xbb, 0x2591, 0x2592, 0x2593, 0x2502, 0x2524,
	0xc1, 0xc2, 0xc0, 0xa9, 0x2563, 0x2551, 0x2557, 0x255d, 0xa2, 0xa5, 0x2510, 0x2514, 0x2534,
	0x252c, 0x251c, 0x2500, 0x253c, 0xe3, 0xc3, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550,
	0x256c, 0xa4, 0xf0, 0xd0, 0xca, 0xcb, 0xc8, 0x131, 0xcd, 0xce, 0xcf, 0x2518, 0x250c, 0x2588,
	0x2584, 0xa6, 0xcc, 0x2580, 0xd3, 0xdf, 0xd4, 0xd2, 0xf5, 0xd5, 0xb5, 0xfe, 0xde, 0xda,
	0xdb, 0xd9, 0xfd, 0xdd, 0xaf, 0xb4, 0xad, 0xb1, 0x2017, 0xbe, 0xb6, 0xa7, 0xf7, 0xb8, 0xb0,
	0xa8, 0xb7, 0xb9, 0xb3, 0xb2, 0x25a0, 0xa0};

/* Letters of western languages lie at 0x80-0x9A and 0xA0-0xA5 in the one page, and from 0xC0 on in
 * the other: whichever gives more letters. */
static bool looks_like_cp850(const uint8_t *bytes, size_t n)
{
	size_t n_850 = 0, n_1252 = 0;
	for (size_t i = 0; i < n; i++) {
		n_850 += (bytes[i] >= 0x80 && bytes[i] <= 0x9a) ||
			 (bytes[i] >= 0xa0 && bytes[i] <= 0xa5);
		n_1252 += bytes[i] >= 0xc0;
	}
	return n_850 > n_1252;
}

static int decode_cp850(const uint8_t *bytes, size_t n, struct buffer *out)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n;) {
		size_t plain = i;
		while (plain < n && bytes[plain] < 0x80)
			plain++;
		rc = buffer_add(out, &bytes[i], plain - i);
		i = plain;
		if (rc == 0 && i < n)
			rc = text_add_code_point(out, cp850[bytes[i++] - 0x80]);
	}
	return rc;
}

int report_text_decode(const void *bytes, size_t n, struct buffer *out)
{
	enum text_encoding encoding = text_detect(bytes, n);
	if (encoding == TEXT_CP1252 && looks_like_cp850(bytes, n))
		return decode_cp850(bytes, n, out);
	return text_decode(bytes, n, encoding, out, NULL);
}

/* ---- lines and spans ---- */

bool report_next_line(struct report_lines *lines, struct span *ret_line)
{
	if (lines->rest.n == 0)
		return false;
	*ret_line = span_until(lines->rest, '\n', &lines->rest);
	if (ret_line->n > 0 && ret_line->at[ret_line->n - 1] == '\r')
		ret_line->n--;
	lines->number++;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span span)
{
	while (span.n > 0 && is_blank(span.at[0]))
		span = span_cut(span, 1);
	while (span.n > 0 && is_blank(span.at[span.n - 1]))
		span.n--;
	return span;
}

struct span span_cut(struct span span, size_t n)
{
	if (n > span.n)
		n = span.n;
	return (struct span){span.at + n, span.n - n};
}

bool span_starts(struct span span, const char *text)
{
	size_t i = 0;
	for (; text[i] != 0; i++)
		if (i >= span.n || text_lower(span.at[i]) != text_lower(text[i]))
			return false;
	return true;
}

bool span_is(struct span span, const char *text)
{
	return span.n == strlen(text) && span_starts(span, text);
}

bool span_contains(struct span span, const char *text)
{
	return memmem(span.at, span.n, text, strlen(text)) != NULL;
}

struct span span_until(struct span span, char c, struct span *rest)
{
	const char *found = span.n > 0 ? memchr(span.at, c, span.n) : NULL;
	if (found == NULL) {
		*rest = (struct span){span.at + span.n, 0};
		return span;
	}
	size_t n = (size_t)(found - span.at);
	*rest = span_cut(span, n + 1);
	return (struct span){span.at, n};
}

bool span_hex(struct span span, size_t at, size_t n_digits, uint32_t *ret_value)
{
	uint32_t value = 0;
	if (at > span.n || n_digits > span.n - at)
		return false;
	for (size_t i = 0; i < n_digits; i++) {
		int digit = text_hex_digit(span.at[at + i]);
		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	*ret_value = value;
	return true;
}

void span_copy(struct span span, char *out, size_t size)
{
	size_t n = span.n < size ? span.n : size - 1;
	/* Not between a character's first byte and its last. */
	while (n > 0 && n < span.n && (span.at[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)span.at[i] < 0x20 || span.at[i] == 0x7f ? ' ' : span.at[i];
	out[n] = 0;
}

bool span_is_id(struct span span)
{
	if (span.n == 0 || span.n > LIMIT_HARDWARE_ID_BYTES)
		return false;
	for (size_t i = 0; i < span.n; i++)
		if (span.at[i] <= 0x20 || span.at[i] >= 0x7f || span.at[i] == ',')
			return false;
	return true;
}

int span_add_id(struct span id, struct device *device, add_id_function *add)
{
	char text[LIMIT_HARDWARE_ID_BYTES + 1];
	if (!span_is_id(id))
		return 0;
	span_copy(id, text, sizeof(text));
	int rc = add(device, text);
	return rc == -ENOMEM ? rc : 0;
}
