/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/fat_read.h"

#include "base/bytes.h"
#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define BOOT_BYTES       512U
#define ENTRY_BYTES      32U
#define FIRST_CLUSTER    2U
#define LONG_UNITS       13U
#define NAME_BYTES       256U
/* fatgen103: folders have at most this many bytes. */
#define FOLDER_BYTES_MAX (65536U * ENTRY_BYTES)

#define ATTRIBUTE_LABEL  0x08
#define ATTRIBUTE_FOLDER 0x10
#define ATTRIBUTE_LONG   0x0f

static int broken(struct error *err, const char *what)
{
	return error_set(err, -EINVAL, "FAT: %s: the volume is broken", what);
}

/* ---- the boot sector ---- */

struct boot_sector {
	uint32_t sector_bytes, cluster_sectors, reserved, n_tables, root_entries;
	uint32_t n_sectors, table_sectors, root_cluster;
};

static bool is_power_of_2(uint32_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

static bool parse_boot_sector(const uint8_t *bytes, struct boot_sector *boot)
{
	struct reader r = reader_over(bytes, BOOT_BYTES);
	reader_seek(&r, 11);
	boot->sector_bytes = reader_le16(&r);
	boot->cluster_sectors = reader_u8(&r);
	boot->reserved = reader_le16(&r);
	boot->n_tables = reader_u8(&r);
	boot->root_entries = reader_le16(&r);
	boot->n_sectors = reader_le16(&r);
	reader_skip(&r, 1);
	boot->table_sectors = reader_le16(&r);
	reader_seek(&r, 32);
	uint32_t more = reader_le32(&r), table_sectors_32 = reader_le32(&r);
	if (boot->n_sectors == 0)
		boot->n_sectors = more;
	if (boot->table_sectors == 0)
		boot->table_sectors = table_sectors_32;
	reader_seek(&r, 44);
	boot->root_cluster = reader_le32(&r);
	reader_seek(&r, 510);
	return (bytes[0] == 0xeb || bytes[0] == 0xe9) && reader_le16(&r) == 0xaa55 &&
	       is_power_of_2(boot->sector_bytes) && boot->sector_bytes >= 512 &&
	       boot->sector_bytes <= 4096 && is_power_of_2(boot->cluster_sectors) &&
	       boot->reserved > 0 && (boot->n_tables == 1 || boot->n_tables == 2) &&
	       boot->table_sectors > 0;
}

/* The kind follows from the number of clusters alone. */
static int measure(
	const struct boot_sector *boot, uint64_t length, struct fat_volume *v, struct error *err)
{
	const uint64_t sector = boot->sector_bytes;
	v->tables = boot->reserved * sector;
	v->root = v->tables + sector * boot->n_tables * boot->table_sectors;
	v->root_bytes = boot->root_entries * ENTRY_BYTES;
	v->data = v->root + (v->root_bytes + sector - 1) / sector * sector;
	v->cluster_bytes = boot->cluster_sectors * boot->sector_bytes;
	const uint64_t end = boot->n_sectors * sector;
	if (end > length || v->data >= end)
		return broken(err, "it is larger than its place");
	const uint64_t n = (end - v->data) / v->cluster_bytes;
	v->bits = n < 4085 ? 12 : n < 65525 ? 16 : 32;
	const uint64_t room = boot->table_sectors * sector * 8 / v->bits;
	if (n == 0 || n >= 0x0ffffff5 || room < n + FIRST_CLUSTER)
		return broken(err, "its table is too small for its clusters");
	v->n_clusters = (uint32_t)n;
	v->root_cluster = v->bits == 32 ? boot->root_cluster : 0;
	return 0;
}

int fat_open(struct view *disk, uint64_t offset, uint64_t length, struct fat_volume *ret_volume,
	struct error *err)
{
	struct fat_volume volume = {.disk = disk, .offset = offset};
	struct boot_sector boot;
	uint8_t bytes[BOOT_BYTES];
	if (offset > view_size(disk) || length > view_size(disk) - offset ||
		length < sizeof(bytes) || view_read(disk, offset, bytes, sizeof(bytes)) < 0 ||
		!parse_boot_sector(bytes, &boot))
		return error_set(err, -EMEDIUMTYPE, "no FAT file system");
	int rc = measure(&boot, length, &volume, err);
	if (rc == 0)
		*ret_volume = volume;
	return rc;
}

/* ---- chains ---- */

/* Entries of the table are read some thousand at a time. */
struct chain {
	const struct fat_volume *volume;
	uint32_t cluster; /* 0: at its end */
	uint32_t n_passed;
	uint64_t cached_at;
	size_t n_cached;
	uint8_t cache[8192];
};

static bool is_cluster(const struct fat_volume *volume, uint32_t cluster)
{
	return cluster >= FIRST_CLUSTER && cluster - FIRST_CLUSTER < volume->n_clusters;
}

static int table_bytes(struct chain *chain, uint64_t at, uint32_t *ret_value)
{
	const struct fat_volume *v = chain->volume;
	if (at < chain->cached_at || at + 4 > chain->cached_at + chain->n_cached) {
		uint64_t left = view_size(v->disk) - v->offset - v->tables - at;
		chain->n_cached = left < sizeof(chain->cache) ? (size_t)left : sizeof(chain->cache);
		chain->cached_at = at;
		int rc = view_read(
			v->disk, v->offset + v->tables + at, chain->cache, chain->n_cached);
		if (rc < 0)
			return rc;
	}
	struct reader r = reader_over(chain->cache, chain->n_cached);
	reader_seek(&r, (size_t)(at - chain->cached_at));
	*ret_value = reader_le32(&r);
	return r.failed ? -EIO : 0;
}

/* To the next cluster; 0 at the end. -ELOOP for a chain longer than the volume. */
static int chain_next(struct chain *chain)
{
	const struct fat_volume *v = chain->volume;
	const uint32_t cluster = chain->cluster;
	uint32_t value = 0;
	if (++chain->n_passed > v->n_clusters)
		return -ELOOP;
	int rc = table_bytes(chain, (uint64_t)cluster * v->bits / 8, &value);
	if (rc < 0)
		return rc;
	if (v->bits == 12)
		value = (cluster % 2 == 0 ? value : value >> 4) & 0xfff;
	else if (v->bits == 16)
		value &= 0xffff;
	else
		value &= 0x0fffffff;
	const uint32_t end = v->bits == 12 ? 0xff8 : v->bits == 16 ? 0xfff8 : 0x0ffffff8;
	chain->cluster = value >= end ? 0 : value;
	return value >= end || is_cluster(v, value) ? 0 : -EINVAL;
}

/* The first n bytes of a chain (fewer if it ends before) as a view. */
static int chain_view(const struct fat_volume *volume, uint32_t cluster, uint64_t n,
	struct view **ret_view, struct error *err)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	CLEANUP(memory_freep) struct chain *chain = calloc(1, sizeof(*chain));
	if (chain == NULL || view_new(&view) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	*chain = (struct chain){.volume = volume, .cluster = cluster};
	if (cluster != 0 && !is_cluster(volume, cluster))
		return broken(err, "a file begins outside");
	while (n > 0 && chain->cluster != 0) {
		const uint64_t at =
			volume->offset + volume->data +
			(uint64_t)(chain->cluster - FIRST_CLUSTER) * volume->cluster_bytes;
		const uint64_t step = n < volume->cluster_bytes ? n : volume->cluster_bytes;
		int rc = view_add_view(view, volume->disk, at, step);
		if (rc < 0)
			return error_set(err, rc, "FAT: %s", strerror(-rc));
		n -= step;
		rc = n > 0 ? chain_next(chain) : 0;
		if (rc < 0)
			return broken(err, "the chain of a file leads nowhere");
	}
	*ret_view = TAKE(view);
	return 0;
}

/* ---- folders ---- */

struct entry {
	bool is_folder;
	uint32_t cluster, size;
};

/* The name that comes together over several entries, its last piece first. */
struct long_name {
	char text[NAME_BYTES]; /* of units that are not ASCII: '?' , which no name has */
	unsigned next;         /* the piece that has to come; 0: whole, or none */
	bool is_begun;
	uint8_t checksum;
};

static uint8_t short_checksum(const uint8_t *name)
{
	uint8_t sum = 0;
	for (int i = 0; i < 11; i++)
		sum = (uint8_t)((uint8_t)(sum << 7 | sum >> 1) + name[i]);
	return sum;
}

static void take_piece(struct long_name *name, const uint8_t *bytes)
{
	static const uint8_t places[LONG_UNITS] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	const unsigned number = bytes[0] & 0x3f;
	if ((bytes[0] & 0x40) != 0)
		*name = (struct long_name){.next = number, .is_begun = true, .checksum = bytes[13]};
	if (!name->is_begun || number == 0 || number != name->next ||
		number * LONG_UNITS >= NAME_BYTES || bytes[13] != name->checksum) {
		name->is_begun = false;
		return;
	}
	name->next = number - 1;
	for (unsigned i = 0; i < LONG_UNITS; i++) {
		const unsigned unit = bytes[places[i]] | (unsigned)bytes[places[i] + 1] << 8;
		name->text[(number - 1) * LONG_UNITS + i] = unit < 0x80 ? (char)unit : '?';
	}
}

static bool equals(const char *name, const char *wanted, size_t n)
{
	size_t i = 0;
	while (i < n && name[i] != 0 && text_lower(name[i]) == text_lower(wanted[i]))
		i++;
	return i == n && name[i] == 0;
}

static bool is_named(
	const uint8_t *bytes, const struct long_name *name, const char *wanted, size_t n)
{
	char text[13];
	size_t at = 0;
	if (name->is_begun && name->next == 0 && name->checksum == short_checksum(bytes) &&
		equals(name->text, wanted, n))
		return true;
	for (size_t i = 0; i < 8 && bytes[i] != ' '; i++)
		text[at++] = (char)bytes[i];
	if (bytes[8] != ' ')
		text[at++] = '.';
	for (size_t i = 8; i < 11 && bytes[i] != ' '; i++)
		text[at++] = (char)bytes[i];
	text[at] = 0;
	return equals(text, wanted, n);
}

static void take_entry(const struct fat_volume *volume, const uint8_t *bytes, struct entry *entry)
{
	struct reader r = reader_over(bytes, ENTRY_BYTES);
	reader_seek(&r, 20);
	const uint32_t high = reader_le16(&r);
	reader_seek(&r, 26);
	entry->cluster = reader_le16(&r);
	entry->size = reader_le32(&r);
	entry->is_folder = (bytes[11] & ATTRIBUTE_FOLDER) != 0;
	if (volume->bits == 32)
		entry->cluster |= high << 16;
}

/* 1 if it is in these bytes, 0 if not, -ENOENT if the folder ends in them. */
static int search(const struct fat_volume *volume, const uint8_t *bytes, size_t n_bytes,
	struct long_name *name, const char *wanted, size_t n, struct entry *ret_entry)
{
	for (size_t at = 0; at + ENTRY_BYTES <= n_bytes; at += ENTRY_BYTES) {
		const uint8_t *raw = bytes + at;
		if (raw[0] == 0)
			return -ENOENT;
		if (raw[0] != 0xe5 && raw[11] == ATTRIBUTE_LONG) {
			take_piece(name, raw);
			continue;
		}
		if (raw[0] != 0xe5 && (raw[11] & ATTRIBUTE_LABEL) == 0 &&
			is_named(raw, name, wanted, n)) {
			take_entry(volume, raw, ret_entry);
			return 1;
		}
		name->is_begun = false;
	}
	return 0;
}

static int find_in(const struct fat_volume *volume, struct view *folder, const char *wanted,
	size_t n, struct entry *ret_entry)
{
	uint8_t bytes[128 * ENTRY_BYTES];
	struct long_name name = {.is_begun = false};
	for (uint64_t at = 0; at < view_size(folder);) {
		uint64_t left = view_size(folder) - at;
		size_t step = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);
		int rc = view_read(folder, at, bytes, step);
		if (rc == 0)
			rc = search(volume, bytes, step, &name, wanted, n, ret_entry);
		if (rc != 0)
			return rc < 0 ? rc : 0;
		at += step;
	}
	return -ENOENT;
}

static int open_root(const struct fat_volume *volume, struct view **ret_view, struct error *err)
{
	if (volume->bits == 32)
		return chain_view(volume, volume->root_cluster, FOLDER_BYTES_MAX, ret_view, err);
	CLEANUP(view_unrefp) struct view *view = NULL;
	if (view_new(&view) < 0 || view_add_view(view, volume->disk, volume->offset + volume->root,
					   volume->root_bytes) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	*ret_view = TAKE(view);
	return 0;
}

int fat_find(const struct fat_volume *volume, const char *path, struct view **ret_file,
	struct error *err)
{
	CLEANUP(view_unrefp) struct view *folder = NULL;
	struct entry entry = {.is_folder = true};
	int rc = open_root(volume, &folder, err);
	if (rc < 0)
		return rc;
	for (const char *name = path;;) {
		const char *slash = strchrnul(name, '/');
		rc = find_in(volume, folder, name, (size_t)(slash - name), &entry);
		if (rc == -ENOENT || (rc == 0 && entry.is_folder != (*slash == '/')))
			return error_set(err, -ENOENT, "/%s: %s", path, strerror(ENOENT));
		if (rc < 0)
			return error_set(err, rc, "/%s: %s", path, strerror(-rc));
		if (*slash == 0)
			break;
		name = slash + 1;
		folder = view_unref(folder);
		rc = chain_view(volume, entry.cluster, FOLDER_BYTES_MAX, &folder, err);
		if (rc < 0)
			return rc;
	}
	CLEANUP(view_unrefp) struct view *file = NULL;
	rc = chain_view(volume, entry.cluster, entry.size, &file, err);
	if (rc < 0)
		return error_prefix(err, rc, "/%s", path);
	if (view_size(file) != entry.size)
		return broken(err, "a file ends before its end");
	*ret_file = TAKE(file);
	return 0;
}
