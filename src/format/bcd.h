/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Boot Configuration Data: what the values of its hive are, bytes <-> meaning. A store is a list of
 * objects, each a list of elements; how these become a hive is adapter/hivex' business, and which
 * of them a network boot needs is image/bcd's.
 *
 * An element's id is class << 28 | format << 24 | subtype; the format says how its bytes read.
 */
#pragma once

#include "base/buffer.h"
#include "base/guid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bcd_format {
	BCD_FORMAT_DEVICE = 1,
	BCD_FORMAT_STRING = 2,
	BCD_FORMAT_OBJECT = 3,
	BCD_FORMAT_OBJECT_LIST = 4,
	BCD_FORMAT_INTEGER = 5,
	BCD_FORMAT_BOOLEAN = 6,
	BCD_FORMAT_INTEGER_LIST = 7,
};

enum bcd_object_type {
	BCD_OBJECT_BOOTMGR = 0x10100002,
	BCD_OBJECT_OSLOADER = 0x10200003,
	BCD_OBJECT_DEVICE = 0x30000000, /* options of a device, such as those of a RAM disk */
};

enum bcd_element_id {
	BCD_LIBRARY_DEVICE = 0x11000001,
	BCD_LIBRARY_PATH = 0x12000002,
	BCD_LIBRARY_DESCRIPTION = 0x12000004,
	BCD_LIBRARY_LOCALE = 0x12000005,
	BCD_OSLOADER_DEVICE = 0x21000001,
	BCD_OSLOADER_SYSTEM_ROOT = 0x22000002,
	BCD_OSLOADER_DETECT_HAL = 0x26000010,
	BCD_OSLOADER_WINPE = 0x26000022,
	BCD_BOOTMGR_DEFAULT = 0x23000003,
	BCD_BOOTMGR_ORDER = 0x24000001,
	BCD_BOOTMGR_TIMEOUT = 0x25000004, /* seconds */
	BCD_BOOTMGR_SHOW_MENU = 0x26000020,
	/* Where in the file the volume lies that becomes the RAM disk; bytes. */
	BCD_DEVICE_IMAGE_OFFSET = 0x35000001,
	BCD_DEVICE_IMAGE_LENGTH = 0x35000005,
	BCD_DEVICE_SDI_DEVICE = 0x31000003,
	BCD_DEVICE_SDI_PATH = 0x32000004,
	/* Microsoft's page prints 0x36000007 and 8; a boot manager obeys these. */
	BCD_DEVICE_TFTP_BLOCK_SIZE = 0x35000007,
	BCD_DEVICE_TFTP_WINDOW_SIZE = 0x35000008,
	BCD_DEVICE_TFTP_VARIABLE_WINDOW = 0x3600000b,
};

/* "windows boot manager", "description", ...: in words; NULL for one that is not in the table. */
const char *bcd_element_name(uint32_t id);

/* Registry value types, as in winnt.h. */
enum bcd_value_type {
	BCD_VALUE_SZ = 1,
	BCD_VALUE_BINARY = 3,
	BCD_VALUE_DWORD = 4,
	BCD_VALUE_MULTI_SZ = 7,
};

#define BCD_KEY_BYTES 80 /* "Objects\{GUID}\Elements\XXXXXXXX" and NUL */

/* One value of the hive. */
struct bcd_value {
	char key[BCD_KEY_BYTES];
	const char *name; /* a constant */
	enum bcd_value_type type;
	size_t at, size; /* of its bytes in the store's buffer */
};

#define BCD_VALUES_MAX 64
#define BCD_DATA_MAX   16384

/* A store being written. Failure is sticky: failed is 0 or the first negative errno. */
struct bcd_store {
	size_t n_values;
	struct bcd_value values[BCD_VALUES_MAX];
	struct buffer data;
	char object[BCD_KEY_BYTES]; /* key of the object that elements go to */
	int failed;
};

/* Ends with bcd_store_clear(), whatever happens in between. */
void bcd_store_start(struct bcd_store *store);
void bcd_store_clear(struct bcd_store *store);
/* The elements that follow belong to this object. */
void bcd_object(struct bcd_store *store, const struct guid *id, enum bcd_object_type type);
void bcd_string(struct bcd_store *store, uint32_t id, const char *text);
void bcd_integer(struct bcd_store *store, uint32_t id, uint64_t value);
void bcd_boolean(struct bcd_store *store, uint32_t id, bool value);
void bcd_reference(struct bcd_store *store, uint32_t id, const struct guid *object);
void bcd_reference_list(
	struct bcd_store *store, uint32_t id, const struct guid *objects, size_t n_objects);
/* "boot": the device the boot manager itself came from; 88 bytes. */
void bcd_device_boot(struct bcd_store *store, uint32_t id);
/* "ramdisk=[boot]PATH,{OPTIONS}". */
void bcd_device_ramdisk(
	struct bcd_store *store, uint32_t id, const char *path, const struct guid *options);

/* ---- reading ---- */

enum bcd_device {
	BCD_DEVICE_OTHER,
	BCD_DEVICE_BOOT,
	BCD_DEVICE_PARTITION,
	BCD_DEVICE_RAMDISK,
};

#define BCD_TEXT_BYTES 520

/* An element as read. */
struct bcd_element {
	uint32_t id;
	enum bcd_format format;
	uint64_t integer;          /* INTEGER, BOOLEAN, and the first of INTEGER_LIST */
	size_t n_items;            /* OBJECT_LIST, INTEGER_LIST */
	char text[BCD_TEXT_BYTES]; /* STRING, OBJECT, OBJECT_LIST (items separated by a space), the
				      path of a RAM disk */
	enum bcd_device device;
	struct guid options; /* DEVICE: the object with its options, or zeros */
};

/* -EBADMSG for bytes that do not read as the id's format asks, -EFBIG for a text that is longer
 * than any sane one. */
int bcd_element_read(
	uint32_t id, const uint8_t *bytes, size_t n, struct bcd_element *ret_element) MUST_CHECK;
/* "ramdisk=[boot]\sources\boot.wim,{7619dcc8-...}", "true", "\windows", ... */
void bcd_element_describe(const struct bcd_element *element, char *out, size_t size);
