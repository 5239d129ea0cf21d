/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/http_range.h"

#include "base/text.h"

#include <stdbool.h>
#include <string.h>

/* One side of "first-last", between spaces; *ret_given tells whether a number stands there. */
static bool parse_side(const char *text, size_t length, bool *ret_given, uint64_t *ret_value)
{
	char digits[24];
	while (length > 0 && *text == ' ') {
		text++;
		length--;
	}
	while (length > 0 && text[length - 1] == ' ')
		length--;
	*ret_given = length > 0;
	if (length == 0)
		return true;
	if (length >= sizeof(digits))
		return false;
	memcpy(digits, text, length);
	digits[length] = 0;
	return text_parse_u64(digits, UINT64_MAX, ret_value);
}

enum http_range_result http_range_parse(
	const char *header, uint64_t size, uint64_t *ret_offset, uint64_t *ret_length)
{
	bool has_first, has_last;
	uint64_t first = 0, last = 0;

	/* RFC 9110 14.2: a server may ignore any Range; several ranges would need a multipart
	 * answer, which no loader asks for. */
	if (header == NULL || !text_starts_nocase(header, "bytes="))
		return HTTP_RANGE_WHOLE;
	const char *spec = header + strlen("bytes=");
	const char *dash = strchr(spec, '-');
	if (dash == NULL || strchr(spec, ',') != NULL)
		return HTTP_RANGE_WHOLE;
	if (!parse_side(spec, (size_t)(dash - spec), &has_first, &first) ||
		!parse_side(dash + 1, strlen(dash + 1), &has_last, &last))
		return HTTP_RANGE_WHOLE;

	if (!has_first) { /* "-500": the last 500 bytes */
		if (!has_last)
			return HTTP_RANGE_WHOLE;
		if (last == 0 || size == 0)
			return HTTP_RANGE_UNSATISFIABLE;
		*ret_length = last < size ? last : size;
		*ret_offset = size - *ret_length;
		return HTTP_RANGE_PART;
	}
	if (has_last && last < first)
		return HTTP_RANGE_WHOLE;
	if (first >= size)
		return HTTP_RANGE_UNSATISFIABLE;
	if (!has_last || last > size - 1)
		last = size - 1;
	*ret_offset = first;
	*ret_length = last - first + 1;
	return HTTP_RANGE_PART;
}
