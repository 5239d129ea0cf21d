/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bytes.h"

void bytes_copy(void *to, const void *from, size_t size)
{
	uint8_t *out = to;
	const uint8_t *in = from;

	for (size_t i = 0; i < size; i++)
		out[i] = in[i];
}

bool bytes_equal(const void *a, const void *b, size_t size)
{
	const uint8_t *one = a, *two = b;

	for (size_t i = 0; i < size; i++)
		if (one[i] != two[i])
			return false;
	return true;
}

size_t text_length(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

bool text_equal(const char *a, const char *b)
{
	while (*a && lower16((uint8_t)*a) == lower16((uint8_t)*b)) {
		a++;
		b++;
	}
	return *a == *b;
}

const char *text_find(const char *text, const char *needle)
{
	for (; *text; text++) {
		size_t i = 0;

		while (needle[i] && lower16((uint8_t)text[i]) == lower16((uint8_t)needle[i]))
			i++;
		if (!needle[i])
			return text;
	}
	return NULL;
}

void text_from_utf16(const uint8_t *utf16, size_t size_bytes, char *out, size_t out_size)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < size_bytes && n + 1 < out_size; i += 2) {
		uint16_t c = get_le16(utf16 + i);

		if (!c)
			break;
		out[n++] = c < 0x80 ? (char)c : '?';
	}
	out[n] = '\0';
}
