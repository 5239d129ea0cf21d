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
	DENTRY_BYTES = 102,
	STREAM_BYTES = 38,
	STREAM_SHA1_AT = 16,
	STREAM_NAME_BYTES_AT = 36,
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
static size_t name_room(uint16_t name_bytes)
{
	return name_bytes > 0 ? name_bytes + 2U : 0;
}

/* Length of an entry or stream, its own length field in front: 0 if it does not fit. */
static size_t read_length(const uint8_t *metadata, size_t n, uint64_t at, size_t least)
{
	struct reader reader = reader_over(metadata, n);
	if (at > n)
		return 0;
	reader_seek(&reader, (size_t)at);
	uint64_t length = reader_le64(&reader);
	/* Compared before it is rounded up, which could overflow. */
	if (reader.failed || length < least || length > n - at || align(length) > n - at)
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
		struct reader reader = reader_over(metadata + at, length);
		reader_skip(&reader, STREAM_NAME_BYTES_AT);
		uint16_t name_bytes = reader_le16(&reader);
		reader_skip(&reader, name_bytes);
		if (reader.failed || name_bytes % 2 != 0)
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
	struct reader reader = reader_over(metadata, n);
	reader_seek(&reader, (size_t)at);
	/* A length up to 8 ends the list, as wimlib has it. */
	if (reader_le64(&reader) <= WIM_DENTRY_END_BYTES)
		return 0;

	struct wim_dentry dentry = {.at = (size_t)at};
	dentry.bytes = read_length(metadata, n, at, DENTRY_BYTES);
	if (dentry.bytes == 0)
		return fault(err, at, "an entry that runs past the end, or is too short");
	dentry.attributes = reader_le32(&reader);
	reader_skip(&reader, 4); /* security */
	dentry.children = reader_le64(&reader);
	reader_seek(&reader, (size_t)at + AT_SHA1);
	dentry.sha1 = reader_bytes(&reader, WIM_SHA1_BYTES);
	reader_skip(&reader, 4);
	uint64_t link_or_reparse = reader_le64(&reader);
	if (!wim_dentry_is_link(&dentry))
		dentry.hard_link = link_or_reparse;
	dentry.n_streams = reader_le16(&reader);
	uint16_t short_bytes = reader_le16(&reader);
	uint16_t name_bytes = reader_le16(&reader);
	if (name_bytes % 2 != 0 ||
		name_room(name_bytes) + name_room(short_bytes) > dentry.bytes - DENTRY_BYTES)
		return fault(err, at, "an entry whose names do not fit into it");
	if (name_bytes > 2 * WIM_NAME_UNITS)
		return fault(err, at, "an entry whose name is longer than Windows allows");
	dentry.name = reader_bytes(&reader, name_bytes);
	dentry.n_units = name_bytes / 2;
	dentry.all_bytes = dentry.bytes;
	assert(!reader.failed);

	int rc = read_streams(metadata, n, &dentry, err);
	if (rc < 0)
		return rc;
	*ret_dentry = dentry;
	return 1;
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
	struct reader reader = reader_over(dentry->name, 2 * dentry->n_units);
	for (size_t i = 0; i < dentry->n_units; i++)
		out[i] = reader_le16(&reader);
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
	struct reader reader = reader_over(stream, STREAM_BYTES);
	uint64_t length = reader_le64(&reader);
	reader_seek(&reader, STREAM_NAME_BYTES_AT);
	*ret_is_named = reader_le16(&reader) > 0;
	*at += (size_t)align(length);
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

void wim_dentry_write(const struct wim_dentry_draft *draft, uint8_t *bytes)
{
	const size_t n = wim_dentry_size(draft->n_units);
	struct writer writer = writer_over(bytes, n);

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
}

void wim_dentry_set_children(uint8_t *bytes, uint64_t children)
{
	struct writer writer = writer_over(bytes + AT_CHILDREN, 8);
	writer_le64(&writer, children);
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
