/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/bcd.h"

#include "adapter/hivex.h"
#include "format/bcd.h"
#include "format/hive_seed.h"

#include <string.h>

/* {9dea862c-5cdd-4e70-acc1-f32b344d4795}, the boot manager's own object in every store. */
static const struct guid bootmgr = {{0x2c, 0x86, 0xea, 0x9d, 0xdd, 0x5c, 0x70, 0x4e, 0xac, 0xc1,
	0xf3, 0x2b, 0x34, 0x4d, 0x47, 0x95}};
/* {7619dcc8-fafe-11d9-b411-000476eba25f}, the RAM disk's options on every setup medium. */
static const struct guid ramdisk_options = {{0xc8, 0xdc, 0x19, 0x76, 0xfe, 0xfa, 0xd9, 0x11, 0xb4,
	0x11, 0x00, 0x04, 0x76, 0xeb, 0xa2, 0x5f}};
/* {7619dcc9-...}: any would do; the same one each time gives the same bytes each time. */
static const struct guid osloader = {{0xc9, 0xdc, 0x19, 0x76, 0xfe, 0xfa, 0xd9, 0x11, 0xb4, 0x11,
	0x00, 0x04, 0x76, 0xeb, 0xa2, 0x5f}};

#define LOCALE "en-US"

static void add_bootmgr(struct bcd_store *store)
{
	bcd_object(store, &bootmgr, BCD_OBJECT_BOOTMGR);
	bcd_string(store, BCD_LIBRARY_DESCRIPTION, "Windows Boot Manager");
	bcd_string(store, BCD_LIBRARY_LOCALE, LOCALE);
	bcd_reference(store, BCD_BOOTMGR_DEFAULT, &osloader);
	bcd_reference_list(store, BCD_BOOTMGR_ORDER, &osloader, 1);
	bcd_integer(store, BCD_BOOTMGR_TIMEOUT, 0);
	bcd_boolean(store, BCD_BOOTMGR_SHOW_MENU, false);
}

static void add_ramdisk(struct bcd_store *store, const struct image_bcd_parameters *p)
{
	bcd_object(store, &ramdisk_options, BCD_OBJECT_DEVICE);
	/* A WIM is mounted on the volume of a boot.sdi; an SDI image is a volume already. */
	if (p->image_sdi_path == NULL) {
		bcd_device_boot(store, BCD_DEVICE_SDI_DEVICE);
		bcd_string(store, BCD_DEVICE_SDI_PATH, p->sdi_path);
	} else {
		bcd_integer(store, BCD_DEVICE_IMAGE_OFFSET, p->ramdisk_offset);
		bcd_integer(store, BCD_DEVICE_IMAGE_LENGTH, p->ramdisk_length);
	}
	if (p->tftp_block_bytes != 0)
		bcd_integer(store, BCD_DEVICE_TFTP_BLOCK_SIZE, p->tftp_block_bytes);
	if (p->tftp_window_blocks != 0)
		bcd_integer(store, BCD_DEVICE_TFTP_WINDOW_SIZE, p->tftp_window_blocks);
	if (p->tftp_variable_window)
		bcd_boolean(store, BCD_DEVICE_TFTP_VARIABLE_WINDOW, true);
}

static void add_osloader(struct bcd_store *store, const struct image_bcd_parameters *p)
{
	const char *file = p->image_sdi_path != NULL ? p->image_sdi_path : p->wim_path;
	bcd_object(store, &osloader, BCD_OBJECT_OSLOADER);
	bcd_device_ramdisk(store, BCD_LIBRARY_DEVICE, file, &ramdisk_options);
	bcd_string(store, BCD_LIBRARY_PATH,
		p->is_uefi ? "\\windows\\system32\\boot\\winload.efi"
			   : "\\windows\\system32\\boot\\winload.exe");
	bcd_string(store, BCD_LIBRARY_DESCRIPTION, p->description);
	bcd_string(store, BCD_LIBRARY_LOCALE, LOCALE);
	bcd_device_ramdisk(store, BCD_OSLOADER_DEVICE, file, &ramdisk_options);
	bcd_string(store, BCD_OSLOADER_SYSTEM_ROOT, "\\windows");
	bcd_boolean(store, BCD_OSLOADER_DETECT_HAL, true);
	bcd_boolean(store, BCD_OSLOADER_WINPE, true);
}

int image_bcd_build(
	const struct image_bcd_parameters *parameters, struct buffer *out, struct error *err)
{
	CLEANUP(bcd_store_clear) struct bcd_store store;
	bcd_store_start(&store);
	add_bootmgr(&store);
	add_ramdisk(&store, parameters);
	add_osloader(&store, parameters);
	if (store.failed != 0)
		return error_set(
			err, store.failed, "cannot make a BCD: %s", strerror(-store.failed));

	struct hive_value values[BCD_VALUES_MAX];
	for (size_t i = 0; i < store.n_values; i++) {
		const struct bcd_value *v = &store.values[i];
		values[i] = (struct hive_value){
			v->key, v->name, v->type, store.data.bytes + v->at, v->size};
	}
	uint8_t seed[HIVE_SEED_BYTES];
	hive_seed_write(seed);
	int rc = hive_build(seed, sizeof(seed), values, store.n_values, out, err);
	return rc < 0 ? error_prefix(err, rc, "cannot make a BCD") : 0;
}
