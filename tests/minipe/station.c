/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station.h"
#include "firmware.h"

/* BOOTP fields and options (RFC 951, RFC 2132). */
#define BOOTP_SIADDR     20
#define BOOTP_FILE       108
#define BOOTP_FILE_BYTES 128
#define BOOTP_OPTIONS    240
#define OPTION_PAD       0
#define OPTION_ROUTER    3
#define OPTION_OVERLOAD  52
#define OPTION_SERVER_ID 54
#define OPTION_BOOTFILE  67
#define OPTION_BCD_PATH  252
#define OPTION_END       255
#define OVERLOAD_FILE    1

static struct bytes option(const struct efi_pxe_packet *packet, uint8_t code)
{
	struct bytes raw = {packet->raw, sizeof(packet->raw)};

	for (size_t at = BOOTP_OPTIONS; at + 1 < raw.size && raw.data[at] != OPTION_END;) {
		if (raw.data[at] == OPTION_PAD) {
			at++;
			continue;
		}
		if (raw.data[at] == code)
			return bytes_piece(raw, at + 2, raw.data[at + 1]);
		at += 2U + raw.data[at + 1];
	}
	return (struct bytes){NULL, 0};
}

static bool take_text(struct bytes data, char out[STATION_PATH_BYTES])
{
	size_t n = 0;

	while (n < data.size && n < STATION_PATH_BYTES - 1 && data.data[n]) {
		out[n] = (char)data.data[n];
		n++;
	}
	out[n] = '\0';
	return n > 0;
}

static bool take_bootfile(const struct efi_pxe_packet *packet, char out[STATION_PATH_BYTES])
{
	struct bytes overload = option(packet, OPTION_OVERLOAD);

	if (take_text(option(packet, OPTION_BOOTFILE), out))
		return true;
	if (overload.size && overload.data[0] & OVERLOAD_FILE)
		return false;
	return take_text((struct bytes){packet->raw + BOOTP_FILE, BOOTP_FILE_BYTES}, out);
}

static bool is_zero(const uint8_t address[4])
{
	return !(address[0] | address[1] | address[2] | address[3]);
}

static void take_server(const struct efi_pxe_packet *packet, uint8_t server[4])
{
	struct bytes id = option(packet, OPTION_SERVER_ID);

	bytes_copy(server, packet->raw + BOOTP_SIADDR, 4);
	if (is_zero(server) && id.size == 4)
		bytes_copy(server, id.data, 4);
}

/* The answer from port 4011 counts more than a proxy's offer, and that more than the DHCP
 * server's: the same order in which the firmware took our own name out of them. */
static const char *find_pxe(const struct efi_pxe_mode *mode, struct station *station)
{
	const struct efi_pxe_packet *packets[3];
	bool named = false;
	size_t n = 0;

	if (mode->using_ipv6 || !mode->dhcp_ack_received)
		return "the firmware's PXE has no DHCP answer";
	if (mode->pxe_reply_received)
		packets[n++] = &mode->pxe_reply;
	if (mode->proxy_offer_received)
		packets[n++] = &mode->proxy_offer;
	packets[n++] = &mode->dhcp_ack;
	for (size_t i = 0; i < n; i++) {
		if (!named && take_bootfile(packets[i], station->loader)) {
			take_server(packets[i], station->server);
			named = true;
		}
		if (!station->bcd_option[0])
			take_text(option(packets[i], OPTION_BCD_PATH), station->bcd_option);
	}
	if (!named)
		return "no DHCP answer names the file that we were loaded from";
	if (option(&mode->dhcp_ack, OPTION_ROUTER).size >= 4)
		bytes_copy(station->gateway, option(&mode->dhcp_ack, OPTION_ROUTER).data, 4);
	bytes_copy(station->address, mode->station_ip.v4, 4);
	bytes_copy(station->mask, mode->subnet_mask.v4, 4);
	format_text(station->host, sizeof(station->host), "%u.%u.%u.%u", station->server[0],
		station->server[1], station->server[2], station->server[3]);
	station->via = STATION_PXE;
	return NULL;
}

/* UEFI 10.3.4.12: local address, remote address, ports, protocol, static, gateway, mask. */
static void take_ipv4_node(
	const struct efi_device_path *node, size_t length, struct station *station)
{
	const uint8_t *raw = (const uint8_t *)node;

	if (length < 27)
		return;
	bytes_copy(station->address, raw + 4, 4);
	bytes_copy(station->server, raw + 8, 4);
	bytes_copy(station->gateway, raw + 19, 4);
	bytes_copy(station->mask, raw + 23, 4);
}

static const char *find_http(const struct efi_device_path *node, struct station *station)
{
	char url[STATION_PATH_BYTES] = "";
	const char *host, *path;
	size_t n = 0;

	while (node->type != EFI_DEVICE_PATH_END) {
		size_t length = get_le16(node->length);

		if (length < 4)
			break;
		if (node->type == EFI_DEVICE_PATH_MESSAGING &&
			node->subtype == EFI_DEVICE_PATH_IPV4)
			take_ipv4_node(node, length, station);
		if (node->type == EFI_DEVICE_PATH_MESSAGING && node->subtype == EFI_DEVICE_PATH_URI)
			take_text((struct bytes){(const uint8_t *)(node + 1), length - 4}, url);
		node = (const struct efi_device_path *)((const uint8_t *)node + length);
	}
	host = text_find(url, "http://");
	if (host != url)
		return "loaded neither by PXE nor by HTTP";
	host += text_length("http://");
	path = text_find(host, "/");
	if (!path)
		return "the URL that we were loaded from has no path";
	while (host + n < path) {
		station->host[n] = host[n];
		n++;
	}
	station->host[n] = '\0';
	bytes_copy(station->loader, path, text_length(path) + 1);
	station->via = STATION_HTTP;
	return NULL;
}

/* In the one form in which a boot manager names files: "\bootx64.efi". */
static void use_backslashes(char path[STATION_PATH_BYTES])
{
	size_t n = text_length(path);

	if (path[0] != '/' && path[0] != '\\') {
		if (n > STATION_PATH_BYTES - 2)
			n = STATION_PATH_BYTES - 2;
		for (size_t i = n; i > 0; i--)
			path[i] = path[i - 1];
		path[n + 1] = '\0';
	}
	path[0] = '\\';
	for (; *path; path++)
		if (*path == '/')
			*path = '\\';
}

/* The path is one node, or several that are to be put together. */
static const char *find_medium(const struct efi_device_path *node, struct station *station)
{
	char name[STATION_PATH_BYTES];
	size_t used = 0;

	for (; node && node->type != EFI_DEVICE_PATH_END && get_le16(node->length) >= 4;
		node = (const void *)((const uint8_t *)node + get_le16(node->length))) {
		if (node->type != EFI_DEVICE_PATH_MEDIA || node->subtype != EFI_DEVICE_PATH_FILE)
			continue;
		text_from_utf16((const uint8_t *)(node + 1), get_le16(node->length) - 4U, name,
			sizeof(name));
		used += format_text(station->loader + used, sizeof(station->loader) - used, "%s%s",
			used ? "\\" : "", name);
	}
	if (!used)
		return "the firmware does not say which file of the medium we are";
	format_text(station->host, sizeof(station->host), "a medium");
	station->via = STATION_MEDIUM;
	return NULL;
}

const char *station_via(const struct station *station, bool lower)
{
	static const char *const names[][2] = {
		[STATION_PXE] = {"PXE", "pxe"},
		[STATION_HTTP] = {"HTTP", "http"},
		[STATION_MEDIUM] = {"medium", "medium"},
	};

	return names[station->via][lower];
}

const char *station_find(const struct efi_loaded_image *loaded, struct station *ret_station)
{
	efi_handle device = loaded->device_handle;
	struct efi_device_path *path = protocol(device, &EFI_DEVICE_PATH_GUID);
	struct efi_pxe_base_code *pxe = protocol(device, &EFI_PXE_BASE_CODE_GUID);
	struct station station = {.device = device};
	const char *wrong;

	if (pxe && pxe->mode->started)
		wrong = find_pxe(pxe->mode, &station);
	else if (protocol(device, &EFI_SIMPLE_FILE_SYSTEM_GUID))
		wrong = find_medium(loaded->file_path, &station);
	else if (path)
		wrong = find_http(path, &station);
	else
		wrong = "loaded from memory";
	if (wrong)
		return wrong;
	use_backslashes(station.loader);
	station_note_path(&station, station.bcd_option);
	station_note_path(&station, station.loader);
	*ret_station = station;
	return NULL;
}

static bool is_slash(char c)
{
	return c == '\\' || c == '/';
}

void station_note_path(struct station *station, const char *path)
{
	size_t n = 0;

	while (is_slash(*path))
		path++;
	if (station->boot_id[0] || lower16((uint8_t)path[0]) != 'b' || !is_slash(path[1]))
		return;
	path += 2;
	while (path[n] && !is_slash(path[n]) && n < sizeof(station->boot_id) - 1)
		n++;
	if (!is_slash(path[n]))
		return;
	bytes_copy(station->boot_id, path, n);
	station->boot_id[n] = '\0';
}
