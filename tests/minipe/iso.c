/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ECMA-119 (section numbers below) and El Torito 1.0. */
#include "iso.h"

#define FIRST_DESCRIPTOR 16
#define ROOT_RECORD      156 /* 8.4 */
#define RECORD_BYTES     33  /* 9.1, without the name */
#define FLAG_FOLDER      0x02
#define FLAG_MORE        0x80 /* not the file's last extent */

static bool is_slash(char c)
{
	return c == '\\' || c == '/';
}

static void take_record(const uint8_t *record, struct iso_entry *entry)
{
	entry->block = get_le32(record + 2) + record[1];
	entry->size = get_le32(record + 10);
	entry->is_folder = record[25] & FLAG_FOLDER;
}

const char *iso_open(struct iso *iso)
{
	static uint8_t sectors[2 * ISO_BLOCK_BYTES];
	const uint8_t *record = sectors + ISO_BLOCK_BYTES;
	struct iso_entry root;

	if (!iso->read(iso->context, FIRST_DESCRIPTOR, 2, sectors))
		return "its descriptors cannot be read";
	if (!bytes_equal(record, "\0CD001\1EL TORITO SPECIFICATION", 30))
		return "El Torito's boot record is not its second descriptor";
	if (!bytes_equal(sectors, "\1CD001\1", 7) || get_le16(sectors + 128) != ISO_BLOCK_BYTES)
		return "it is no ISO 9660";
	take_record(sectors + ROOT_RECORD, &root);
	iso->root_block = root.block;
	iso->root_bytes = root.size;
	return NULL;
}

/* "BOOT.WIM;1" and "BCD.;1" are "boot.wim" and "bcd". */
static bool same_name(const uint8_t *record, const char *name, size_t length)
{
	const uint8_t *found = record + RECORD_BYTES;
	size_t n = 0;

	while (n < record[32] && found[n] != ';')
		n++;
	while (n && found[n - 1] == '.')
		n--;
	if (n != length)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower16(found[i]) != lower16((uint8_t)name[i]))
			return false;
	return true;
}

static bool find_in_block(const uint8_t *block, bool *more, const char *name, size_t length,
	struct iso_entry *ret_entry)
{
	for (size_t at = 0; at + RECORD_BYTES < ISO_BLOCK_BYTES && block[at]; at += block[at]) {
		const uint8_t *record = block + at;
		bool is_part = *more;

		if (record[0] < RECORD_BYTES || at + record[0] > ISO_BLOCK_BYTES ||
			record[32] > record[0] - RECORD_BYTES)
			return false;
		*more = record[25] & FLAG_MORE;
		if (is_part || *more || !same_name(record, name, length))
			continue;
		take_record(record, ret_entry);
		return true;
	}
	return false;
}

static bool find_in(const struct iso *iso, const struct iso_entry *folder, const char *name,
	size_t length, struct iso_entry *ret_entry)
{
	static uint8_t block[ISO_BLOCK_BYTES];
	bool more = false;

	for (uint32_t i = 0; i < (folder->size + ISO_BLOCK_BYTES - 1) / ISO_BLOCK_BYTES; i++) {
		if (!iso->read(iso->context, folder->block + i, 1, block))
			return false;
		if (find_in_block(block, &more, name, length, ret_entry))
			return true;
	}
	return false;
}

bool iso_find(const struct iso *iso, const char *path, struct iso_entry *ret_entry)
{
	struct iso_entry entry = {iso->root_block, iso->root_bytes, true};

	while (*path) {
		size_t length = 0;

		if (is_slash(*path)) {
			path++;
			continue;
		}
		while (path[length] && !is_slash(path[length]))
			length++;
		if (!entry.is_folder || !find_in(iso, &entry, path, length, &entry))
			return false;
		path += length;
	}
	*ret_entry = entry;
	return true;
}
