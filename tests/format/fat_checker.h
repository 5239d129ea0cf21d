/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A FAT volume looked at from outside, by fatgen103 alone and with nothing of format/fat.c: both
 * tables alike, every cluster in exactly one chain, chains as long as sizes say, each long name
 * bound to its short one, short names unique in their folder. What is on it comes out as a list.
 */
#pragma once

#include "base/buffer.h"
#include "base/text.h"
#include "base/view.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct checked_file {
	char *path; /* '/' between names, UTF-8 */
	bool is_folder, has_long;
	char short_name[12];
	uint32_t size, first;
	uint16_t date, time;
};

struct checked_volume {
	unsigned bits;
	uint32_t cluster_bytes, n_clusters, n_used, hidden, serial;
	uint64_t bytes, data; /* all; of cluster 2 */
	char label[12];
	struct checked_file *files;
	size_t n, n_max;
};

#define FAT_MUST(condition)                                                                        \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);      \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

struct checker {
	struct view *view;
	struct checked_volume *volume;
	uint32_t *next; /* of each cluster, from 0 */
	uint8_t *seen;
};

static inline uint32_t checker_le(const uint8_t *p, size_t n)
{
	uint32_t value = 0;
	for (size_t i = n; i > 0; i--)
		value = value << 8 | p[i - 1];
	return value;
}

static inline void checker_read(const struct checker *c, uint64_t at, void *bytes, size_t n)
{
	FAT_MUST(view_read(c->view, at, bytes, n) == 0);
}

static inline void checker_tables(
	struct checker *c, uint64_t first, uint64_t fat_bytes, uint8_t media)
{
	const struct checked_volume *v = c->volume;
	const size_t n = ((size_t)v->n_clusters + 2) * v->bits / 8 + 1;
	FAT_MUST(n <= fat_bytes + 1);
	uint8_t *one = calloc(1, (size_t)fat_bytes + 4), *two = malloc((size_t)fat_bytes);
	FAT_MUST(one != NULL && two != NULL);
	checker_read(c, first, one, (size_t)fat_bytes);
	checker_read(c, first + fat_bytes, two, (size_t)fat_bytes);
	FAT_MUST(memcmp(one, two, (size_t)fat_bytes) == 0);
	c->next = calloc((size_t)v->n_clusters + 2, sizeof(*c->next));
	c->seen = calloc((size_t)v->n_clusters + 2, 1);
	FAT_MUST(c->next != NULL && c->seen != NULL);
	const uint32_t end = v->bits == 12 ? 0xfff : v->bits == 16 ? 0xffff : 0x0fffffff;
	for (uint32_t i = 0; i < v->n_clusters + 2; i++) {
		uint32_t link = v->bits == 12
					? checker_le(one + i * 3 / 2, 2) >> (i % 2 * 4)
					: checker_le(one + (size_t)i * v->bits / 8, v->bits / 8);
		link &= end;
		if (i == 0)
			FAT_MUST(link == ((end & 0xffffff00) | media));
		else if (i == 1)
			FAT_MUST(link == end);
		else
			FAT_MUST(link == 0 || link == end ||
				 (link >= 2 && link < v->n_clusters + 2));
		c->next[i] = link == end ? UINT32_MAX : link;
	}
	free(one);
	free(two);
}

/* Marks the chain and says how long it is. */
static inline uint32_t checker_chain(struct checker *c, uint32_t first)
{
	uint32_t n = 0;
	for (uint32_t at = first; at != UINT32_MAX; at = c->next[at], n++) {
		FAT_MUST(at >= 2 && at < c->volume->n_clusters + 2);
		FAT_MUST(!c->seen[at]);    /* no loop, no cross link */
		FAT_MUST(at == first + n); /* in one piece */
		FAT_MUST(c->next[at] != 0);
		c->seen[at] = 1;
	}
	c->volume->n_used += n;
	return n;
}

struct long_name {
	uint8_t units[2 * 260];
	unsigned left; /* pieces that have to come before the short name */
	unsigned n_bytes;
	uint8_t sum;
};

static inline void checker_long(struct long_name *name, const uint8_t *entry)
{
	static const uint8_t places[13] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	const unsigned order = entry[0] & 0x3f;
	const bool is_last = entry[0] & 0x40;
	FAT_MUST(order >= 1 && order <= 20 && entry[12] == 0 && checker_le(entry + 26, 2) == 0);
	if (is_last) {
		*name = (struct long_name){.left = order, .sum = entry[13]};
		name->n_bytes = order * 26;
	}
	FAT_MUST(order == name->left && entry[13] == name->sum);
	bool ended = false;
	for (unsigned i = 0; i < 13; i++) {
		const uint32_t unit = checker_le(entry + places[i], 2);
		const unsigned at = ((order - 1) * 13 + i) * 2;
		FAT_MUST(is_last || unit != 0);
		if (ended)
			FAT_MUST(unit == 0xffff);
		else if (unit == 0)
			name->n_bytes = at;
		ended |= unit == 0;
		name->units[at] = (uint8_t)unit;
		name->units[at + 1] = (uint8_t)(unit >> 8);
	}
	name->left--;
}

static inline uint8_t checker_sum(const uint8_t *name)
{
	uint8_t sum = 0;
	for (int i = 0; i < 11; i++)
		sum = (uint8_t)(((sum & 1) << 7) + (sum >> 1) + name[i]);
	return sum;
}

static inline void checker_short_text(const uint8_t *raw, char out[static 13])
{
	size_t n = 0;
	for (size_t i = 0; i < 8 && raw[i] != ' '; i++)
		out[n++] = (char)raw[i];
	if (raw[8] != ' ')
		out[n++] = '.';
	for (size_t i = 8; i < 11 && raw[i] != ' '; i++)
		out[n++] = (char)raw[i];
	out[n] = 0;
}

static inline void checker_entry(struct checker *c, const char *folder, const uint8_t *entry,
	const struct long_name *name, size_t first_of_folder)
{
	struct checked_volume *v = c->volume;
	struct buffer path = buffer_with_max(1U << 20);
	char plain[13];
	if (v->n == v->n_max) {
		v->n_max = v->n_max == 0 ? 64 : 2 * v->n_max;
		v->files = reallocarray(v->files, v->n_max, sizeof(*v->files));
		FAT_MUST(v->files != NULL);
	}
	struct checked_file *file = &v->files[v->n++];
	*file = (struct checked_file){.is_folder = entry[11] & 0x10,
		.has_long = name->n_bytes > 0,
		.first = checker_le(entry + 26, 2) | checker_le(entry + 20, 2) << 16,
		.size = checker_le(entry + 28, 4),
		.time = (uint16_t)checker_le(entry + 22, 2),
		.date = (uint16_t)checker_le(entry + 24, 2)};
	memcpy(file->short_name, entry, 11);
	for (int i = 0; i < 11; i++)
		FAT_MUST(entry[i] >= 0x20 && entry[i] < 0x80 &&
			 strchr("\"*+,./:;<=>?[\\]|", entry[i]) == NULL &&
			 !(entry[i] >= 'a' && entry[i] <= 'z'));
	FAT_MUST(entry[0] != ' ');
	for (size_t i = first_of_folder; i < v->n - 1; i++)
		FAT_MUST(memcmp(v->files[i].short_name, entry, 11) != 0);
	FAT_MUST(folder[0] == 0 || buffer_printf(&path, "%s/", folder) == 0);
	checker_short_text(entry, plain);
	if (file->has_long) {
		FAT_MUST(name->left == 0 && name->sum == checker_sum(entry));
		FAT_MUST(text_utf16le_to_utf8(name->units, name->n_bytes, &path) == 0);
	} else {
		FAT_MUST(buffer_add_text(&path, plain) == 0);
	}
	file->path = (char *)path.bytes;
	FAT_MUST(entry[11] == (file->is_folder ? 0x10 : 0x20));
	if (file->is_folder) {
		FAT_MUST(file->size == 0 && file->first >= 2);
		return;
	}
	const uint32_t n =
		(uint32_t)(((uint64_t)file->size + v->cluster_bytes - 1) / v->cluster_bytes);
	FAT_MUST(n > 0 ? checker_chain(c, file->first) == n : file->first == 0);
}

static inline void checker_folder(
	struct checker *c, const char *path, const uint8_t *bytes, size_t n, bool is_root)
{
	struct long_name name = {.left = 0};
	const size_t first = c->volume->n;
	for (size_t at = 0; at < n; at += 32) {
		const uint8_t *entry = bytes + at;
		if (entry[0] == 0) {
			for (size_t i = at; i < n; i++)
				FAT_MUST(bytes[i] == 0);
			break;
		}
		if (!is_root && at < 64) {
			FAT_MUST(memcmp(entry, at == 0 ? ".          " : "..         ", 11) == 0);
			FAT_MUST(entry[11] == 0x10);
			continue;
		}
		if (entry[11] == 0x08) {
			FAT_MUST(is_root && at == 0 && memcmp(entry, c->volume->label, 11) == 0);
			continue;
		}
		if (entry[11] == 0x0f) {
			checker_long(&name, entry);
			continue;
		}
		checker_entry(c, path, entry, &name, first);
		name = (struct long_name){.left = 0};
	}
	FAT_MUST(name.n_bytes == 0);
}

static inline void checker_folder_chain(
	struct checker *c, const char *path, uint32_t first, bool is_root, uint32_t above)
{
	const size_t n = (size_t)checker_chain(c, first) * c->volume->cluster_bytes;
	uint8_t *bytes = malloc(n);
	FAT_MUST(bytes != NULL);
	checker_read(
		c, c->volume->data + (uint64_t)(first - 2) * c->volume->cluster_bytes, bytes, n);
	if (!is_root) {
		FAT_MUST((checker_le(bytes + 26, 2) | checker_le(bytes + 20, 2) << 16) == first);
		FAT_MUST((checker_le(bytes + 58, 2) | checker_le(bytes + 52, 2) << 16) == above);
	}
	checker_folder(c, path, bytes, n, is_root);
	free(bytes);
}

/* The cluster that ".." of a folder has to name. */
static inline uint32_t checker_above(const struct checked_volume *v, const char *path)
{
	const char *slash = strrchr(path, '/');
	for (size_t i = 0; slash != NULL && i < v->n; i++)
		if (strlen(v->files[i].path) == (size_t)(slash - path) &&
			memcmp(v->files[i].path, path, (size_t)(slash - path)) == 0)
			return v->files[i].first;
	return 0;
}

static inline void fat_check(struct view *view, struct checked_volume *v)
{
	uint8_t boot[512], info[512], copy[512];
	struct checker c = {.view = view, .volume = v};
	*v = (struct checked_volume){.bytes = view_size(view)};
	checker_read(&c, 0, boot, 512);
	FAT_MUST(boot[0] == 0xeb && boot[2] == 0x90 && boot[510] == 0x55 && boot[511] == 0xaa);
	FAT_MUST(checker_le(boot + 11, 2) == 512 && boot[16] == 2);
	const uint32_t per_cluster = boot[13], reserved = checker_le(boot + 14, 2);
	const uint32_t root_entries = checker_le(boot + 17, 2);
	FAT_MUST(per_cluster != 0 && (per_cluster & (per_cluster - 1)) == 0 && per_cluster <= 64);
	uint32_t sectors = checker_le(boot + 19, 2), fat = checker_le(boot + 22, 2);
	FAT_MUST((sectors == 0) != (checker_le(boot + 32, 4) == 0));
	sectors = sectors != 0 ? sectors : checker_le(boot + 32, 4);
	FAT_MUST((uint64_t)sectors * 512 == v->bytes);
	const bool is_32 = fat == 0;
	fat = is_32 ? checker_le(boot + 36, 4) : fat;
	const uint8_t *more = boot + (is_32 ? 64 : 36);
	FAT_MUST(more[2] == 0x29);
	v->serial = checker_le(more + 3, 4);
	v->hidden = checker_le(boot + 28, 4);
	memcpy(v->label, more + 7, 11);
	const uint32_t root_sectors = (root_entries * 32 + 511) / 512;
	const uint32_t first_data = reserved + 2 * fat + root_sectors;
	v->cluster_bytes = per_cluster * 512;
	v->n_clusters = (sectors - first_data) / per_cluster;
	v->data = (uint64_t)first_data * 512;
	v->bits = v->n_clusters < 4085 ? 12 : v->n_clusters < 65525 ? 16 : 32;
	FAT_MUST((v->bits == 32) == is_32 && is_32 == (root_entries == 0));
	FAT_MUST(memcmp(more + 18,
			 v->bits == 12   ? "FAT12"
			 : v->bits == 16 ? "FAT16"
					 : "FAT32",
			 5) == 0);
	checker_tables(&c, (uint64_t)reserved * 512, (uint64_t)fat * 512, boot[21]);
	if (is_32) {
		checker_folder_chain(&c, "", checker_le(boot + 44, 4), true, 0);
	} else {
		uint8_t *root = malloc((size_t)root_entries * 32);
		FAT_MUST(root != NULL && reserved == 1);
		checker_read(&c, v->data - (uint64_t)root_sectors * 512, root,
			(size_t)root_entries * 32);
		checker_folder(&c, "", root, (size_t)root_entries * 32, true);
		free(root);
	}
	for (size_t i = 0; i < v->n; i++)
		if (v->files[i].is_folder)
			checker_folder_chain(&c, v->files[i].path, v->files[i].first, false,
				checker_above(v, v->files[i].path));
	for (uint32_t i = 2; i < v->n_clusters + 2; i++)
		FAT_MUST((c.next[i] != 0) == c.seen[i]); /* none is lost */
	if (is_32) {
		checker_read(&c, 512, info, 512);
		FAT_MUST(checker_le(info, 4) == 0x41615252 &&
			 checker_le(info + 484, 4) == 0x61417272);
		FAT_MUST(checker_le(info + 508, 4) == 0xaa550000);
		FAT_MUST(checker_le(info + 488, 4) == v->n_clusters - v->n_used);
		FAT_MUST(checker_le(boot + 48, 2) == 1 && checker_le(boot + 50, 2) == 6);
		checker_read(&c, 6 * 512, copy, 512);
		FAT_MUST(memcmp(copy, boot, 512) == 0);
		checker_read(&c, 7 * 512, copy, 512);
		FAT_MUST(memcmp(copy, info, 512) == 0);
	}
	free(c.next);
	free(c.seen);
}

static inline const struct checked_file *checked_find(
	const struct checked_volume *v, const char *path)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->files[i].path, path) == 0)
			return &v->files[i];
	return NULL;
}

static inline void checked_clear(struct checked_volume *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->files[i].path);
	free(v->files);
	*v = (struct checked_volume){.n = 0};
}
