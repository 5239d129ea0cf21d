/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the server is, as clients are told. */
#pragma once

#include <stdint.h>

#define BOOT_URL_BASE_BYTES 32

/* "http://192.0.2.1:8080", without a port that is 80; "tftp://192.0.2.1" if http_port is 0. The
 * server's address is in host byte order. */
void boot_url_base(uint32_t server, uint16_t http_port, char text[static BOOT_URL_BASE_BYTES]);
