/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/machine.h"

#include "base/address.h"
#include "base/text.h"
#include "wire/dhcp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PACKET_BYTES 1472 /* what an Ethernet frame takes */

/* ---- the command line ---- */

static bool parse_bus_id(const char *text, struct machine *m)
{
	uint8_t bytes[4];
	if (strlen(text) != 9 || text[4] != ':' || !text_parse_hex(text, bytes, sizeof(bytes)))
		return false;
	m->bus_vendor = (uint16_t)(bytes[0] << 8 | bytes[1]);
	m->bus_device = (uint16_t)(bytes[2] << 8 | bytes[3]);
	return true;
}

static bool parse_port(const char *text, struct machine *m)
{
	static const struct {
		const char *name;
		enum boot_port port;
	} ports[] = {
		{"proxy", BOOT_PORT_PROXY},
		{"server", BOOT_PORT_SERVER},
		{"pxe", BOOT_PORT_PXE},
		{"file", BOOT_PORT_FILE},
	};
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		if (strcmp(ports[i].name, text) == 0) {
			m->port = ports[i].port;
			return true;
		}
	}
	return false;
}

const struct option machine_options[] = {
	{"mac", required_argument, NULL, 'm'},
	{"uuid", required_argument, NULL, 'u'},
	{"arch", required_argument, NULL, 'a'},
	{"vendor-class", required_argument, NULL, 'v'},
	{"relay", required_argument, NULL, 'r'},
	{"bus-id", required_argument, NULL, 'b'},
	{"port", required_argument, NULL, 'p'},
	{"ipxe", no_argument, NULL, 'i'},
	{"pcap", required_argument, NULL, 'c'},
	{NULL, 0, NULL, 0},
};

const char *machine_take_option(int c, struct machine *m)
{
	switch (c) {
	case 'm':
		m->has_mac = mac_parse(optarg, m->mac);
		return m->has_mac ? NULL : "--mac wants six bytes: 52:54:00:12:34:56";
	case 'u':
		m->has_uuid = guid_parse(optarg, &m->uuid);
		return m->has_uuid ? NULL : "--uuid wants 8-4-4-4-12 hex digits";
	case 'a':
		m->has_arch = pxe_arch_parse(optarg, &m->arch);
		return m->has_arch ? NULL
				   : "--arch is one of bios, uefi-ia32, uefi-x64, uefi-arm32, "
				     "uefi-arm64 and the last four with -http behind";
	case 'v': m->vendor_class = optarg; return NULL;
	case 'r': return ipv4_parse(optarg, &m->relay) ? NULL : "--relay wants an IPv4 address";
	case 'b':
		m->has_bus = parse_bus_id(optarg, m);
		return m->has_bus ? NULL : "--bus-id wants PCI vendor and device: 8086:15f3";
	case 'p':
		m->has_port = parse_port(optarg, m);
		return m->has_port ? NULL : "--port is one of proxy, server, pxe, file";
	case 'i': m->is_ipxe = true; return NULL;
	case 'c': m->capture = optarg; return NULL;
	default: return "there is no such option";
	}
}

/* ---- the packet ---- */

static bool is_http(uint16_t arch)
{
	return arch >= PXE_ARCH_HTTP_IA32 && arch <= PXE_ARCH_HTTP_ARM64;
}

static void write_class(const struct machine *m, struct dhcp_writer *w)
{
	char class[64];
	uint16_t arch = m->has_arch ? m->arch : (uint16_t)PXE_ARCH_EFI_X64;
	if (m->vendor_class != NULL) {
		dhcp_writer_option(
			w, DHCP_OPT_VENDOR_CLASS, m->vendor_class, strlen(m->vendor_class));
		if (!m->has_arch)
			return; /* the class names the architecture, or nothing does */
	} else {
		int n = snprintf(class, sizeof(class), "%s:Arch:%05u:UNDI:003016",
			is_http(arch) ? "HTTPClient" : "PXEClient", arch);
		dhcp_writer_option(w, DHCP_OPT_VENDOR_CLASS, class, (size_t)n);
	}
	dhcp_writer_option_u16(w, DHCP_OPT_ARCH, arch);
}

static void write_ipxe(const struct machine *m, struct dhcp_writer *w)
{
	/* What every iPXE of today can do: HTTP, and EFI where it runs on EFI. */
	uint8_t features[16] = {0x13, 1, 1};
	size_t n = 3;
	if (!m->has_arch || m->arch != PXE_ARCH_BIOS) {
		memcpy(features + n, (const uint8_t[]){0x24, 1, 1}, 3);
		n += 3;
	}
	if (m->has_bus) {
		const uint8_t bus[] = {177, 5, 1, (uint8_t)(m->bus_vendor >> 8),
			(uint8_t)m->bus_vendor, (uint8_t)(m->bus_device >> 8),
			(uint8_t)m->bus_device};
		memcpy(features + n, bus, sizeof(bus));
		n += sizeof(bus);
	}
	dhcp_writer_option(w, DHCP_OPT_USER_CLASS, "iPXE", 4);
	dhcp_writer_option(w, DHCP_OPT_IPXE, features, n);
}

int machine_request(const struct machine *m, struct boot_request *ret, struct error *err)
{
	struct dhcp_writer w = {.op = DHCP_OP_REQUEST,
		.htype = 1,
		.hlen = 6,
		.giaddr = m->relay,
		.max_size = PACKET_BYTES};
	memcpy(w.chaddr, m->mac, sizeof(m->mac));
	dhcp_writer_option_u8(
		&w, DHCP_OPT_MESSAGE_TYPE, m->port == BOOT_PORT_PXE ? DHCP_REQUEST : DHCP_DISCOVER);
	write_class(m, &w);
	if (m->has_uuid) {
		uint8_t uuid[17] = {0};
		memcpy(uuid + 1, m->uuid.bytes, 16);
		dhcp_writer_option(&w, DHCP_OPT_UUID, uuid, sizeof(uuid));
	}
	/* Only iPXE tells the PCI id of its network card. */
	if (m->is_ipxe || m->has_bus)
		write_ipxe(m, &w);

	uint8_t packet[PACKET_BYTES];
	size_t n = 0;
	struct dhcp_message message;
	int rc = dhcp_writer_finish(&w, packet, sizeof(packet), &n);
	if (rc < 0)
		return error_set(err, rc, "this machine does not fit into a DHCP packet");
	rc = dhcp_parse(packet, n, &message, err);
	if (rc < 0)
		return rc;
	*ret = (struct boot_request){.port = m->port, .relay = message.giaddr};
	memcpy(ret->mac, message.chaddr, sizeof(ret->mac));
	pxe_client_read(&message, &ret->client);
	return 0;
}
