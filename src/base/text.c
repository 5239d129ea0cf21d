/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <string.h>

#define REPLACEMENT 0xfffdU

size_t text_put_code_point(uint32_t c, uint8_t out[static 4])
{
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = REPLACEMENT;
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

int text_add_code_point(struct buffer *out, uint32_t c)
{
	uint8_t bytes[4];
	return buffer_add(out, bytes, text_put_code_point(c, bytes));
}

/* One code point from well-formed UTF-8, or U+FFFD for one bad byte. Moves *at. */
static uint32_t decode_utf8(const uint8_t *bytes, size_t n, size_t *at)
{
	uint8_t lead = bytes[(*at)++];
	if (lead < 0x80)
		return lead;

	size_t n_more;
	uint32_t c, least;
	if (lead >= 0xc2 && lead <= 0xdf) {
		n_more = 1, c = lead & 0x1f, least = 0x80;
	} else if (lead >= 0xe0 && lead <= 0xef) {
		n_more = 2, c = lead & 0x0f, least = 0x800;
	} else if (lead >= 0xf0 && lead <= 0xf4) {
		n_more = 3, c = lead & 0x07, least = 0x10000;
	} else {
		return REPLACEMENT;
	}
	if (n_more > n - *at)
		return REPLACEMENT;
	for (size_t i = 0; i < n_more; i++) {
		if ((bytes[*at + i] & 0xc0) != 0x80)
			return REPLACEMENT;
		c = c << 6 | (bytes[*at + i] & 0x3f);
	}
	if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return REPLACEMENT;
	*at += n_more;
	return c;
}

static int add_utf16(struct buffer *out, uint32_t unit)
{
	uint8_t b[2] = {(uint8_t)(unit & 0xff), (uint8_t)(unit >> 8 & 0xff)};
	return buffer_add(out, b, sizeof(b));
}

int text_utf8_to_utf16le(const char *text, size_t length, struct buffer *out)
{
	const uint8_t *bytes = (const uint8_t *)text;
	for (size_t at = 0; at < length;) {
		uint32_t c = decode_utf8(bytes, length, &at);
		int rc;
		if (c < 0x10000) {
			rc = add_utf16(out, c);
		} else {
			rc = add_utf16(out, 0xd800 | (c - 0x10000) >> 10);
			if (rc == 0)
				rc = add_utf16(out, 0xdc00 | (c & 0x3ff));
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

int text_utf16le_to_utf8(const uint8_t *bytes, size_t n_bytes, struct buffer *out)
{
	for (size_t at = 0; at < n_bytes;) {
		uint32_t c = REPLACEMENT;
		if (n_bytes - at == 1) {
			at++;
		} else {
			c = (uint32_t)(bytes[at] | bytes[at + 1] << 8);
			at += 2;
			if (c >= 0xd800 && c <= 0xdbff && n_bytes - at >= 2) {
				uint32_t low = (uint32_t)(bytes[at] | bytes[at + 1] << 8);
				if (low >= 0xdc00 && low <= 0xdfff) {
					c = 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
					at += 2;
				}
			}
		}
		int rc = text_add_code_point(out, c);
		if (rc < 0)
			return rc;
	}
	return 0;
}

char text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

char text_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

int text_compare_nocase(const char *a, const char *b)
{
	for (;; a++, b++) {
		unsigned char x = (unsigned char)text_lower(*a), y = (unsigned char)text_lower(*b);
		if (x != y)
			return x < y ? -1 : 1;
		if (x == 0)
			return 0;
	}
}

bool text_equal_nocase(const char *a, const char *b)
{
	return text_compare_nocase(a, b) == 0;
}

bool text_starts_nocase(const char *text, const char *prefix)
{
	for (; *prefix != 0; text++, prefix++)
		if (text_lower(*text) != text_lower(*prefix))
			return false;
	return true;
}

bool text_is_in_list(const char *word, const char *list)
{
	size_t length = strlen(word);
	while (*list != 0) {
		size_t n = strcspn(list, ",");
		if (n == length && text_starts_nocase(list, word))
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

bool text_parse_u64(const char *text, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;
	if (*text == 0)
		return false;
	for (; *text != 0; text++) {
		if (*text < '0' || *text > '9')
			return false;
		uint64_t digit = (uint64_t)(*text - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (value > max)
		return false;
	*ret_value = value;
	return true;
}

int text_hex_digit(char c)
{
	c = text_lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool text_parse_hex(const char *text, uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && (*text == ':' || *text == '-'))
			text++;
		int high = text_hex_digit(text[0]);
		int low = high < 0 ? -1 : text_hex_digit(text[1]);
		if (low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	return *text == 0;
}

void text_hex(const uint8_t *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 0xf];
	}
	*out = 0;
}

bool text_copy(char *destination, size_t size, const char *source)
{
	size_t n = strlen(source);
	bool fits = n < size;
	if (!fits)
		n = size - 1;
	memcpy(destination, source, n);
	destination[n] = 0;
	return fits;
}

void text_copy_printable(char *destination, size_t size, const void *source, size_t length)
{
	const unsigned char *bytes = source;
	size_t n = length < size - 1 ? length : size - 1;
	for (size_t i = 0; i < n; i++)
		destination[i] = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '?';
	destination[n] = 0;
}

static bool is_harmless(uint32_t c)
{
	bool is_control = c < 0x20 || (c >= 0x7f && c <= 0x9f);
	bool turns = c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
		     (c >= 0x2066 && c <= 0x2069);
	return !is_control && !turns;
}

void text_disarm(char *text, size_t length)
{
	for (size_t at = 0; at < length;) {
		size_t first = at;
		uint32_t c = decode_utf8((const uint8_t *)text, length, &at);
		bool is_ill_formed = at == first + 1 && c == REPLACEMENT;
		if (is_ill_formed || !is_harmless(c))
			memset(text + first, '?', at - first);
	}
}
