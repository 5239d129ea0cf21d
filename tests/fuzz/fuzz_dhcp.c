/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A packet is read, and its options are written into a reply, which must read back the same. */
#include "wire/dhcp.h"
#include "wire/pxe.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dhcp_message message, back;
	struct pxe_client client;
	struct dhcp_writer writer;
	uint8_t packet[LIMIT_DHCP_PACKET_BYTES];
	size_t n, n_back;

	if (dhcp_parse(data, size, &message, NULL) < 0)
		return 0;
	pxe_client_read(&message, &client);
	dhcp_writer_reply(&writer, &message, DHCP_ACK);
	for (unsigned code = 1; code < 255; code++) {
		const uint8_t *value = dhcp_option(&message, (uint8_t)code, &n);
		if (value != NULL && code != DHCP_OPT_MESSAGE_TYPE && code != DHCP_OPT_OVERLOAD)
			dhcp_writer_option(&writer, (uint8_t)code, value, n);
	}
	if (dhcp_writer_finish(&writer, packet, sizeof(packet), &n) < 0)
		return 0;
	if (dhcp_parse(packet, n, &back, NULL) < 0)
		__builtin_trap();
	for (unsigned code = 1; code < 255; code++) {
		const uint8_t *value = dhcp_option(&message, (uint8_t)code, &n);
		if (value == NULL || code == DHCP_OPT_MESSAGE_TYPE || code == DHCP_OPT_OVERLOAD)
			continue;
		const uint8_t *same = dhcp_option(&back, (uint8_t)code, &n_back);
		if (same == NULL || n_back != n || memcmp(same, value, n) != 0)
			__builtin_trap();
	}
	return 0;
}
