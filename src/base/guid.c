/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/guid.h"

#include "base/text.h"

#include <string.h>

/* The text shows the bytes in this order; the first three fields are little-endian on the wire. */
static const uint8_t text_order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

static bool dash_before(size_t index)
{
	return index == 4 || index == 6 || index == 8 || index == 10;
}

void guid_format(const struct guid *guid, char text[static GUID_TEXT_BYTES])
{
	for (size_t i = 0; i < 16; i++) {
		if (dash_before(i))
			*text++ = '-';
		text_hex(&guid->bytes[text_order[i]], 1, text);
		text += 2;
	}
}

bool guid_parse(const char *text, struct guid *ret_guid)
{
	struct guid guid;
	char byte[3] = "";
	size_t length = strlen(text);

	if (length == GUID_TEXT_BYTES + 1 && text[0] == '{' && text[length - 1] == '}')
		text++;
	else if (length != GUID_TEXT_BYTES - 1)
		return false;
	for (size_t i = 0; i < 16; i++) {
		if (dash_before(i) && *text++ != '-')
			return false;
		memcpy(byte, text, 2);
		if (!text_parse_hex(byte, &guid.bytes[text_order[i]], 1))
			return false;
		text += 2;
	}
	*ret_guid = guid;
	return true;
}

bool guid_is_zero(const struct guid *guid)
{
	static const struct guid zero;
	return guid_equal(guid, &zero);
}

bool guid_equal(const struct guid *a, const struct guid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
