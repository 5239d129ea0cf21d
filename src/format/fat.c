/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A volume out of its tree and layout: boot sector, tables, folders, and behind them the files, one
 * after the other, each in one piece. */
#include "base/text.h"
#include "format/boot_stub.h"
#include "format/fat_room.h"

#include <errno.h>
#include <string.h>

#define MEDIA_FIXED       0xf8
#define SECTORS_PER_TRACK 63 /* what a BIOS makes of any large disk */
#define HEADS             255
#define BOOT_BACKUP       6 /* sector of the second boot sector of FAT32 */
#define ATTRIBUTE_LABEL   0x08
#define ATTRIBUTE_FOLDER  0x10
#define ATTRIBUTE_ARCHIVE 0x20
#define LABEL_BYTES       11
#define SECONDS_OF_1980   315532800ULL
#define DAYS_OF_1980      3652U

struct volume {
	const struct fat_request *request;
	struct fat_tree tree;
	struct fat_layout layout;
	uint32_t cluster_bytes;
	uint32_t n_used;    /* clusters, from FAT_FIRST_CLUSTER on */
	uint32_t n_folders; /* clusters of folders: the first ones */
	uint16_t date, time;
	uint8_t label[LABEL_BYTES];
	struct view *view;
};

static void volume_clear(struct volume *volume)
{
	fat_tree_clear(&volume->tree);
	volume->view = view_unref(volume->view);
}

static int fail(struct error *err, int rc)
{
	if (rc == -E2BIG)
		return error_set(err, rc, "too many files for one volume");
	return error_set(err, rc, "cannot lay out the volume: %s", strerror(-rc));
}

/* ---- where everything goes ---- */

static void place(struct volume *volume, struct fat_node *node)
{
	node->n_clusters = fat_node_clusters(node, volume->cluster_bytes);
	node->first_cluster = node->n_clusters == 0 ? 0 : FAT_FIRST_CLUSTER + volume->n_used;
	volume->n_used += node->n_clusters;
}

/* The root first, as everybody has it; the folders together, so that they are one piece of memory.
 */
static void place_all(struct volume *volume)
{
	struct fat_tree *tree = &volume->tree;
	for (size_t i = volume->layout.bits == 32 ? 0 : 1; i < tree->n; i++) {
		if (tree->nodes[i].view == NULL)
			place(volume, &tree->nodes[i]);
	}
	volume->n_folders = volume->n_used;
	for (size_t i = 1; i < tree->n; i++) {
		if (tree->nodes[i].view != NULL)
			place(volume, &tree->nodes[i]);
	}
}

/* fatgen103, "Date and Time Formats": local time, in steps of two seconds, from 1980 to 2107. Ours
 * is UTC, so that the same volume comes out everywhere. */
static void set_moment(struct volume *volume)
{
	uint64_t seconds = volume->request->time;
	if (seconds < SECONDS_OF_1980)
		seconds = SECONDS_OF_1980;
	uint32_t days = (uint32_t)(seconds / 86400) - DAYS_OF_1980;
	const uint32_t second = (uint32_t)(seconds % 86400);
	uint32_t year = 0, month = 0;
	static const uint8_t lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	/* 2100 is the one year here that 4 divides and that has no 29th of February. */
	for (uint32_t n; year < 127; year++, days -= n) {
		n = year % 4 == 0 && year != 120 ? 366 : 365;
		if (days < n)
			break;
	}
	for (uint32_t n; month < 11; month++, days -= n) {
		n = lengths[month] + (month == 1 && year % 4 == 0 && year != 120 ? 1U : 0U);
		if (days < n)
			break;
	}
	if (days > 30)
		days = 30;
	volume->date = (uint16_t)(year << 9 | (month + 1) << 5 | (days + 1));
	volume->time = (uint16_t)(second / 3600 << 11 | second / 60 % 60 << 5 | second % 60 / 2);
}

static int set_label(struct volume *volume, struct error *err)
{
	const char *label = volume->request->label;
	memset(volume->label, ' ', LABEL_BYTES);
	if (label == NULL || label[0] == 0)
		label = "NO NAME";
	if (strlen(label) > LABEL_BYTES)
		return error_set(
			err, -EINVAL, "%s: a label has at most %d characters", label, LABEL_BYTES);
	for (size_t i = 0; label[i] != 0; i++) {
		const char c = text_upper(label[i]);
		if (c < ' ' || c > '~' || strchr("\"*+,./:;<=>?[\\]|", c) != NULL)
			return error_set(err, -EINVAL,
				"%s: a label has letters, digits, '_' and '-' only", label);
		volume->label[i] = (uint8_t)c;
	}
	return 0;
}

/* ---- boot sector, FSInfo ---- */

static void write_boot_sector(const struct volume *volume, uint8_t sector[FAT_SECTOR_BYTES])
{
	const struct fat_layout *layout = &volume->layout;
	const struct fat_request *request = volume->request;
	const bool is_32 = layout->bits == 32;
	const bool is_small = !is_32 && layout->sectors < 65536;
	struct writer w = writer_over(sector, FAT_SECTOR_BYTES);
	const uint8_t code_at = is_32 ? 90 : 62;

	memset(sector, 0, FAT_SECTOR_BYTES);
	writer_u8(&w, 0xeb);
	writer_u8(&w, code_at - 2);
	writer_u8(&w, 0x90);
	writer_text(&w, "MSWIN4.1"); /* fatgen103: other names make some drivers doubt */
	writer_le16(&w, FAT_SECTOR_BYTES);
	writer_u8(&w, (uint8_t)layout->cluster_sectors);
	writer_le16(&w, (uint16_t)layout->reserved);
	writer_u8(&w, 2);
	writer_le16(&w, (uint16_t)layout->root_entries);
	writer_le16(&w, is_small ? (uint16_t)layout->sectors : 0);
	writer_u8(&w, MEDIA_FIXED);
	writer_le16(&w, is_32 ? 0 : (uint16_t)layout->fat_sectors);
	writer_le16(&w, SECTORS_PER_TRACK);
	writer_le16(&w, HEADS);
	writer_le32(&w, (uint32_t)request->hidden_sectors);
	writer_le32(&w, is_small ? 0 : layout->sectors);
	if (is_32) {
		writer_le32(&w, layout->fat_sectors);
		writer_le16(&w, 0); /* both tables are kept alike */
		writer_le16(&w, 0); /* version 0.0 */
		writer_le32(&w, volume->tree.nodes[0].first_cluster);
		writer_le16(&w, 1); /* FSInfo */
		writer_le16(&w, BOOT_BACKUP);
		writer_zeros(&w, 12);
	}
	writer_u8(&w, 0x80); /* drive */
	writer_u8(&w, 0);
	writer_u8(&w, 0x29); /* the next three are there */
	writer_le32(&w, request->serial);
	writer_bytes(&w, volume->label, LABEL_BYTES);
	writer_text(&w, is_32 ? "FAT32   " : layout->bits == 16 ? "FAT16   " : "FAT12   ");
	boot_stub_write(sector, code_at);
}

static void write_fsinfo(const struct volume *volume, uint8_t sector[FAT_SECTOR_BYTES])
{
	struct writer w = writer_over(sector, FAT_SECTOR_BYTES);
	writer_le32(&w, 0x41615252);
	writer_zeros(&w, 480);
	writer_le32(&w, 0x61417272);
	writer_le32(&w, volume->layout.n_clusters - volume->n_used);
	writer_le32(&w, FAT_FIRST_CLUSTER + volume->n_used); /* where to look for a free one */
	writer_zeros(&w, 12);
	writer_le32(&w, 0xaa550000);
}

static int add_reserved(struct volume *volume)
{
	const size_t bytes = volume->layout.reserved * FAT_SECTOR_BYTES;
	CLEANUP(memory_freep) uint8_t *area = calloc(1, bytes);
	if (area == NULL)
		return -ENOMEM;
	write_boot_sector(volume, area);
	if (volume->layout.bits == 32) {
		write_fsinfo(volume, area + FAT_SECTOR_BYTES);
		/* The boot program has three sectors, the last one with nothing in it. */
		area[3 * FAT_SECTOR_BYTES - 2] = 0x55;
		area[3 * FAT_SECTOR_BYTES - 1] = 0xaa;
		memcpy(area + BOOT_BACKUP * FAT_SECTOR_BYTES, area, 3 * FAT_SECTOR_BYTES);
	}
	return view_add_copy(volume->view, area, bytes);
}

/* ---- the tables ---- */

static void put_link(uint8_t *table, unsigned bits, uint32_t cluster, uint32_t value)
{
	if (bits == 12) {
		const size_t at = cluster + cluster / 2;
		value &= 0xfff;
		if (cluster % 2 == 0) {
			table[at] = (uint8_t)value;
			table[at + 1] = (uint8_t)((table[at + 1] & 0xf0) | value >> 8);
		} else {
			table[at] = (uint8_t)((table[at] & 0x0f) | value << 4);
			table[at + 1] = (uint8_t)(value >> 4);
		}
		return;
	}
	const size_t bytes = bits / 8;
	for (size_t i = 0; i < bytes; i++)
		table[cluster * bytes + i] = (uint8_t)(value >> 8 * i);
}

static void link_node(const struct volume *volume, const struct fat_node *node, uint8_t *table)
{
	const uint32_t end = node->first_cluster + node->n_clusters;
	for (uint32_t cluster = node->first_cluster; cluster < end; cluster++)
		put_link(table, volume->layout.bits, cluster,
			cluster + 1 < end ? cluster + 1 : 0x0fffffff);
}

/* One table in memory as far as it is used, seen twice. */
static int add_tables(struct volume *volume)
{
	CLEANUP(view_unrefp) struct view *table = NULL;
	const unsigned bits = volume->layout.bits;
	const uint64_t all = (uint64_t)volume->layout.fat_sectors * FAT_SECTOR_BYTES;
	const size_t used = (size_t)(FAT_FIRST_CLUSTER + volume->n_used) * bits / 8 + 2;
	const size_t bytes = used < all ? used : (size_t)all;
	CLEANUP(memory_freep) uint8_t *links = calloc(1, used);
	if (links == NULL)
		return -ENOMEM;
	put_link(links, bits, 0, 0x0fffff00 | MEDIA_FIXED);
	put_link(links, bits, 1, 0x0fffffff); /* unmounted cleanly, no errors met */
	for (size_t i = 0; i < volume->tree.n; i++)
		link_node(volume, &volume->tree.nodes[i], links);
	int rc = view_new(&table);
	if (rc == 0)
		rc = view_add_copy(table, links, bytes);
	if (rc == 0)
		rc = view_add_zeros(table, all - bytes);
	for (int i = 0; rc == 0 && i < 2; i++)
		rc = view_add_view(volume->view, table, 0, all);
	return rc;
}

/* ---- folders ---- */

static void write_entry(const struct volume *volume, struct writer *w, const uint8_t *name,
	uint8_t attributes, uint32_t cluster, uint32_t size)
{
	writer_bytes(w, name, FAT_SHORT_BYTES);
	writer_u8(w, attributes);
	writer_zeros(w, 2);
	writer_le16(w, volume->time);
	writer_le16(w, volume->date);
	writer_le16(w, volume->date); /* read last */
	writer_le16(w, (uint16_t)(cluster >> 16));
	writer_le16(w, volume->time);
	writer_le16(w, volume->date);
	writer_le16(w, (uint16_t)cluster);
	writer_le32(w, size);
}

/* fatgen103: of a folder in the root, ".." has no cluster, even where the root has one. */
static void write_dots(const struct volume *volume, struct writer *w, const struct fat_node *node)
{
	const uint32_t above =
		node->parent == 0 ? 0 : volume->tree.nodes[node->parent].first_cluster;
	write_entry(volume, w, (const uint8_t *)".          ", ATTRIBUTE_FOLDER,
		node->first_cluster, 0);
	write_entry(volume, w, (const uint8_t *)"..         ", ATTRIBUTE_FOLDER, above, 0);
}

static void write_folder(const struct volume *volume, uint32_t number, uint8_t *bytes, size_t room)
{
	const struct fat_tree *tree = &volume->tree;
	const struct fat_node *folder = &tree->nodes[number];
	struct writer w = writer_over(bytes, room);
	if (number == 0)
		write_entry(volume, &w, volume->label, ATTRIBUTE_LABEL, 0, 0);
	else
		write_dots(volume, &w, folder);
	for (uint32_t i = folder->first_child; i != 0; i = tree->nodes[i].next) {
		const struct fat_node *node = &tree->nodes[i];
		const bool is_file = node->view != NULL;
		if (node->has_long)
			fat_long_write(&w, tree->names.bytes + node->name_at, node->name_bytes,
				fat_short_checksum(node->short_name));
		write_entry(volume, &w, node->short_name,
			is_file ? ATTRIBUTE_ARCHIVE : ATTRIBUTE_FOLDER, node->first_cluster,
			is_file ? (uint32_t)view_size(node->view) : 0);
	}
}

static int add_fixed_root(struct volume *volume)
{
	const size_t bytes = volume->layout.root_entries * FAT_ENTRY_BYTES;
	CLEANUP(memory_freep) uint8_t *root = calloc(1, bytes);
	if (root == NULL)
		return -ENOMEM;
	write_folder(volume, 0, root, bytes);
	return view_add_copy(volume->view, root, bytes);
}

static int add_folders(struct volume *volume)
{
	const struct fat_tree *tree = &volume->tree;
	const size_t bytes = (size_t)volume->n_folders * volume->cluster_bytes;
	CLEANUP(memory_freep) uint8_t *area = calloc(1, bytes > 0 ? bytes : 1);
	if (area == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < tree->n; i++) {
		const struct fat_node *node = &tree->nodes[i];
		if (node->view != NULL || node->n_clusters == 0)
			continue;
		write_folder(volume, i,
			area + (size_t)(node->first_cluster - FAT_FIRST_CLUSTER) *
					volume->cluster_bytes,
			(size_t)node->n_clusters * volume->cluster_bytes);
	}
	return view_add_copy(volume->view, area, bytes);
}

/* ---- files ---- */

static int add_files(struct volume *volume)
{
	int rc = 0;
	for (size_t i = 1; rc == 0 && i < volume->tree.n; i++) {
		const struct fat_node *node = &volume->tree.nodes[i];
		if (node->n_clusters == 0 || node->view == NULL)
			continue;
		const uint64_t size = view_size(node->view);
		rc = view_add_view(volume->view, node->view, 0, size);
		if (rc == 0)
			rc = view_add_zeros(volume->view,
				(uint64_t)node->n_clusters * volume->cluster_bytes - size);
	}
	return rc;
}

static int add_all(struct volume *volume)
{
	const uint64_t all = (uint64_t)volume->layout.sectors * FAT_SECTOR_BYTES;
	int rc = view_new(&volume->view);
	if (rc == 0)
		rc = add_reserved(volume);
	if (rc == 0)
		rc = add_tables(volume);
	if (rc == 0 && volume->layout.root_entries > 0)
		rc = add_fixed_root(volume);
	if (rc == 0)
		rc = add_folders(volume);
	if (rc == 0)
		rc = add_files(volume);
	if (rc == 0)
		rc = view_add_zeros(volume->view, all - view_size(volume->view));
	return rc;
}

int fat_build(const struct fat_request *request, struct view **ret_view, struct error *err)
{
	CLEANUP(volume_clear) struct volume volume = {.request = request};
	if (request->hidden_sectors > UINT32_MAX)
		return error_set(err, -EINVAL, "a FAT volume begins in the first 2 TiB of a disk");
	int rc = set_label(&volume, err);
	if (rc == 0)
		rc = fat_tree_build(request, &volume.tree, err);
	if (rc == 0)
		rc = fat_layout_choose(request, &volume.tree, &volume.layout, err);
	if (rc < 0)
		return rc;
	volume.cluster_bytes = volume.layout.cluster_sectors * FAT_SECTOR_BYTES;
	set_moment(&volume);
	place_all(&volume);
	rc = add_all(&volume);
	if (rc < 0)
		return fail(err, rc);
	*ret_view = TAKE(volume.view);
	return 0;
}
