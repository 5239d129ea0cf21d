/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GUIDs: Windows' mixed-endian bytes (first three fields little-endian) <->
 * "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define GUID_TEXT_BYTES 37 /* with NUL, without braces */

struct guid {
	uint8_t bytes[16]; /* as Windows, SMBIOS 2.6 and DHCP option 97 have them on the wire */
};

/* Lower case, without braces. */
void guid_format(const struct guid *guid, char text[static GUID_TEXT_BYTES]);
/* With or without braces, either case. */
bool guid_parse(const char *text, struct guid *ret_guid);
bool guid_is_zero(const struct guid *guid);
bool guid_equal(const struct guid *a, const struct guid *b);
