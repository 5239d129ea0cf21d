/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PXE 2.1 options in DHCP: reading who the client is and writing what a boot server answers. RFC
 * 4578 (93, 94, 97), RFC 3004 (77), Intel's PXE 2.1 specification section 2 (43), iPXE's option
 * space 175, Microsoft's WDS options 250 and 252.
 */
#include "wire/pxe.h"

#include "base/address.h"
#include "base/bytes.h"
#include "base/text.h"
#include "wire/dhcp.h"

#include <string.h>

#define UUID_BYTES 16

/* Tags inside option 43. */
#define PXE_TAG_DISCOVERY_CONTROL 6
#define PXE_TAG_MENU_PROMPT       10
#define PXE_TAG_BOOT_ITEM         71
#define PXE_TAG_END               255
/* Tags inside option 175. */
#define IPXE_TAG_HTTP             0x13
#define IPXE_TAG_EFI              0x24
#define IPXE_TAG_BUS_ID           177
#define IPXE_BUS_PCI              1
/* Tags inside option 250. */
#define WDS_TAG_ARCH              1

/* Discovery control bit 3: take the boot file of this offer, no discovery, no menu, no prompt. */
#define PXE_DISCOVERY_NONE 8

static const struct {
	uint16_t arch;
	const char *name;
} ARCH_NAMES[] = {
	{PXE_ARCH_BIOS, "bios"},
	{PXE_ARCH_EFI_IA32, "uefi-ia32"},
	{PXE_ARCH_EFI_X64, "uefi-x64"},
	{PXE_ARCH_EFI_X64_EBC, "uefi-x64-ebc"},
	{PXE_ARCH_EFI_ARM32, "uefi-arm32"},
	{PXE_ARCH_EFI_ARM64, "uefi-arm64"},
	{PXE_ARCH_HTTP_IA32, "uefi-ia32-http"},
	{PXE_ARCH_HTTP_X64, "uefi-x64-http"},
	{PXE_ARCH_HTTP_ARM32, "uefi-arm32-http"},
	{PXE_ARCH_HTTP_ARM64, "uefi-arm64-http"},
};

const char *pxe_arch_name(uint16_t arch)
{
	for (size_t i = 0; i < ARRAY_SIZE(ARCH_NAMES); i++)
		if (ARCH_NAMES[i].arch == arch)
			return ARCH_NAMES[i].name;
	return "unknown";
}

bool pxe_arch_parse(const char *name, uint16_t *ret_arch)
{
	for (size_t i = 0; i < ARRAY_SIZE(ARCH_NAMES); i++) {
		if (text_equal_nocase(ARCH_NAMES[i].name, name)) {
			*ret_arch = ARCH_NAMES[i].arch;
			return true;
		}
	}
	return false;
}

/*
 * The value of one tag in an option that holds code-length-value triplets: the first one that is
 * whole. What stands behind a triplet that runs past the end is not looked at.
 */
static bool find_tag(const struct dhcp_message *message, uint8_t option, uint8_t wanted,
	struct reader *ret_value)
{
	size_t length;
	const uint8_t *bytes = dhcp_option(message, option, &length);
	if (bytes == NULL)
		return false;
	struct reader reader = reader_over(bytes, length);
	while (reader_left(&reader) > 0) {
		uint8_t tag = reader_u8(&reader);
		if (tag == DHCP_OPT_PAD)
			continue;
		if (tag == DHCP_OPT_END)
			return false;
		uint8_t size = reader_u8(&reader);
		const uint8_t *value = reader_bytes(&reader, size);
		if (value == NULL)
			return false;
		if (tag == wanted) {
			*ret_value = reader_over(value, size);
			return true;
		}
	}
	return false;
}

static bool starts_with(const uint8_t *bytes, size_t length, const char *prefix)
{
	size_t n = strlen(prefix);
	return length >= n && memcmp(bytes, prefix, n) == 0;
}

/* Exactly n decimal digits. */
static bool read_decimal(struct reader *reader, size_t n, uint32_t *ret_value)
{
	uint32_t value = 0;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = reader_u8(reader);
		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (c - '0');
	}
	*ret_value = value;
	return true;
}

static bool read_word(struct reader *reader, const char *word)
{
	const uint8_t *bytes = reader_bytes(reader, strlen(word));
	return bytes != NULL && memcmp(bytes, word, strlen(word)) == 0;
}

/* "PXEClient:Arch:00007:UNDI:003016"; the tail may be missing. */
static void read_vendor_class(const struct dhcp_message *message, struct pxe_client *client)
{
	size_t length;
	const uint8_t *bytes = dhcp_option(message, DHCP_OPT_VENDOR_CLASS, &length);
	uint32_t arch, major, minor;

	if (bytes == NULL)
		return;
	struct reader reader = reader_over(bytes, length);
	if (starts_with(bytes, length, "PXEClient")) {
		client->vendor = PXE_VENDOR_PXE;
		reader_skip(&reader, strlen("PXEClient"));
	} else if (starts_with(bytes, length, "HTTPClient")) {
		client->vendor = PXE_VENDOR_HTTP;
		reader_skip(&reader, strlen("HTTPClient"));
	} else {
		return;
	}
	if (!read_word(&reader, ":Arch:") || !read_decimal(&reader, 5, &arch) || arch > UINT16_MAX)
		return;
	client->arch = (uint16_t)arch;
	if (!read_word(&reader, ":UNDI:") || !read_decimal(&reader, 3, &major) ||
		!read_decimal(&reader, 3, &minor) || major > UINT8_MAX || minor > UINT8_MAX)
		return;
	client->undi_major = (uint8_t)major;
	client->undi_minor = (uint8_t)minor;
}

/* SMBIOS 7.2.1: all 0x00 or all 0xff is a board that was given no UUID. Others leave the factory
 * with one that their firmware's maker put in as an example, and with all their sisters'. */
static bool is_nobodys(const uint8_t bytes[static UUID_BYTES])
{
	static const uint8_t examples[][UUID_BYTES] = {
		/* AMI: 03000200-0400-0500-0006-000700080009, as SMBIOS 2.6 orders it and as read */
		{0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0, 9},
		{3, 0, 2, 0, 4, 0, 5, 0, 0, 6, 0, 7, 0, 8, 0, 9},
		/* 00010203-0405-0607-0809-0a0b0c0d0e0f, both ways */
		{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15},
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	};
	/* One byte sixteen times: 0x01 and 0xfe are seen beside those of the standard. */
	if (memcmp(bytes, bytes + 1, UUID_BYTES - 1) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(examples); i++)
		if (memcmp(bytes, examples[i], UUID_BYTES) == 0)
			return true;
	return false;
}

/* Options 93, 94, 97 overrule the vendor class; some firmware leaves any of them out. */
static void read_rfc4578(const struct dhcp_message *message, struct pxe_client *client)
{
	size_t length;

	const uint8_t *bytes = dhcp_option(message, DHCP_OPT_ARCH, &length);
	if (bytes != NULL && length >= 2 && length % 2 == 0) {
		/* A list, the firmware's own architecture first. */
		struct reader reader = reader_over(bytes, length);
		client->arch = reader_be16(&reader);
	}
	bytes = dhcp_option(message, DHCP_OPT_UNDI, &length);
	if (bytes != NULL && length == 3 && bytes[0] == 1) {
		client->undi_major = bytes[1];
		client->undi_minor = bytes[2];
	}
	bytes = dhcp_option(message, DHCP_OPT_UUID, &length);
	if (bytes != NULL && length == 1 + sizeof(client->uuid.bytes) && bytes[0] == 0 &&
		!is_nobodys(bytes + 1)) {
		memcpy(client->uuid.bytes, bytes + 1, sizeof(client->uuid.bytes));
		client->has_uuid = true;
	}
}

/* Option 77 is "iPXE" raw, as iPXE sends it, or one of RFC 3004's length-prefixed strings. */
static bool user_class_is_ipxe(const struct dhcp_message *message)
{
	size_t length;
	const uint8_t *bytes = dhcp_option(message, DHCP_OPT_USER_CLASS, &length);
	if (bytes == NULL)
		return false;
	if (length == 4 && memcmp(bytes, "iPXE", 4) == 0)
		return true;
	struct reader reader = reader_over(bytes, length);
	while (reader_left(&reader) > 0) {
		uint8_t size = reader_u8(&reader);
		const uint8_t *value = reader_bytes(&reader, size);
		if (value != NULL && size == 4 && memcmp(value, "iPXE", 4) == 0)
			return true;
	}
	return false;
}

static bool ipxe_feature(const struct dhcp_message *message, uint8_t tag)
{
	struct reader value;
	return find_tag(message, DHCP_OPT_IPXE, tag, &value) && reader_left(&value) == 1 &&
	       reader_u8(&value) != 0;
}

static void read_ipxe(const struct dhcp_message *message, struct pxe_client *client)
{
	struct reader value;

	client->is_ipxe = user_class_is_ipxe(message) || message->options[DHCP_OPT_IPXE].present;
	client->ipxe_has_http = ipxe_feature(message, IPXE_TAG_HTTP);
	client->ipxe_has_efi = ipxe_feature(message, IPXE_TAG_EFI);
	if (find_tag(message, DHCP_OPT_IPXE, IPXE_TAG_BUS_ID, &value) && reader_left(&value) == 5 &&
		reader_u8(&value) == IPXE_BUS_PCI) {
		client->bus_vendor = reader_be16(&value);
		client->bus_device = reader_be16(&value);
		client->has_bus_id = true;
	}
}

void pxe_client_read(const struct dhcp_message *message, struct pxe_client *ret)
{
	struct pxe_client client = {.arch = PXE_ARCH_UNKNOWN};
	struct reader value;

	read_vendor_class(message, &client);
	read_rfc4578(message, &client);
	read_ipxe(message, &client);
	if (find_tag(message, DHCP_OPT_VENDOR_SPECIFIC, PXE_TAG_BOOT_ITEM, &value) &&
		reader_left(&value) == 4) {
		client.item_type = reader_be16(&value);
		client.item_layer = reader_be16(&value);
		client.has_item = true;
	}
	client.has_wds_request = message->options[DHCP_OPT_WDS].present;
	if (find_tag(message, DHCP_OPT_WDS, WDS_TAG_ARCH, &value) && reader_left(&value) == 2)
		client.wds_arch = reader_be16(&value);
	*ret = client;
}

/* Option 43; a few dozen bytes at most, so that its limit of 255 is never near. */
static void write_vendor_options(
	const struct pxe_offer *offer, const struct pxe_client *client, struct dhcp_writer *writer)
{
	uint8_t bytes[32];
	struct writer out = writer_over(bytes, sizeof(bytes));

	if (offer->style == PXE_OFFER_DIRECT) {
		writer_u8(&out, PXE_TAG_DISCOVERY_CONTROL);
		writer_u8(&out, 1);
		writer_u8(&out, PXE_DISCOVERY_NONE);
		/* Timeout 0, then the text: OVMF goes to port 4011 unless it finds a prompt that
		 * has run out. */
		writer_u8(&out, PXE_TAG_MENU_PROMPT);
		writer_u8(&out, 4);
		writer_bytes(&out, "\0PXE", 4);
	}
	if (client->has_item) {
		/* iPXE takes a boot server's ACK only if it repeats the item asked for. */
		writer_u8(&out, PXE_TAG_BOOT_ITEM);
		writer_u8(&out, 4);
		writer_be16(&out, client->item_type);
		writer_be16(&out, client->item_layer);
	}
	if (out.at == 0)
		return;
	writer_u8(&out, PXE_TAG_END);
	writer->failed |= out.failed;
	dhcp_writer_option(writer, DHCP_OPT_VENDOR_SPECIFIC, bytes, out.at);
}

/* With the NUL: firmware that passes option 67 on as it is would ask for "name\xff" without it, and
 * one client drops the last character. */
static void write_text(struct dhcp_writer *writer, uint8_t code, const char *text)
{
	dhcp_writer_option(writer, code, text, strlen(text) + 1);
}

static void write_file(const struct pxe_offer *offer, struct dhcp_writer *writer)
{
	char server[IPV4_TEXT_BYTES];

	if (offer->file[0] == '\0' || offer->style == PXE_OFFER_REDIRECT)
		return;
	/* U-Boot and old ROMs read only the file field; a name that does not fit goes into 67
	 * alone, for half a name would be asked for. */
	if (strlen(offer->file) < sizeof(writer->file))
		(void)text_copy(writer->file, sizeof(writer->file), offer->file);
	if (offer->style != PXE_OFFER_HTTP) {
		ipv4_format(offer->server, server);
		dhcp_writer_option(writer, DHCP_OPT_TFTP_SERVER, server, strlen(server));
	}
	write_text(writer, DHCP_OPT_BOOT_FILE, offer->file);
}

void pxe_offer_write(const struct pxe_offer *offer, const struct pxe_client *client,
	const struct dhcp_message *request, struct dhcp_writer *writer)
{
	size_t length;

	/* Boot options in the PXE styles mean nothing to a client that did not ask by option 60,
	 * and harm some. */
	if (client->vendor == PXE_VENDOR_NONE && offer->style != PXE_OFFER_PLAIN)
		return;
	writer->siaddr = offer->server;
	if (offer->style != PXE_OFFER_PLAIN) {
		const char *class = offer->style == PXE_OFFER_HTTP ? "HTTPClient" : "PXEClient";
		dhcp_writer_option(writer, DHCP_OPT_VENDOR_CLASS, class, strlen(class));
		write_vendor_options(offer, client, writer);
	}
	write_file(offer, writer);
	const uint8_t *uuid = dhcp_option(request, DHCP_OPT_UUID, &length);
	if (uuid != NULL && length <= UINT8_MAX)
		dhcp_writer_option(writer, DHCP_OPT_UUID, uuid, length);
	if (offer->bcd_path[0] != '\0')
		write_text(writer, DHCP_OPT_BCD_PATH, offer->bcd_path);
}
