/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stage 1 of minipe stands where Windows has bootmgfw.efi: it asks for the same files, in the same
 * order, with the same options as a genuine boot manager (10.0.20348) did on the wire, loads
 * boot.sdi and the WIM into memory and starts what lies in the WIM at the place of winload.efi.
 * What was measured and what was not: docs/testing.md.
 */
#include "bcd.h"
#include "fetch.h"
#include "firmware.h"
#include "minipe.h"
#include "wim.h"

#define TFTP_BLOCK_DEFAULT 1456
/* The first record of the SDI's table: type, attributes, offset, size, base. */
#define SDI_RECORD         0x400
#define SDI_RECORD_BYTES   64

struct manager {
	struct minipe minipe;
	const struct fetch_ways *ways;
	char folder[STATION_PATH_BYTES];   /* of our own file, with its last separator */
	char bcd_path[STATION_PATH_BYTES]; /* the one that was there */
	struct bytes bcd, sdi;
	struct bcd_choice choice;
};

static const struct fetch_tuning plain = {.block_bytes = TFTP_BLOCK_DEFAULT};

static bool is_http(const struct manager *manager)
{
	return manager->minipe.station.via == STATION_HTTP;
}

static const char *where(const struct manager *manager)
{
	return manager->minipe.station.via == STATION_MEDIUM ? "not on the medium"
							     : "not on the server";
}

static void check(const struct manager *manager, enum fetch_result result, const char *path)
{
	switch (result) {
	case FETCH_OK: return;
	case FETCH_ABSENT: minipe_fail(&manager->minipe, STATUS_NO_SUCH_FILE, path, where(manager));
	case FETCH_TIMEOUT:
		minipe_fail(&manager->minipe, STATUS_TIMEOUT, path, "the server went silent");
	case FETCH_BROKEN:
		minipe_fail(&manager->minipe, STATUS_UNSUCCESSFUL, path, "the transfer failed");
	}
}

/* True if the file is there. That one of the many others is not there is normal. */
static bool probe(const struct manager *manager, const char *path)
{
	uint64_t size;
	enum fetch_result result = manager->ways->probe(path, &size);

	if (result == FETCH_ABSENT)
		return false;
	check(manager, result, path);
	print("minipe: probe %s: %llu bytes\n", path, size);
	return true;
}

static struct bytes load(
	const struct manager *manager, const char *path, const struct fetch_tuning *tuning)
{
	struct bytes data = {NULL, 0};

	check(manager, manager->ways->read(path, tuning, &data), path);
	print("minipe: loaded %s: %llu bytes\n", path, (uint64_t)data.size);
	return data;
}

static const char *beside_us(const struct manager *manager, const char *name)
{
	static char path[2 * STATION_PATH_BYTES];

	format_text(path, sizeof(path), "%s%s", manager->folder, name);
	return path;
}

static void find_folder(struct manager *manager)
{
	const char *loader = manager->minipe.station.loader;
	size_t n = text_length(loader);

	while (loader[n - 1] != '\\')
		n--;
	bytes_copy(manager->folder, loader, n);
	manager->folder[n] = '\0';
}

static bool try_bcd(struct manager *manager, const char *path)
{
	if (!probe(manager, path))
		return false;
	bytes_copy(manager->bcd_path, path, text_length(path) + 1);
	return true;
}

/* Of a medium only the place is known where Windows' own media have it. PXE: \BCD, then what option
 * 252 names or \Boot\BCD. HTTP: beside us, Recovery, beside us, then
 * \EFI\Microsoft\Boot\BCD twice. */
static void find_bcd(struct manager *manager)
{
	const char *option = manager->minipe.station.bcd_option;
	const char *last = "\\Boot\\BCD";
	bool found;

	if (manager->minipe.station.via == STATION_MEDIUM) {
		last = "\\EFI\\Microsoft\\Boot\\BCD";
		found = try_bcd(manager, last);
	} else if (is_http(manager)) {
		last = "\\EFI\\Microsoft\\Boot\\BCD";
		found = try_bcd(manager, beside_us(manager, "BCD")) ||
			try_bcd(manager, "\\EFI\\Microsoft\\Recovery\\BCD") ||
			try_bcd(manager, beside_us(manager, "BCD")) ||
			(try_bcd(manager, last) && try_bcd(manager, last));
	} else {
		if (option[0])
			last = option;
		found = try_bcd(manager, "\\BCD") || try_bcd(manager, last);
	}
	if (!found)
		minipe_fail(&manager->minipe, STATUS_NO_SUCH_FILE, last,
			"the Boot Configuration Data is not there");
}

static void load_bcd(struct manager *manager)
{
	const char *wrong;

	find_bcd(manager);
	manager->bcd = load(manager, manager->bcd_path, &plain);
	sha256_hex(manager->bcd, manager->minipe.bcd_sha256);
	print("bcd_sha256=%s\n", manager->minipe.bcd_sha256);
	wrong = bcd_choose(manager->bcd, &manager->choice);
	if (wrong)
		minipe_fail(&manager->minipe, STATUS_BAD_BCD, manager->bcd_path, wrong);
	station_note_path(&manager->minipe.station, manager->choice.wim_path);
}

/* Code integrity and Secure Boot policies: asked for whether or not they will be used. */
static void ask_policies(const struct manager *manager)
{
	static const char *const repeated[] = {
		"\\EFI\\Microsoft\\Boot\\SiPolicy.p7b",
		"\\EFI\\Microsoft\\Boot\\SkuSiPolicy.p7b",
		"\\EFI\\Microsoft\\Boot\\WinSiPolicy.p7b",
		"\\EFI\\Microsoft\\Boot\\ATPSiPolicy.p7b",
	};

	probe(manager, "\\EFI\\Microsoft\\Boot\\Policies\\SbcpFlightToken.p7b");
	probe(manager, "\\EFI\\Microsoft\\Boot\\SecureBootPolicy.p7b");
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < sizeof(repeated) / sizeof(*repeated); i++)
			probe(manager, repeated[i]);
}

/* Its strings, itself once more, whether the WIM and the SDI are there, and fonts. */
static void ask_around(const struct manager *manager)
{
	static const char *const fonts[] = {
		"wgl4_boot.ttf",
		"segoe_slboot.ttf",
		"segmono_boot.ttf",
	};
	const bool is_medium = manager->minipe.station.via == STATION_MEDIUM;
	const char *loader = manager->minipe.station.loader;

	probe(manager, beside_us(manager, "en-US\\bootx64.efi.MUI"));
	if (probe(manager, loader))
		load(manager, loader, &plain);
	if (!probe(manager, manager->choice.wim_path))
		minipe_fail(&manager->minipe, STATUS_NO_SUCH_FILE, manager->choice.wim_path,
			where(manager));
	/* Measured so, with a capital B, although the BCD said \boot\boot.sdi. */
	probe(manager, manager->minipe.station.via != STATION_PXE ? manager->choice.sdi_path
								  : "\\Boot\\boot.sdi");
	for (size_t i = 0; i < sizeof(fonts) / sizeof(*fonts); i++) {
		char path[64];

		format_text(path, sizeof(path), "%s\\Boot\\Fonts\\%s",
			is_medium ? "\\EFI\\Microsoft" : "", fonts[i]);
		if (probe(manager, path))
			load(manager, path, &plain);
	}
}

static void load_sdi(struct manager *manager, const struct fetch_tuning *tuning)
{
	struct minipe *minipe = &manager->minipe;
	const char *path = manager->choice.sdi_path;
	struct bytes record;

	manager->sdi = load(manager, path, tuning);
	sha256_hex(manager->sdi, minipe->sdi_sha256);
	print("sdi_sha256=%s\n", minipe->sdi_sha256);
	record = bytes_piece(manager->sdi, SDI_RECORD, SDI_RECORD_BYTES);
	if (!record.data || !bytes_equal(manager->sdi.data, "$SDI0001", 8))
		minipe_fail(minipe, STATUS_UNSUCCESSFUL, path, "not an SDI file");
	if (!bytes_equal(record.data, "PART", 4) ||
		!bytes_piece(manager->sdi, get_le64(record.data + 16), get_le64(record.data + 24))
			 .data)
		minipe_fail(minipe, STATUS_UNSUCCESSFUL, path, "the SDI file has no whole PART");
}

static void load_wim(struct manager *manager, const struct fetch_tuning *tuning)
{
	struct minipe *minipe = &manager->minipe;

	minipe->wim = load(manager, manager->choice.wim_path, tuning);
	sha256_hex(minipe->wim, minipe->wim_sha256);
	print("wim_sha256=%s\n", minipe->wim_sha256);
}

/* Comes back only if stage 2 could not be started; then why is in *ret_why. */
static uint32_t start_loader(struct manager *manager, efi_handle self, const char **ret_why)
{
	struct efi_boot_services *boot = firmware->boot;
	struct efi_loaded_image *loaded;
	struct wim_entry entry;
	struct bytes program;
	efi_handle image;
	struct wim wim;

	*ret_why = wim_open(manager->minipe.wim, allocate, &wim);
	if (*ret_why)
		return STATUS_NOT_SUPPORTED;
	*ret_why = "not in the boot image";
	if (!wim_find(&wim, manager->choice.loader_path, &entry) || entry.is_folder)
		return STATUS_NO_SUCH_FILE;
	*ret_why = wim_read(&wim, &entry, allocate, &program);
	if (*ret_why)
		return STATUS_NOT_SUPPORTED;
	*ret_why = "not a program for this machine";
	if (efi_failed(boot->load_image(
		    false, self, NULL, (void *)(uintptr_t)program.data, program.size, &image)))
		return STATUS_INVALID_IMAGE;
	loaded = protocol(image, &EFI_LOADED_IMAGE_GUID);
	if (!loaded)
		return STATUS_INVALID_IMAGE;
	loaded->load_options = &manager->minipe;
	loaded->load_options_size = sizeof(manager->minipe);
	print("minipe: starting %s\n", manager->choice.loader_path);
	boot->start_image(image, NULL, NULL);
	*ret_why = "came back";
	return STATUS_UNSUCCESSFUL;
}

static void boot(struct manager *manager, efi_handle self)
{
	const struct bcd_choice *choice = &manager->choice;
	struct minipe *minipe = &manager->minipe;
	struct fetch_tuning tuning = plain;
	const char *why;
	uint32_t status;

	load_bcd(manager);
	ask_policies(manager);
	/* Measured on OVMF's own virtio-net driver, which has no UNDI behind it. */
	if (minipe->station.via == STATION_PXE &&
		!protocol_upwards(minipe->station.device, &EFI_NII_31_GUID, NULL))
		minipe_fail(minipe, STATUS_NOT_FOUND, manager->bcd_path,
			"the network card has no UNDI (NII protocol)");
	ask_around(manager);
	if (choice->tftp_block_bytes)
		tuning.block_bytes = choice->tftp_block_bytes;
	tuning.window_blocks = choice->tftp_window_blocks;
	tuning.variable_window = choice->tftp_variable_window;
	load_sdi(manager, &tuning);
	load_wim(manager, &tuning);
	fetch_http_close();
	status = start_loader(manager, self, &why);
	minipe_fail(minipe, status, choice->loader_path, why);
}

efi_status efi_main(efi_handle self, struct efi_system_table *table);

efi_status efi_main(efi_handle self, struct efi_system_table *table)
{
	static struct manager manager = {.minipe = {.magic = MINIPE_MAGIC, .stage = 1}};
	struct minipe *minipe = &manager.minipe;
	const struct station *station = &minipe->station;
	struct efi_loaded_image *loaded;
	const char *wrong;

	firmware_start(table);
	print("\nminipe: stage 1, a test fixture in the place of a Windows boot manager\n");
	loaded = protocol(self, &EFI_LOADED_IMAGE_GUID);
	wrong = loaded ? station_find(loaded, &minipe->station) : "no loaded image";
	if (wrong)
		minipe_fail(minipe, STATUS_NOT_FOUND, "network", wrong);
	minipe_nic(minipe_card(station), minipe->nic, NULL);
	print("minipe: %s from %s, loaded as %s\n", station_via(station, false), station->host,
		station->loader);
	if (station->bcd_option[0])
		print("minipe: option 252 names %s\n", station->bcd_option);
	find_folder(&manager);
	manager.ways = station->via == STATION_MEDIUM ? fetch_from_medium(station)
		       : is_http(&manager)            ? fetch_over_http(station)
						      : fetch_over_tftp(station);
	if (!manager.ways)
		minipe_fail(minipe, STATUS_NOT_FOUND, station_via(station, false),
			"the firmware has no such protocol on this device");
	boot(&manager, self);
	power_off();
}
