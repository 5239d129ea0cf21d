/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/wim_dentry.h"

#include "base/bytes.h"
#include "format/wim_tree.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum {
	AT_ATTRIBUTES = 8,
	AT_CHILDREN = 16,
	AT_ACCESSED = 48,
	AT_SHA1 = 64,
	AT_HARD_LINK = 88,
	AT_N_STREAMS = 96,
	AT_SHORT_NAME_BYTES = 98,
	AT_NAME_BYTES = 100,
	DENTRY_BYTES = 102,
	STREAM_BYTES = 38,
	STREAM_SHA1_AT = 16,
	STREAM_NAME_BYTES_AT = 36,
	ITEM_HEADER_BYTES = 8,
};

#define NO_SECURITY 0xffffffffU

static uint64_t align(uint64_t n)
{
	return (n + WIM_DENTRY_ALIGN - 1) & ~(uint64_t)(WIM_DENTRY_ALIGN - 1);
}

static int fault(struct error *err, uint64_t at, const char *what)
{
	return error_set(err, -EINVAL, "image metadata, byte %" PRIu64 ": %s", at, what);
}

/* ---- reading ---- */

/* A name takes its own bytes and a NUL, or nothing. */
static size_t name_room(size_t name_bytes)
{
	return name_bytes > 0 ? name_bytes + 2 : 0;
}

/* Of bytes that are known to be there. */
static inline uint64_t le(const uint8_t *bytes, size_t n)
{
	uint64_t value = 0;
	for (size_t i = n; i > 0; i--)
		value = value << 8 | bytes[i - 1];
	return value;
}

/* Length of an entry or stream, its own length field in front: 0 if it does not fit, or is less
 * than that. */
static size_t read_length(const uint8_t *metadata, size_t n, uint64_t at, size_t least)
{
	if (at > n || n - at < sizeof(uint64_t))
		return 0;
	uint64_t length = le(metadata + at, 8);
	/* Compared before it is rounded up, which could overflow. */
	if (length < least || length > n - at || align(length) > n - at)
		return 0;
	return (size_t)align(length);
}

static int read_streams(
	const uint8_t *metadata, size_t n, struct wim_dentry *dentry, struct error *err)
{
	for (uint16_t i = 0; i < dentry->n_streams; i++) {
		const size_t at = dentry->at + dentry->all_bytes;
		size_t length = read_length(metadata, n, at, STREAM_BYTES);
		if (length == 0)
			return fault(err, at, "a stream that lies past the end, or is too short");
		size_t name_bytes = le(metadata + at + STREAM_NAME_BYTES_AT, 2);
		if (name_bytes % 2 != 0 || name_bytes > length - STREAM_BYTES)
			return fault(err, at, "a stream whose name does not fit into it");
		dentry->all_bytes += length;
	}
	return 0;
}

int wim_dentry_read(const uint8_t *metadata, size_t n, uint64_t at, struct wim_dentry *ret_dentry,
	struct error *err)
{
	if (at % WIM_DENTRY_ALIGN != 0)
		return fault(err, at, "an entry that begins at no multiple of 8");
	if (at > n || n - at < WIM_DENTRY_END_BYTES)
		return fault(err, at, "a list of entries that runs past the end");
	/* A length up to 8 ends the list, as wimlib has it. */
	if (le(metadata + at, 8) <= WIM_DENTRY_END_BYTES)
		return 0;
	const size_t length = read_length(metadata, n, at, DENTRY_BYTES);
	if (length == 0)
		return fault(err, at, "an entry that runs past the end, or is too short");

	const uint8_t *bytes = metadata + at;
	const size_t short_bytes = le(bytes + AT_SHORT_NAME_BYTES, 2);
	const size_t name_bytes = le(bytes + AT_NAME_BYTES, 2);
	if (name_bytes % 2 != 0 ||
		name_room(name_bytes) + name_room(short_bytes) > length - DENTRY_BYTES)
		return fault(err, at, "an entry whose names do not fit into it");
	if (name_bytes > sizeof(uint16_t) * WIM_NAME_UNITS)
		return fault(err, at, "an entry whose name is longer than Windows allows");
	*ret_dentry = (struct wim_dentry){
		.at = (size_t)at,
		.bytes = length,
		.all_bytes = length,
		.attributes = (uint32_t)le(bytes + AT_ATTRIBUTES, 4),
		.children = le(bytes + AT_CHILDREN, 8),
		.sha1 = bytes + AT_SHA1,
		.n_streams = (uint16_t)le(bytes + AT_N_STREAMS, 2),
		.name = bytes + DENTRY_BYTES,
		.n_units = name_bytes / 2,
	};
	if (!wim_dentry_is_link(ret_dentry))
		ret_dentry->hard_link = le(bytes + AT_HARD_LINK, 8);
	int rc = read_streams(metadata, n, ret_dentry, err);
	return rc < 0 ? rc : 1;
}

bool wim_dentry_is_folder(const struct wim_dentry *dentry)
{
	return (dentry->attributes & WIM_ATTRIBUTE_DIRECTORY) != 0;
}

bool wim_dentry_is_link(const struct wim_dentry *dentry)
{
	return (dentry->attributes & WIM_ATTRIBUTE_REPARSE) != 0;
}

void wim_dentry_name(const struct wim_dentry *dentry, uint16_t *out)
{
	for (size_t i = 0; i < dentry->n_units; i++)
		out[i] = (uint16_t)le(dentry->name + 2 * i, 2);
}

const uint8_t *wim_dentry_next_stream(
	const uint8_t *metadata, const struct wim_dentry *dentry, size_t *at, bool *ret_is_named)
{
	if (*at == 0)
		*at = dentry->at + dentry->bytes;
	if (*at == dentry->at + dentry->all_bytes)
		return NULL;
	/* That all of it is there was seen when the entry was read. */
	const uint8_t *stream = metadata + *at;
	*ret_is_named = le(stream + STREAM_NAME_BYTES_AT, 2) > 0;
	*at += (size_t)align(le(stream, 8));
	return stream + STREAM_SHA1_AT;
}

bool wim_sha1_is_zero(const uint8_t sha1[static WIM_SHA1_BYTES])
{
	static const uint8_t zeros[WIM_SHA1_BYTES];
	return memcmp(sha1, zeros, sizeof(zeros)) == 0;
}

/* ---- writing ---- */

size_t wim_dentry_size(size_t n_units)
{
	return (size_t)align(DENTRY_BYTES + 2 * n_units + 2);
}

/* All metadata has less than 4 GB. */
static void write_padding(uint8_t *bytes, size_t n)
{
	struct writer writer = writer_over(bytes, n);
	if (n == 0)
		return;
	writer_le32(&writer, WIM_PADDING_TAG);
	writer_le32(&writer, (uint32_t)(n - ITEM_HEADER_BYTES));
	writer_zeros(&writer, n - ITEM_HEADER_BYTES);
	assert(!writer.failed);
}

void wim_dentry_write(const struct wim_dentry_draft *draft, uint8_t *bytes)
{
	const size_t own_bytes = wim_dentry_size(draft->n_units);
	const size_t n = own_bytes + draft->padding;
	struct writer writer = writer_over(bytes, own_bytes);

	writer_le64(&writer, n);
	writer_le32(&writer, draft->attributes);
	writer_le32(&writer, NO_SECURITY);
	writer_le64(&writer, draft->children);
	writer_zeros(&writer, 16);
	for (int i = 0; i < 3; i++) /* made, read, written */
		writer_le64(&writer, draft->time);
	if (draft->sha1 != NULL)
		writer_bytes(&writer, draft->sha1, WIM_SHA1_BYTES);
	else
		writer_zeros(&writer, WIM_SHA1_BYTES);
	writer_zeros(&writer, 4 + 8);
	writer_le16(&writer, 0); /* streams */
	writer_le16(&writer, 0); /* short name */
	writer_le16(&writer, (uint16_t)(2 * draft->n_units));
	for (size_t i = 0; i < draft->n_units; i++)
		writer_le16(&writer, draft->name[i]);
	writer_zeros(&writer, writer_left(&writer));
	assert(!writer.failed);
	write_padding(bytes + own_bytes, draft->padding);
}

void wim_dentry_set_children(uint8_t *bytes, uint64_t children)
{
	struct writer writer = writer_over(bytes + AT_CHILDREN, 8);
	writer_le64(&writer, children);
}

void wim_dentry_drop_streams(uint8_t *bytes, size_t n_bytes)
{
	const size_t own_bytes = (size_t)align(le(bytes, 8));
	struct writer writer = writer_over(bytes, 8);

	writer_le64(&writer, n_bytes);
	write_padding(bytes + own_bytes, n_bytes - own_bytes);
	writer = writer_over(bytes + AT_N_STREAMS, 2);
	writer_le16(&writer, 0);
	assert(!writer.failed);
}

void wim_dentry_set_content(uint8_t *bytes, uint32_t attributes, const uint8_t *sha1, uint64_t time)
{
	struct writer writer = writer_over(bytes + AT_ATTRIBUTES, 4);
	writer_le32(&writer, attributes);
	writer = writer_over(bytes + AT_ACCESSED, 16); /* read, written */
	writer_le64(&writer, time);
	writer_le64(&writer, time);
	writer = writer_over(bytes + AT_SHA1, WIM_SHA1_BYTES);
	if (sha1 != NULL)
		writer_bytes(&writer, sha1, WIM_SHA1_BYTES);
	else
		writer_zeros(&writer, WIM_SHA1_BYTES);
	writer = writer_over(bytes + AT_HARD_LINK, 8);
	writer_zeros(&writer, 8);
	writer = writer_over(bytes + AT_N_STREAMS, 2);
	writer_zeros(&writer, 2);
	assert(!writer.failed);
}
