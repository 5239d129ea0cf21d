/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "boot/url.h"

#include "base/address.h"

#include <stdio.h>

void boot_url_base(uint32_t server, uint16_t http_port, char text[static BOOT_URL_BASE_BYTES])
{
	char address[IPV4_TEXT_BYTES];
	ipv4_format(server, address);
	if (http_port == 0)
		(void)snprintf(text, BOOT_URL_BASE_BYTES, "tftp://%s", address);
	else if (http_port == 80)
		(void)snprintf(text, BOOT_URL_BASE_BYTES, "http://%s", address);
	else
		(void)snprintf(text, BOOT_URL_BASE_BYTES, "http://%s:%u", address, http_port);
}
