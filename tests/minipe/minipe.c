/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "minipe.h"
#include "fetch.h"
#include "firmware.h"

#define QUERY_MAX         1000 /* the server takes no longer reports */
#define PCI_CLASS_NETWORK 2

bool minipe_nic(efi_handle device, char ret_nic[10], uint32_t *ret_subsystem)
{
	struct efi_pci_io *pci = protocol_upwards(device, &EFI_PCI_IO_GUID, NULL);
	uint32_t ids, subsystem;

	if (!pci || efi_failed(pci->pci_read(pci, EFI_PCI_IO_WIDTH_UINT32, 0, 1, &ids)) ||
		efi_failed(pci->pci_read(pci, EFI_PCI_IO_WIDTH_UINT32, 0x2c, 1, &subsystem)))
		return false;
	format_text(ret_nic, 10, "%X:%X", ids & 0xffff, ids >> 16);
	if (ret_subsystem)
		*ret_subsystem = subsystem;
	return true;
}

efi_handle minipe_card(const struct station *station)
{
	static efi_handle handles[256];
	uintn size = sizeof(handles);

	if (station->via != STATION_MEDIUM)
		return station->device;
	if (efi_failed(firmware->boot->locate_handle(
		    EFI_LOCATE_BY_PROTOCOL, &EFI_PCI_IO_GUID, NULL, &size, handles)))
		return NULL;
	for (size_t i = 0; i < size / sizeof(*handles); i++) {
		struct efi_pci_io *pci = protocol(handles[i], &EFI_PCI_IO_GUID);
		uint32_t class;

		if (pci && !efi_failed(pci->pci_read(pci, EFI_PCI_IO_WIDTH_UINT32, 8, 1, &class)) &&
			class >> 24 == PCI_CLASS_NETWORK)
			return handles[i];
	}
	return NULL;
}

/* For a query: what is not a letter, digit or one of "-._:" becomes "%XX". */
static void add_escaped(char *query, size_t *used, const char *name, const char *value)
{
	static const char digits[] = "0123456789ABCDEF";

	if (!*value)
		return;
	*used += format_text(query + *used, QUERY_MAX - *used, "&%s=", name);
	for (; *value && *used + 4 < QUERY_MAX; value++) {
		uint8_t c = (uint8_t)*value;
		uint16_t low = lower16(c);

		if ((low >= 'a' && low <= 'z') || (c >= '-' && c <= ':') || c == '_') {
			query[(*used)++] = (char)c;
			continue;
		}
		query[(*used)++] = '%';
		query[(*used)++] = digits[c >> 4];
		query[(*used)++] = digits[c & 15];
	}
	query[*used] = '\0';
}

void minipe_report(const struct minipe *minipe, const char *verdict, const char *detail)
{
	static char path[QUERY_MAX + 128], query[QUERY_MAX];
	const struct station *station = &minipe->station;
	const struct fetch_ways *http;
	enum fetch_result result;
	struct bytes answer;
	size_t used;

	if (!station->device)
		return;
	if (station->via == STATION_MEDIUM) {
		print("minipe: verdict=%s, of which nobody is told: we came from a medium\n",
			verdict);
		return;
	}
	used = format_text(query, sizeof(query), "verdict=%s&stage=%u&via=%s", verdict,
		minipe->stage, station_via(station, true));
	add_escaped(query, &used, "nic", minipe->nic);
	add_escaped(query, &used, "bcd_sha256", minipe->bcd_sha256);
	add_escaped(query, &used, "sdi_sha256", minipe->sdi_sha256);
	add_escaped(query, &used, "wim_sha256", minipe->wim_sha256);
	add_escaped(query, &used, "detail", detail);
	if (station->boot_id[0])
		format_text(path, sizeof(path), "/b/%s/report?%s", station->boot_id, query);
	else
		format_text(path, sizeof(path), "/report?%s", query);
	http = fetch_over_http(station);
	if (http) {
		result = http->read(path, NULL, &answer);
		print("minipe: report over HTTP: %s\n", result == FETCH_OK ? "taken" : "not taken");
		fetch_http_close();
	} else {
		print("minipe: no HTTP on this device, report as a TFTP request\n");
		fetch_tftp_mention(station, path);
	}
}

_Noreturn void minipe_fail(
	const struct minipe *minipe, uint32_t status, const char *file, const char *why)
{
	char detail[400];

	print("minipe: status 0x%x: %s: %s\n", status, file, why);
	format_text(detail, sizeof(detail), "0x%x: %s: %s", status, file, why);
	minipe_report(minipe, "failed", detail);
	power_off();
}
