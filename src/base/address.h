/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IPv4 and MAC addresses as text. IPv4 addresses are uint32_t in host byte order everywhere inside
 * the house. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define IPV4_TEXT_BYTES 16
#define MAC_TEXT_BYTES  18

void ipv4_format(uint32_t address, char text[static IPV4_TEXT_BYTES]);
bool ipv4_parse(const char *text, uint32_t *ret_address);
/* "aa:bb:cc:dd:ee:ff", lower case. */
void mac_format(const uint8_t mac[static 6], char text[static MAC_TEXT_BYTES]);
/* With ':' or '-' or nothing between the bytes. */
bool mac_parse(const char *text, uint8_t ret_mac[static 6]);
