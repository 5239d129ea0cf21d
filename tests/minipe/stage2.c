/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stage 2 of minipe stands where the boot image has winload.efi: it looks whether the boot image
 * holds a driver for the network card that it was loaded over, and reports as Windows PE would
 * have fared. \pewter\minipe.ini with needs_driver=1 makes a card without a driver a failure;
 * without it every card counts as one that Windows PE knows by itself.
 */
#include "firmware.h"
#include "minipe.h"
#include "wim.h"

#define DRIVERS       "\\pewter\\drivers"
#define SETTINGS      "\\pewter\\minipe.ini"
#define INF_MAX_BYTES (8U << 20)

/* Text in ASCII, whether the file is 8-bit or UTF-16 with its mark. */
static char *text_of(struct bytes file)
{
	char *text = allocate(file.size + 1);

	if (!text)
		return NULL;
	if (file.size >= 2 && file.data[0] == 0xff && file.data[1] == 0xfe) {
		text_from_utf16(file.data + 2, file.size - 2, text, file.size + 1);
		return text;
	}
	for (size_t i = 0; i < file.size; i++)
		text[i] = file.data[i] ? (char)file.data[i] : ' ';
	text[file.size] = '\0';
	return text;
}

static bool needs_driver(const struct wim *wim)
{
	struct wim_entry entry;
	struct bytes file;
	char *text;

	if (!wim_find(wim, SETTINGS, &entry) || wim_read(wim, &entry, allocate, &file))
		return false;
	text = text_of(file);
	return text && text_find(text, "needs_driver=1");
}

static bool ends_with_inf(const char *name)
{
	size_t n = text_length(name);

	return n > 4 && text_equal(name + n - 4, ".inf");
}

/* Whether an INF in this package folder names the device; its name is then in ret_inf. */
static bool folder_drives(const struct wim *wim, const struct wim_entry *folder,
	const char *hardware_id, char ret_inf[512])
{
	uint64_t offset = folder->children;
	struct wim_entry file;
	struct bytes data;

	for (; offset && wim_entry_at(wim, offset, &file); offset = file.next) {
		char *text;

		if (file.is_folder || !ends_with_inf(file.name))
			continue;
		if (wim_read(wim, &file, allocate, &data) || data.size > INF_MAX_BYTES)
			continue;
		text = text_of(data);
		if (!text || !text_find(text, hardware_id))
			continue;
		format_text(ret_inf, 512, DRIVERS "\\%s\\%s", folder->name, file.name);
		return true;
	}
	return false;
}

static bool find_driver(const struct wim *wim, const char *hardware_id, char ret_inf[512])
{
	struct wim_entry drivers, package;
	uint64_t offset;

	if (!wim_find(wim, DRIVERS, &drivers) || !drivers.is_folder)
		return false;
	for (offset = drivers.children; offset && wim_entry_at(wim, offset, &package);
		offset = package.next)
		if (package.is_folder && folder_drives(wim, &package, hardware_id, ret_inf))
			return true;
	return false;
}

static void run(struct minipe *minipe)
{
	char hardware_id[32], inf[512] = "", detail[600];
	uint32_t subsystem = 0;
	const char *wrong;
	struct wim wim;

	wrong = wim_open(minipe->wim, allocate, &wim);
	if (wrong)
		minipe_fail(minipe, STATUS_NOT_SUPPORTED, "boot image", wrong);
	if (!minipe_nic(minipe_card(&minipe->station), minipe->nic, &subsystem))
		minipe_fail(minipe, STATUS_NOT_FOUND, "network",
			"no network card that is a PCI device");
	minipe->nic[4] = '\0';
	format_text(hardware_id, sizeof(hardware_id), "PCI\\VEN_%s&DEV_%s", minipe->nic,
		minipe->nic + 5);
	minipe->nic[4] = ':';
	print("minipe: network card %s, subsystem %x\n", hardware_id, subsystem);
	if (find_driver(&wim, hardware_id, inf)) {
		format_text(detail, sizeof(detail), "driver %s", inf);
	} else if (needs_driver(&wim)) {
		print("Network initialization failed. rc=3997697\n");
		format_text(detail, sizeof(detail),
			"Network initialization failed. rc=3997697: no driver for %s", hardware_id);
		minipe_report(minipe, "failed", detail);
		power_off();
	} else {
		format_text(detail, sizeof(detail), "the image's own driver");
	}
	print("minipe: network up with %s\n", detail);
	minipe_report(minipe, "booted", detail);
	power_off();
}

efi_status efi_main(efi_handle self, struct efi_system_table *table);

efi_status efi_main(efi_handle self, struct efi_system_table *table)
{
	struct efi_loaded_image *loaded;
	struct minipe *minipe;

	firmware_start(table);
	print("minipe: stage 2, in the place of winload.efi\n");
	loaded = protocol(self, &EFI_LOADED_IMAGE_GUID);
	if (!loaded || loaded->load_options_size != sizeof(*minipe))
		power_off();
	minipe = loaded->load_options;
	if (minipe->magic != MINIPE_MAGIC)
		power_off();
	minipe->stage = 2;
	run(minipe);
	power_off();
}
