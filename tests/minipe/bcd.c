/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bcd.h"
#include "hive.h"

#define BOOTMGR "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"

/* The ramdisk device element: 16 bytes GUID of the options object, a descriptor (type 0, flags 1,
 * size), then at 0x20 the kind of local device and at 0x44 the nested descriptor of the device
 * that the file lies on, after which comes the file's path in UTF-16. */
#define RAMDISK_KIND        0x20
#define RAMDISK_FILE_KIND   0x40
#define RAMDISK_FILE_DEVICE 0x44
#define LOCAL_DEVICE_RAM    3
#define FILE_BY_PATH        5
#define DEVICE_BOOT         5

static bool element(struct bytes store, uint32_t objects, const char *object, const char *id,
	struct bytes *ret_data)
{
	uint32_t key;

	return hive_child(store, objects, object, &key) &&
	       hive_child(store, key, "Elements", &key) && hive_child(store, key, id, &key) &&
	       hive_value(store, key, "Element", ret_data);
}

static bool element_text(struct bytes store, uint32_t objects, const char *object, const char *id,
	char out[BCD_PATH_BYTES])
{
	struct bytes data;

	if (!element(store, objects, object, id, &data) || data.size < 4)
		return false;
	text_from_utf16(data.data, data.size, out, BCD_PATH_BYTES);
	return true;
}

static uint32_t element_number(
	struct bytes store, uint32_t objects, const char *object, const char *id)
{
	struct bytes data;

	return element(store, objects, object, id, &data) && data.size >= 4 ? get_le32(data.data)
									    : 0;
}

static void guid_text(const uint8_t guid[16], char out[39])
{
	static const char digits[] = "0123456789abcdef";
	static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	char *p = out;

	*p++ = '{';
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = digits[guid[order[i]] >> 4];
		*p++ = digits[guid[order[i]] & 15];
	}
	*p++ = '}';
	*p = '\0';
}

static const char *ramdisk_parse(struct bytes device, char options[39], char path[BCD_PATH_BYTES])
{
	uint32_t nested_size;
	struct bytes name;

	if (device.size < RAMDISK_FILE_DEVICE + 16)
		return "device element 11000001 is too short for a RAM disk";
	if (get_le32(device.data + 16) != 0 ||
		get_le32(device.data + RAMDISK_KIND) != LOCAL_DEVICE_RAM)
		return "device element 11000001 is not a RAM disk";
	if (get_le32(device.data + RAMDISK_FILE_KIND) != FILE_BY_PATH)
		return "device element 11000001 does not name its file by path";
	if (get_le32(device.data + RAMDISK_FILE_DEVICE) != DEVICE_BOOT)
		return "the RAM disk's file is not on the boot device";
	nested_size = get_le32(device.data + RAMDISK_FILE_DEVICE + 8);
	if (nested_size > device.size - RAMDISK_FILE_DEVICE)
		return "device element 11000001 is cut off";
	name = bytes_piece(device, RAMDISK_FILE_DEVICE + (uint64_t)nested_size,
		device.size - RAMDISK_FILE_DEVICE - nested_size);
	if (name.size < 4)
		return "device element 11000001 names no file";
	text_from_utf16(name.data, name.size, path, BCD_PATH_BYTES);
	guid_text(device.data, options);
	return NULL;
}

const char *bcd_choose(struct bytes store, struct bcd_choice *ret_choice)
{
	char loader[BCD_PATH_BYTES], options[39];
	struct bcd_choice choice = {0};
	struct bytes device, flag;
	uint32_t objects;
	const char *wrong;

	if (!hive_root(store, &objects))
		return "not a registry hive";
	if (!hive_child(store, objects, "Objects", &objects))
		return "no key Objects";
	if (!element_text(store, objects, BOOTMGR, "23000003", loader))
		return "no default entry (23000003)";
	if (!element_text(store, objects, loader, "12000002", choice.loader_path))
		return "the default entry has no path (12000002)";
	if (!element(store, objects, loader, "11000001", &device))
		return "the default entry has no device (11000001)";
	wrong = ramdisk_parse(device, options, choice.wim_path);
	if (wrong)
		return wrong;
	if (!element(store, objects, options, "31000003", &device))
		return "the RAM disk's options have no SDI device (31000003)";
	if (!element_text(store, objects, options, "32000004", choice.sdi_path))
		return "the RAM disk's options have no SDI path (32000004)";
	choice.tftp_block_bytes = element_number(store, objects, options, "35000007");
	choice.tftp_window_blocks = element_number(store, objects, options, "35000008");
	choice.tftp_variable_window =
		element(store, objects, options, "3600000b", &flag) && flag.size && flag.data[0];
	*ret_choice = choice;
	return NULL;
}
