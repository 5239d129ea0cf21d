/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DHCP packets as real clients send them, put together from what edk2 (PxeBcDhcp4), HTTP boot,
 * iPXE (dhcp.c) and Intel's BIOS ROMs put on the wire, for the tests of wire/ and session/.
 */
#pragma once

#include "base/bytes.h"
#include "wire/dhcp.h"

#include <string.h>

struct packet {
	size_t n;
	uint8_t bytes[LIMIT_DHCP_PACKET_BYTES];
};

static inline void packet_bytes(struct packet *packet, const void *bytes, size_t n)
{
	memcpy(packet->bytes + packet->n, bytes, n);
	packet->n += n;
}

static inline void packet_option(struct packet *packet, uint8_t code, const void *bytes, size_t n)
{
	uint8_t head[] = {code, (uint8_t)n};
	packet_bytes(packet, head, 2);
	packet_bytes(packet, bytes, n);
}

#define PACKET_OPTION(packet, code, ...)                                                           \
	packet_option(packet, code, (uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}))

static inline void packet_be32(struct packet *packet, size_t at, uint32_t value)
{
	struct writer out = writer_over(packet->bytes + at, 4);
	writer_be32(&out, value);
}

static inline void packet_option_u32(struct packet *packet, uint8_t code, uint32_t value)
{
	struct packet four = {0};
	packet_be32(&four, 0, value);
	packet_option(packet, code, four.bytes, 4);
}

static inline void packet_end(struct packet *packet)
{
	packet->bytes[packet->n++] = DHCP_OPT_END;
	while (packet->n < 300)
		packet->bytes[packet->n++] = 0;
}

/* Where the header's fields lie. */
#define PACKET_HOPS   3
#define PACKET_FLAGS  10
#define PACKET_CIADDR 12
#define PACKET_GIADDR 24
#define PACKET_SNAME  44
#define PACKET_FILE   108

/* The header, cookie and option 53; flags are 0. */
static inline void packet_start(
	struct packet *packet, uint32_t xid, const uint8_t mac[static 6], uint8_t type)
{
	*packet = (struct packet){.n = 236};
	packet->bytes[0] = DHCP_OP_REQUEST;
	packet->bytes[1] = 1;
	packet->bytes[2] = 6;
	packet_be32(packet, 4, xid);
	memcpy(packet->bytes + 28, mac, 6);
	packet_bytes(packet, "\x63\x82\x53\x63", 4);
	if (type != 0)
		PACKET_OPTION(packet, DHCP_OPT_MESSAGE_TYPE, type);
}

static const uint8_t SAMPLE_MAC[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
#define SAMPLE_UUID                                                                                \
	0x00, 0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd,  \
		0xee, 0xff

/* What all boot clients put behind option 53; arch is the number in 60 and 93. */
static inline void packet_boot_options(
	struct packet *packet, const char *vendor_class, uint8_t arch, uint8_t undi_minor)
{
	PACKET_OPTION(packet, DHCP_OPT_MAX_SIZE, 0x05, 0xc0); /* 1472 */
	PACKET_OPTION(packet, DHCP_OPT_PARAMETER_LIST, 1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23,
		28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 97, 128, 129, 130, 131, 132,
		133, 134, 135);
	PACKET_OPTION(packet, DHCP_OPT_UUID, SAMPLE_UUID);
	PACKET_OPTION(packet, DHCP_OPT_UNDI, 1, 3, undi_minor);
	PACKET_OPTION(packet, DHCP_OPT_ARCH, 0, arch);
	packet_option(packet, DHCP_OPT_VENDOR_CLASS, vendor_class, strlen(vendor_class));
}

/* OVMF: edk2's PXE base code, UEFI x64. */
static inline void sample_edk2(struct packet *packet, uint8_t type)
{
	packet_start(packet, 0x3c8a17e2, SAMPLE_MAC, type);
	packet->bytes[PACKET_FLAGS] = 0x80;
	packet_boot_options(packet, "PXEClient:Arch:00007:UNDI:003016", 7, 16);
	packet_end(packet);
}

/* OVMF: edk2's HTTP boot, UEFI x64. */
static inline void sample_http(struct packet *packet, uint8_t type)
{
	packet_start(packet, 0x5e01f9b3, SAMPLE_MAC, type);
	packet->bytes[PACKET_FLAGS] = 0x80;
	packet_boot_options(packet, "HTTPClient:Arch:00016:UNDI:003001", 16, 1);
	packet_end(packet);
}

/* An Intel boot agent of a BIOS machine. */
static inline void sample_bios(struct packet *packet, uint8_t type)
{
	packet_start(packet, 0x0012ab34, SAMPLE_MAC, type);
	packet->bytes[PACKET_FLAGS] = 0x80;
	packet_boot_options(packet, "PXEClient:Arch:00000:UNDI:002001", 0, 1);
	packet_end(packet);
}

/* iPXE 1.21 as QEMU's e1000 ROM under SeaBIOS: 77 raw, 175 with features and the bus id. */
static inline void sample_ipxe(struct packet *packet, uint8_t type)
{
	packet_start(packet, 0xa1b2c3d4, SAMPLE_MAC, type);
	PACKET_OPTION(packet, DHCP_OPT_MAX_SIZE, 0x05, 0xc0);
	PACKET_OPTION(packet, DHCP_OPT_ARCH, 0, 0);
	PACKET_OPTION(packet, DHCP_OPT_UNDI, 1, 2, 1);
	packet_option(packet, DHCP_OPT_VENDOR_CLASS, "PXEClient:Arch:00000:UNDI:002001", 32);
	packet_option(packet, DHCP_OPT_USER_CLASS, "iPXE", 4);
	PACKET_OPTION(packet, DHCP_OPT_PARAMETER_LIST, 1, 3, 6, 7, 12, 15, 17, 26, 43, 60, 66, 67,
		119, 128, 129, 130, 131, 132, 133, 134, 135, 175, 203);
	PACKET_OPTION(packet, DHCP_OPT_IPXE, 177, 5, 1, 0x80, 0x86, 0x10, 0x0e, 0xeb, 3, 1, 0x15,
		0x01, 0x17, 1, 1, 0x22, 1, 1, 0x13, 1, 1, 0x11, 1, 1, 0x27, 1, 1, 0x19, 1, 1, 0x10,
		1, 2, 0x21, 1, 1, 0x15, 1, 1, 0x12, 1, 1);
	PACKET_OPTION(packet, DHCP_OPT_CLIENT_ID, 1, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56);
	PACKET_OPTION(packet, DHCP_OPT_UUID, SAMPLE_UUID);
	packet_end(packet);
}

/* A machine that does not boot from the network: systemd-networkd or dhclient. */
static inline void sample_ordinary(struct packet *packet, uint8_t type)
{
	packet_start(packet, 0x77777777, SAMPLE_MAC, type);
	packet_option(packet, DHCP_OPT_HOST_NAME, "printer", 7);
	PACKET_OPTION(packet, DHCP_OPT_PARAMETER_LIST, 1, 3, 6, 15);
	packet_end(packet);
}
