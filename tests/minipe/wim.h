/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files out of a WIM that lies in memory: the boot image's metadata, its folders, and resources
 * stored plain, in XPRESS or in LZX chunks of 32768 bytes. The caller brings the memory.
 */
#pragma once

#include "bytes.h"

struct wim {
	struct bytes file;
	uint32_t flags;
	uint32_t boot_index; /* 1-based */
	struct bytes blobs;  /* the blob table: 50 bytes an entry */
	struct bytes metadata;
};

struct wim_entry {
	char name[256];
	bool is_folder;
	uint64_t children; /* offset of a folder's first entry */
	uint64_t next;     /* offset of the entry after this one in its folder */
	uint8_t sha1[20];
};

/* Memory for a decompressed resource; never freed: the machine is powered off in the end. */
typedef void *wim_allocate(size_t size);

/* NULL, or what is wrong. */
const char *wim_open(struct bytes file, wim_allocate *allocate, struct wim *ret_wim);
/* By path, either slash, case ignored. False if it is not there. */
bool wim_find(const struct wim *wim, const char *path, struct wim_entry *ret_entry);
/* The entry at `offset` of a folder (entry.children, then entry.next); false at its end. */
bool wim_entry_at(const struct wim *wim, uint64_t offset, struct wim_entry *ret_entry);
/* NULL, or what is wrong. */
const char *wim_read(const struct wim *wim, const struct wim_entry *entry, wim_allocate *allocate,
	struct bytes *ret_data);
