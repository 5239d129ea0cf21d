/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Elements into bytes. Their layouts were read off stores that bcdedit made, and a genuine boot
 * manager accepts what stands here (docs/wire.md). */
#include "format/bcd.h"

#include "base/bytes.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* In a device: GUID of its options, then a descriptor {type, flags, size, 0, payload}. */
#define DESCRIPTOR_BYTES 0x48
#define BOOT_BYTES       (16 + DESCRIPTOR_BYTES)
#define DEVICE_RAMDISK   0
#define DEVICE_BOOT      5
#define LOCAL_RAMDISK    3
#define PATH_IN_DEVICE   5

static_assert(BOOT_BYTES == 88, "the size of a boot device in every store of Windows");

void bcd_store_clear(struct bcd_store *store)
{
	buffer_free(&store->data);
	store->n_values = 0;
}

/* A value whose bytes are what was added to the data since it was size bytes long. */
static void add_value(struct bcd_store *store, const char *key, const char *name,
	enum bcd_value_type type, size_t at)
{
	if (store->failed != 0)
		return;
	if (store->n_values == BCD_VALUES_MAX) {
		store->failed = -EFBIG;
		return;
	}
	struct bcd_value *value = &store->values[store->n_values++];
	(void)text_copy(value->key, sizeof(value->key), key);
	value->name = name;
	value->type = type;
	value->at = at;
	value->size = store->data.size - at;
}

static void add_bytes(struct bcd_store *store, const void *bytes, size_t n)
{
	if (store->failed == 0)
		store->failed = buffer_add(&store->data, bytes, n);
}

static void add_utf16(struct bcd_store *store, const char *text)
{
	if (store->failed == 0)
		store->failed = text_utf8_to_utf16le(text, strlen(text), &store->data);
	add_bytes(store, "\0\0", 2);
}

static void add_element(struct bcd_store *store, uint32_t id, enum bcd_value_type type, size_t at)
{
	char key[BCD_KEY_BYTES];
	(void)snprintf(key, sizeof(key), "%.*s\\Elements\\%08x", 50, store->object, id);
	add_value(store, key, "Element", type, at);
}

void bcd_store_start(struct bcd_store *store)
{
	memset(store, 0, sizeof(*store));
	store->data = buffer_with_max(BCD_DATA_MAX);
	/* What makes a hive a BCD. */
	add_utf16(store, "BCD00000000");
	add_value(store, "Description", "KeyName", BCD_VALUE_SZ, 0);
}

static void braced(const struct guid *id, char out[static GUID_TEXT_BYTES + 2])
{
	char text[GUID_TEXT_BYTES];
	guid_format(id, text);
	(void)snprintf(out, GUID_TEXT_BYTES + 2, "{%s}", text);
}

void bcd_object(struct bcd_store *store, const struct guid *id, enum bcd_object_type type)
{
	char name[GUID_TEXT_BYTES + 2], key[BCD_KEY_BYTES];
	braced(id, name);
	(void)snprintf(store->object, sizeof(store->object), "Objects\\%s", name);
	(void)snprintf(key, sizeof(key), "Objects\\%s\\Description", name);

	uint8_t bytes[4];
	struct writer w = writer_over(bytes, sizeof(bytes));
	writer_le32(&w, type);
	size_t at = store->data.size;
	add_bytes(store, bytes, sizeof(bytes));
	add_value(store, key, "Type", BCD_VALUE_DWORD, at);
}

void bcd_string(struct bcd_store *store, uint32_t id, const char *text)
{
	size_t at = store->data.size;
	add_utf16(store, text);
	add_element(store, id, BCD_VALUE_SZ, at);
}

void bcd_integer(struct bcd_store *store, uint32_t id, uint64_t value)
{
	uint8_t bytes[8];
	struct writer w = writer_over(bytes, sizeof(bytes));
	writer_le64(&w, value);
	size_t at = store->data.size;
	add_bytes(store, bytes, sizeof(bytes));
	add_element(store, id, BCD_VALUE_BINARY, at);
}

void bcd_boolean(struct bcd_store *store, uint32_t id, bool value)
{
	uint8_t byte = value ? 1 : 0;
	size_t at = store->data.size;
	add_bytes(store, &byte, 1);
	add_element(store, id, BCD_VALUE_BINARY, at);
}

void bcd_reference(struct bcd_store *store, uint32_t id, const struct guid *object)
{
	char name[GUID_TEXT_BYTES + 2];
	braced(object, name);
	bcd_string(store, id, name);
}

void bcd_reference_list(
	struct bcd_store *store, uint32_t id, const struct guid *objects, size_t n_objects)
{
	size_t at = store->data.size;
	for (size_t i = 0; i < n_objects; i++) {
		char name[GUID_TEXT_BYTES + 2];
		braced(&objects[i], name);
		add_utf16(store, name);
	}
	add_bytes(store, "\0\0", 2); /* an empty string ends the list */
	add_element(store, id, BCD_VALUE_MULTI_SZ, at);
}

static void write_boot_descriptor(struct writer *w)
{
	writer_le32(w, DEVICE_BOOT);
	writer_le32(w, 0);
	writer_le32(w, DESCRIPTOR_BYTES);
	writer_le32(w, 0);
	writer_zeros(w, DESCRIPTOR_BYTES - 16);
}

void bcd_device_boot(struct bcd_store *store, uint32_t id)
{
	uint8_t bytes[BOOT_BYTES];
	struct writer w = writer_over(bytes, sizeof(bytes));
	writer_zeros(&w, 16); /* no options */
	write_boot_descriptor(&w);
	assert(!w.failed && writer_left(&w) == 0);
	size_t at = store->data.size;
	add_bytes(store, bytes, sizeof(bytes));
	add_element(store, id, BCD_VALUE_BINARY, at);
}

void bcd_device_ramdisk(
	struct bcd_store *store, uint32_t id, const char *path, const struct guid *options)
{
	size_t at = store->data.size;
	uint8_t bytes[0x8c];
	add_bytes(store, (const uint8_t[sizeof(bytes)]){0}, sizeof(bytes));
	add_utf16(store, path);
	if (store->failed != 0)
		return;

	/* The sizes count the path, so the head is written when that is there. */
	uint32_t size = (uint32_t)(store->data.size - at);
	struct writer w = writer_over(bytes, sizeof(bytes));
	writer_bytes(&w, options->bytes, 16);
	writer_le32(&w, DEVICE_RAMDISK);
	writer_le32(&w, 1); /* flags */
	writer_le32(&w, size - 16);
	writer_le32(&w, 0);
	writer_le32(&w, LOCAL_RAMDISK);
	writer_zeros(&w, 20); /* base, size and offset of an image in memory: there is none yet */
	writer_le32(&w, 1);   /* version of the path that follows */
	writer_le32(&w, size - 0x38);
	writer_le32(&w, PATH_IN_DEVICE);
	write_boot_descriptor(&w); /* the device that holds the file */
	assert(!w.failed && writer_left(&w) == 0);
	memcpy(store->data.bytes + at, bytes, sizeof(bytes));
	add_element(store, id, BCD_VALUE_BINARY, at);
}
