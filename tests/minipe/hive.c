/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hive.h"

#define BINS_OFFSET    4096 /* cell offsets count from here */
#define NAME_IS_ASCII  0x20 /* nk flags */
#define VALUE_IS_ASCII 1    /* vk flags */
#define DATA_INLINE    0x80000000U
#define LISTS_MAX      512 /* sub-lists of an "ri" list */

/* The content of an allocated cell: its size field is negative. */
static struct bytes cell(struct bytes hive, uint32_t offset)
{
	struct bytes head = bytes_piece(hive, (uint64_t)BINS_OFFSET + offset, 4);
	int32_t size;

	if (!head.data)
		return head;
	size = (int32_t)get_le32(head.data);
	if (size > -8)
		return (struct bytes){NULL, 0};
	return bytes_piece(
		hive, (uint64_t)BINS_OFFSET + offset + 4, (uint64_t)(-(int64_t)size) - 4);
}

static bool has_signature(struct bytes data, size_t minimum, char a, char b)
{
	return data.data && data.size >= minimum && data.data[0] == a && data.data[1] == b;
}

static bool name_equal(struct bytes name, bool ascii, const char *wanted)
{
	size_t width = ascii ? 1 : 2;
	size_t n = name.size / width;

	if (!name.data || n != text_length(wanted))
		return false;
	for (size_t i = 0; i < n; i++) {
		uint16_t c = ascii ? name.data[i] : get_le16(name.data + 2 * i);

		if (lower16(c) != lower16((uint8_t)wanted[i]))
			return false;
	}
	return true;
}

bool hive_root(struct bytes hive, uint32_t *ret_key)
{
	uint32_t offset;

	if (hive.size < BINS_OFFSET || !bytes_equal(hive.data, "regf", 4))
		return false;
	offset = get_le32(hive.data + 0x24);
	if (!has_signature(cell(hive, offset), 76, 'n', 'k'))
		return false;
	*ret_key = offset;
	return true;
}

static bool key_is_named(struct bytes hive, uint32_t offset, const char *name)
{
	struct bytes key = cell(hive, offset);

	if (!has_signature(key, 76, 'n', 'k'))
		return false;
	return name_equal(bytes_piece(key, 76, get_le16(key.data + 72)),
		get_le16(key.data + 2) & NAME_IS_ASCII, name);
}

/* Lists "lf", "lh" hold (offset, hash) pairs, "li" offsets. */
static bool list_find(struct bytes hive, uint32_t offset, const char *name, uint32_t *ret_key)
{
	struct bytes list = cell(hive, offset);
	bool pairs = has_signature(list, 4, 'l', 'f') || has_signature(list, 4, 'l', 'h');
	size_t width = pairs ? 8 : 4;
	size_t n;

	if (!pairs && !has_signature(list, 4, 'l', 'i'))
		return false;
	n = get_le16(list.data + 2);
	for (size_t i = 0; i < n; i++) {
		struct bytes entry = bytes_piece(list, 4 + i * width, 4);

		if (!entry.data)
			return false;
		if (key_is_named(hive, get_le32(entry.data), name)) {
			*ret_key = get_le32(entry.data);
			return true;
		}
	}
	return false;
}

bool hive_child(struct bytes hive, uint32_t key, const char *name, uint32_t *ret_key)
{
	struct bytes node = cell(hive, key), list;
	uint32_t list_offset;
	size_t n;

	if (!has_signature(node, 76, 'n', 'k') || !get_le32(node.data + 20))
		return false;
	list_offset = get_le32(node.data + 28);
	list = cell(hive, list_offset);
	if (!has_signature(list, 4, 'r', 'i'))
		return list_find(hive, list_offset, name, ret_key);
	n = get_le16(list.data + 2);
	for (size_t i = 0; i < n && i < LISTS_MAX; i++) {
		struct bytes entry = bytes_piece(list, 4 + i * 4, 4);

		if (!entry.data)
			return false;
		if (list_find(hive, get_le32(entry.data), name, ret_key))
			return true;
	}
	return false;
}

static bool value_data(struct bytes hive, uint32_t offset, const char *name, struct bytes *ret_data)
{
	struct bytes value = cell(hive, offset), data;
	uint32_t length;

	if (!has_signature(value, 20, 'v', 'k'))
		return false;
	if (!name_equal(bytes_piece(value, 20, get_le16(value.data + 2)),
		    get_le16(value.data + 16) & VALUE_IS_ASCII, name))
		return false;
	length = get_le32(value.data + 4);
	if (length & DATA_INLINE)
		data = bytes_piece((struct bytes){value.data + 8, 4}, 0, length & ~DATA_INLINE);
	else
		data = bytes_piece(cell(hive, get_le32(value.data + 8)), 0, length);
	if (!data.data)
		return false;
	*ret_data = data;
	return true;
}

bool hive_value(struct bytes hive, uint32_t key, const char *name, struct bytes *ret_data)
{
	struct bytes node = cell(hive, key), list;
	uint32_t n;

	if (!has_signature(node, 76, 'n', 'k'))
		return false;
	n = get_le32(node.data + 36);
	list = n ? cell(hive, get_le32(node.data + 40)) : (struct bytes){NULL, 0};
	for (uint32_t i = 0; i < n; i++) {
		struct bytes entry = bytes_piece(list, 4 * (uint64_t)i, 4);

		if (!entry.data)
			return false;
		if (value_data(hive, get_le32(entry.data), name, ret_data))
			return true;
	}
	return false;
}
