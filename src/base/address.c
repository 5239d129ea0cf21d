/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/address.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

void ipv4_format(uint32_t a, char text[static IPV4_TEXT_BYTES])
{
	(void)snprintf(text, IPV4_TEXT_BYTES, "%u.%u.%u.%u", a >> 24, a >> 16 & 0xff, a >> 8 & 0xff,
		a & 0xff);
}

bool ipv4_parse(const char *text, uint32_t *ret_address)
{
	uint32_t address = 0;
	for (int i = 0; i < 4; i++) {
		char part[4] = "";
		size_t n = strspn(text, "0123456789");
		uint64_t value;
		if (n == 0 || n > 3)
			return false;
		memcpy(part, text, n);
		if (!text_parse_u64(part, 255, &value))
			return false;
		address = address << 8 | (uint32_t)value;
		text += n;
		if (i < 3 && *text++ != '.')
			return false;
	}
	if (*text != 0)
		return false;
	*ret_address = address;
	return true;
}

void mac_format(const uint8_t mac[static 6], char text[static MAC_TEXT_BYTES])
{
	for (int i = 0; i < 6; i++) {
		text_hex(&mac[i], 1, text);
		text[2] = i < 5 ? ':' : 0;
		text += 3;
	}
}

bool mac_parse(const char *text, uint8_t ret_mac[static 6])
{
	uint8_t mac[6];
	if (!text_parse_hex(text, mac, sizeof(mac)))
		return false;
	memcpy(ret_mac, mac, sizeof(mac));
	return true;
}
