/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One entry of a folder, as it lies in the metadata of an image: 102 bytes, its name, its short
 * name, what else the writer added, and behind its own length the streams it has besides. "WIM"
 * 2007, "Directory Entry"; wimlib's dentry.c.
 */
#pragma once

#include "base/error.h"
#include "format/wim.h"
#include "format/wim_name.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All lies on multiples of 8. */
#define WIM_DENTRY_ALIGN      8
/* What ends a list: a length of 0. */
#define WIM_DENTRY_END_BYTES  8
/* All fields in front of the name. */
#define WIM_DENTRY_HEAD_BYTES 102

/*
 * Padding: an entry may be longer than its names need. What is behind the short name are items,
 * each a tag and the length of its data (4 bytes each), and the data up to a multiple of 8; a
 * reader passes over tags that it does not know. wimlib keeps Unix attributes there (0x337dd873:
 * include/wimlib/unix_data.h). This tag is Pewter's, its data are zeros that nobody needs.
 */
#define WIM_PADDING_TAG 0x50574750U

struct wim_dentry {
	size_t at;        /* in the metadata */
	size_t bytes;     /* its own */
	size_t all_bytes; /* with the streams behind it: where the next one begins */
	uint32_t attributes;
	uint64_t children;   /* where its list begins, or 0 */
	uint64_t hard_link;  /* its group, or 0 */
	const uint8_t *sha1; /* of its main stream; zeros if it has none, or has it behind */
	uint16_t n_streams;  /* behind it */
	const uint8_t *name; /* in the metadata */
	size_t n_units;
};

/* The entry at a place: 1, or 0 where a list ends, or -EINVAL. */
int wim_dentry_read(const uint8_t *metadata, size_t n, uint64_t at, struct wim_dentry *ret_dentry,
	struct error *err) MUST_CHECK;
bool wim_dentry_is_folder(const struct wim_dentry *dentry);
/* A folder whose entries lie elsewhere, or a link. */
bool wim_dentry_is_link(const struct wim_dentry *dentry);
/* out has room for WIM_NAME_UNITS. */
void wim_dentry_name(const struct wim_dentry *dentry, uint16_t *out);

/* The streams behind an entry, one after the other; *at begins with 0. Its SHA-1, or NULL after the
 * last. */
const uint8_t *wim_dentry_next_stream(
	const uint8_t *metadata, const struct wim_dentry *dentry, size_t *at, bool *ret_is_named);

bool wim_sha1_is_zero(const uint8_t sha1[static WIM_SHA1_BYTES]);

/* What is written of a new entry; it has no security descriptor, short name, streams. */
struct wim_dentry_draft {
	const uint16_t *name;
	size_t n_units;
	uint32_t attributes;
	uint64_t children;
	const uint8_t *sha1; /* NULL: none */
	uint64_t time;
	size_t padding; /* a multiple of 8 */
};

/* Without padding. */
size_t wim_dentry_size(size_t n_units);
/* bytes: room for wim_dentry_size() and the padding. */
void wim_dentry_write(const struct wim_dentry_draft *draft, uint8_t *bytes);
/* Over an entry that is there. */
void wim_dentry_set_children(uint8_t *bytes, uint64_t children);
/* The streams behind an entry become its padding: n_bytes with them. */
void wim_dentry_drop_streams(uint8_t *bytes, size_t n_bytes);
/* Other content, of a plain file: no link, not one of several names, without streams behind it
 * (which the caller drops). */
void wim_dentry_set_content(
	uint8_t *bytes, uint32_t attributes, const uint8_t *sha1, uint64_t time);
