/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Elements out of bytes, for `pewter inspect` and for the tests of what we write. */
#include "format/bcd.h"

#include "base/bytes.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEVICE_RAMDISK   0
#define DEVICE_BOOT      5
#define DEVICE_PARTITION 6
#define LOCAL_RAMDISK    3
#define PATH_IN_DEVICE   5

const char *bcd_element_name(uint32_t id)
{
	static const struct {
		uint32_t id;
		const char *name;
	} names[] = {
		{BCD_LIBRARY_DEVICE, "device"},
		{BCD_LIBRARY_PATH, "path"},
		{BCD_LIBRARY_DESCRIPTION, "description"},
		{BCD_LIBRARY_LOCALE, "locale"},
		{0x14000006, "inherit"},
		{0x16000048, "nointegritychecks"},
		{0x16000049, "testsigning"},
		{BCD_OSLOADER_DEVICE, "osdevice"},
		{BCD_OSLOADER_SYSTEM_ROOT, "systemroot"},
		{BCD_OSLOADER_DETECT_HAL, "detecthal"},
		{BCD_OSLOADER_WINPE, "winpe"},
		{0x25000020, "nx"},
		{0x250000c2, "bootmenupolicy"},
		{0x260000b0, "ems"},
		{BCD_BOOTMGR_DEFAULT, "default"},
		{BCD_BOOTMGR_ORDER, "displayorder"},
		{BCD_BOOTMGR_TIMEOUT, "timeout"},
		{BCD_BOOTMGR_SHOW_MENU, "displaybootmenu"},
		{BCD_DEVICE_SDI_DEVICE, "ramdisksdidevice"},
		{BCD_DEVICE_SDI_PATH, "ramdisksdipath"},
		{BCD_DEVICE_IMAGE_OFFSET, "ramdiskimageoffset"},
		{0x35000002, "ramdisktftpclientport"},
		{BCD_DEVICE_IMAGE_LENGTH, "ramdiskimagelength"},
		{0x36000006, "exportascd"},
		{BCD_DEVICE_TFTP_BLOCK_SIZE, "ramdisktftpblocksize"},
		{BCD_DEVICE_TFTP_WINDOW_SIZE, "ramdisktftpwindowsize"},
		{0x36000009, "ramdiskmcenabled"},
		{0x3600000a, "ramdiskmctftpfallback"},
		{BCD_DEVICE_TFTP_VARIABLE_WINDOW, "ramdisktftpvarwindow"},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].id == id)
			return names[i].name;
	}
	return NULL;
}

/* The length in bytes of the UTF-16 text before its NUL, or before the end. */
static size_t utf16_length(const uint8_t *bytes, size_t n)
{
	size_t at = 0;
	while (n - at >= 2 && (bytes[at] != 0 || bytes[at + 1] != 0))
		at += 2;
	return at;
}

static int append_text(struct bcd_element *element, const uint8_t *bytes, size_t n)
{
	size_t used = strlen(element->text);
	if (n / 2 >= sizeof(element->text))
		return -EFBIG; /* before any of it is decoded */
	struct buffer text = buffer_with_max(sizeof(element->text) - 1 - used);
	int rc = text_utf16le_to_utf8(bytes, n, &text);
	if (rc == 0 && text.size > 0) {
		memcpy(element->text + used, text.bytes, text.size);
		element->text[used + text.size] = 0;
	}
	buffer_free(&text);
	return rc;
}

static int read_string(const uint8_t *bytes, size_t n, struct bcd_element *element)
{
	if (n % 2 != 0)
		return -EBADMSG;
	return append_text(element, bytes, utf16_length(bytes, n));
}

static int read_list(const uint8_t *bytes, size_t n, struct bcd_element *element)
{
	if (n % 2 != 0)
		return -EBADMSG;
	size_t at = 0;
	while (at < n) {
		size_t length = utf16_length(bytes + at, n - at);
		if (length == 0)
			break; /* the empty string at the end */
		int rc = element->n_items > 0 ? append_text(element, (const uint8_t *)" \0", 2) : 0;
		if (rc == 0)
			rc = append_text(element, bytes + at, length);
		if (rc < 0)
			return rc;
		element->n_items++;
		at += length;
		if (n - at >= 2)
			at += 2;
	}
	return 0;
}

static int read_ramdisk(struct reader *r, struct bcd_element *element)
{
	size_t start = r->at + 20; /* past base, size and offset */
	reader_skip(r, 20);
	(void)reader_le32(r); /* version */
	uint32_t size = reader_le32(r);
	uint32_t kind = reader_le32(r);
	size_t inner = r->at;
	(void)reader_le32(r); /* the inner device: type, flags */
	(void)reader_le32(r);
	uint32_t inner_size = reader_le32(r);
	reader_seek(r, inner);
	reader_skip(r, inner_size);
	if (r->failed || kind != PATH_IN_DEVICE || size < r->at - start)
		return -EBADMSG;
	size_t n = size - (r->at - start);
	const uint8_t *path = reader_bytes(r, n);
	if (path == NULL)
		return -EBADMSG;
	element->device = BCD_DEVICE_RAMDISK;
	return read_string(path, n, element);
}

static int read_device(const uint8_t *bytes, size_t n, struct bcd_element *element)
{
	struct reader r = reader_over(bytes, n);
	reader_copy(&r, element->options.bytes, sizeof(element->options.bytes));
	uint32_t type = reader_le32(&r);
	(void)reader_le32(&r); /* flags */
	uint32_t size = reader_le32(&r);
	(void)reader_le32(&r);
	if (r.failed || size < 16 || size > n - 16)
		return -EBADMSG;
	switch (type) {
	case DEVICE_BOOT: element->device = BCD_DEVICE_BOOT; return 0;
	case DEVICE_PARTITION: element->device = BCD_DEVICE_PARTITION; return 0;
	case DEVICE_RAMDISK:
		if (reader_le32(&r) == LOCAL_RAMDISK)
			return read_ramdisk(&r, element);
		return r.failed ? -EBADMSG : 0;
	default: return 0;
	}
}

static int read_integers(const uint8_t *bytes, size_t n, struct bcd_element *element)
{
	/* bcdedit writes 8 bytes; stores made by others have been seen with 4. */
	struct reader r = reader_over(bytes, n);
	if (element->format == BCD_FORMAT_INTEGER && n == 4) {
		element->integer = reader_le32(&r);
		return 0;
	}
	if (n == 0 || n % 8 != 0 || (element->format == BCD_FORMAT_INTEGER && n != 8))
		return -EBADMSG;
	element->integer = reader_le64(&r);
	element->n_items = n / 8;
	return 0;
}

int bcd_element_read(uint32_t id, const uint8_t *bytes, size_t n, struct bcd_element *ret_element)
{
	struct bcd_element element = {.id = id, .format = (enum bcd_format)(id >> 24 & 0xf)};
	int rc = 0;
	switch (element.format) {
	case BCD_FORMAT_DEVICE: rc = read_device(bytes, n, &element); break;
	case BCD_FORMAT_STRING:
	case BCD_FORMAT_OBJECT: rc = read_string(bytes, n, &element); break;
	case BCD_FORMAT_OBJECT_LIST: rc = read_list(bytes, n, &element); break;
	case BCD_FORMAT_INTEGER:
	case BCD_FORMAT_INTEGER_LIST: rc = read_integers(bytes, n, &element); break;
	case BCD_FORMAT_BOOLEAN:
		if (n < 1)
			return -EBADMSG;
		element.integer = bytes[0] != 0;
		break;
	default: return -EBADMSG;
	}
	if (rc == 0)
		*ret_element = element;
	return rc;
}

static void describe_device(const struct bcd_element *e, char *out, size_t size)
{
	char options[GUID_TEXT_BYTES];
	guid_format(&e->options, options);
	switch (e->device) {
	case BCD_DEVICE_BOOT: (void)text_copy(out, size, "boot"); return;
	case BCD_DEVICE_PARTITION: (void)text_copy(out, size, "partition"); return;
	case BCD_DEVICE_RAMDISK:
		(void)snprintf(out, size, "ramdisk=[boot]%s,{%s}", e->text, options);
		return;
	case BCD_DEVICE_OTHER: break;
	}
	(void)text_copy(out, size, "other");
}

void bcd_element_describe(const struct bcd_element *element, char *out, size_t size)
{
	switch (element->format) {
	case BCD_FORMAT_DEVICE: describe_device(element, out, size); return;
	case BCD_FORMAT_STRING:
	case BCD_FORMAT_OBJECT:
	case BCD_FORMAT_OBJECT_LIST: (void)text_copy(out, size, element->text); return;
	case BCD_FORMAT_BOOLEAN:
		(void)text_copy(out, size, element->integer != 0 ? "true" : "false");
		return;
	case BCD_FORMAT_INTEGER:
	case BCD_FORMAT_INTEGER_LIST:
		(void)snprintf(out, size, "%llu", (unsigned long long)element->integer);
		return;
	}
	(void)text_copy(out, size, "?");
}
