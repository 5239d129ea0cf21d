/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The metadata of an image, written down entry by entry and apart from src/format. */
#pragma once

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/text.h"
#include "format/wim_tree.h"

#include <string.h>

#define MADE_ROOT     (-1)
#define MADE_ROOT_AT  40 /* behind 33 bytes of security descriptors */
#define MADE_FOLDER   0x10U
#define MADE_TIME     0x01d0000000000000U
#define MADE_SECURITY 7U

struct made_entry {
	int parent; /* its row; MADE_ROOT */
	const char *name;
	uint32_t attributes;
	uint8_t sha1; /* 20 times */
	uint64_t hard_link;
	const char *stream;     /* a named stream; the unnamed one stands behind the entry too */
	const char *short_name; /* with 8 bytes more behind it that nobody knows */
};

static inline struct buffer made_utf16(const char *text)
{
	struct buffer name = buffer_with_max(1000);
	assert_int_equal(text_utf8_to_utf16le(text, strlen(text), &name), 0);
	return name;
}

static inline size_t made_align(size_t n)
{
	return (n + 7) / 8 * 8;
}

static inline void made_add(struct buffer *out, uint64_t value, size_t n_bytes)
{
	uint8_t bytes[8];
	struct writer w = writer_over(bytes, sizeof(bytes));
	writer_le64(&w, value);
	assert_int_equal(buffer_add(out, bytes, n_bytes), 0);
}

static inline void made_pad(struct buffer *out)
{
	assert_int_equal(buffer_add_zeros(out, made_align(out->size) - out->size), 0);
}

static inline void made_sha1(struct buffer *out, uint8_t byte)
{
	uint8_t sha1[20];
	memset(sha1, byte, sizeof(sha1));
	assert_int_equal(buffer_add(out, sha1, sizeof(sha1)), 0);
}

static inline void made_stream(struct buffer *out, const char *text, uint8_t sha1)
{
	struct buffer name = made_utf16(text);
	size_t room = name.size > 0 ? name.size + 2 : 0;
	made_add(out, made_align(38 + room), 8);
	made_add(out, 0, 8);
	made_sha1(out, sha1);
	made_add(out, name.size, 2);
	assert_int_equal(buffer_add(out, name.bytes, name.size), 0);
	made_pad(out);
	if (room > 0 && (38 + name.size) % 8 == 0)
		assert_int_equal(buffer_add_zeros(out, 8), 0);
	buffer_free(&name);
}

static inline void made_entry_add(struct buffer *out, const struct made_entry *e, uint64_t children)
{
	struct buffer name = made_utf16(e->name);
	struct buffer short_name = made_utf16(e->short_name != NULL ? e->short_name : "");
	const size_t start = out->size;

	made_add(out, 0, 8);
	made_add(out, e->attributes, 4);
	made_add(out, MADE_SECURITY, 4);
	made_add(out, children, 8);
	made_add(out, 0x1111, 8); /* unused fields that are to be kept */
	made_add(out, 0x2222, 8);
	for (int i = 0; i < 3; i++)
		made_add(out, MADE_TIME, 8);
	made_sha1(out, e->stream == NULL ? e->sha1 : 0);
	made_add(out, 0x3333, 4);
	made_add(out, e->hard_link, 8);
	made_add(out, e->stream != NULL ? 2 : 0, 2);
	made_add(out, short_name.size, 2);
	made_add(out, name.size, 2);
	assert_int_equal(buffer_add(out, name.bytes, name.size), 0);
	assert_int_equal(buffer_add_zeros(out, name.size > 0 ? 2 : 0), 0);
	assert_int_equal(buffer_add(out, short_name.bytes, short_name.size), 0);
	assert_int_equal(buffer_add_zeros(out, short_name.size > 0 ? 2 : 0), 0);
	made_pad(out);
	if (e->short_name != NULL)
		made_add(out, 0x4444444455555555U, 8);
	struct writer w = writer_over(out->bytes + start, 8);
	writer_le64(&w, out->size - start);
	if (e->stream != NULL) {
		made_stream(out, "", e->sha1);
		made_stream(out, e->stream, (uint8_t)(e->sha1 + 1));
	}
	buffer_free(&name);
	buffer_free(&short_name);
}

/* Lists in the order of the rows of their folders; lists[n] is the root's. */
static inline void made_lists(
	struct buffer *out, const struct made_entry *entries, int n, uint64_t *lists)
{
	const struct made_entry root = {.name = "", .attributes = MADE_FOLDER};

	made_add(out, 33, 4);
	made_add(out, 1, 4);
	made_add(out, 17, 8);
	assert_int_equal(buffer_add_text(out, "a security descr."), 0);
	made_pad(out);
	made_entry_add(out, &root, lists[n]);
	made_add(out, 0, 8);
	for (int folder = MADE_ROOT; folder < n; folder++) {
		if (folder != MADE_ROOT && (entries[folder].attributes & MADE_FOLDER) == 0)
			continue;
		lists[folder == MADE_ROOT ? n : folder] = out->size;
		for (int i = 0; i < n; i++) {
			if (entries[i].parent == folder)
				made_entry_add(out, &entries[i], lists[i]);
		}
		made_add(out, 0, 8);
	}
}

static inline struct buffer made_metadata(const struct made_entry *entries, int n)
{
	struct buffer out = buffer_with_max(64U << 20);
	uint64_t *lists = calloc((size_t)n + 1, sizeof(*lists));
	assert_non_null(lists);
	/* Once to learn where the lists lie, once with that. */
	for (int pass = 0; pass < 2; pass++) {
		out.size = 0;
		made_lists(&out, entries, n, lists);
	}
	free(lists);
	return out;
}

/* What is written can be opened again. */
static inline void reopen(struct wim_tree **tree)
{
	size_t n;
	const uint8_t *bytes = wim_tree_bytes(*tree, &n);
	struct buffer copy = buffer_with_max(64U << 20);
	struct error err = ERROR_NULL;
	assert_int_equal(buffer_add(&copy, bytes, n), 0);
	*tree = wim_tree_close(*tree);
	int rc = wim_tree_open(&copy, tree, &err);
	if (rc < 0)
		fail_msg("%s", err.text);
}
