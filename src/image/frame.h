/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The frame of a WIM that can carry layers, and its resources, read through a view: so a base and
 * what is composed over it are read by the same code, and nothing is copied.
 */
#pragma once

#include "adapter/checksum.h"
#include "base/buffer.h"
#include "base/view.h"
#include "format/wim_chunks.h"
#include "format/wim_table.h"
#include "image/press.h"

struct frame {
	struct view *view; /* a reference */
	uint8_t head[WIM_HEADER_BYTES];
	struct wim_header header;
	struct buffer table; /* the blob table, as it lies in the file */
	struct wim_blob_index *index;
	size_t n_entries;
	size_t metadata;             /* which entry is the image's metadata */
	struct wim_blob_entry entry; /* it */
	struct buffer xml;           /* expanded */
};

/* -EINVAL with the place for what is no WIM, or reaches out of the view; -EOPNOTSUPP for a form
 * that no base has (solid, several images, ...). */
int frame_open(struct view *view, struct frame *ret_frame, struct error *err) MUST_CHECK;
/* One of the state's that frame_open() has read once, and what its index found then: the table is
 * mapped, not read (buffer_map()), and not walked again. Whether it is still the same is the
 * caller's to find out: frame_checksum(). */
int frame_open_known(struct view *view, const struct wim_blob_order *order, struct frame *ret_frame,
	struct error *err) MUST_CHECK;
void frame_clear(struct frame *frame);
/* Of all bytes of the file that are the frame's: header, metadata, blob table, XML, as they lie
 * there. */
int frame_checksum(const struct frame *frame, uint8_t ret_bytes[static CHECKSUM_BYTES],
	struct error *err) MUST_CHECK;

/* The i-th entry of the blob table. */
void frame_entry(const struct frame *frame, size_t index, struct wim_blob_entry *ret_entry);
/* Of the unnamed stream with that SHA-1; false if there is none. *ret_index may be NULL. */
bool frame_find(const struct frame *frame, const uint8_t sha1[static WIM_SHA1_BYTES],
	size_t *ret_index, struct wim_blob_entry *ret_entry);

/* The chunks of a resource. A resource that is not compressed has chunks that are as they were. */
int frame_chunks(const struct frame *frame, const struct wim_resource *resource,
	struct wim_chunks *ret_chunks, struct error *err) MUST_CHECK;
/* Expands it behind what is in out, up to out's maximum, and compares it with its SHA-1 (NULL: is
 * not compared): -EINVAL if they differ. */
int frame_expand(const struct frame *frame, const struct wim_resource *resource,
	const uint8_t *sha1, struct buffer *out, struct error *err) MUST_CHECK;
/* One of its chunks, to out, which has room for it. */
int frame_expand_chunk(const struct frame *frame, const struct wim_resource *resource,
	const struct wim_chunk *chunk, struct wim_codec *codec, uint8_t *out,
	struct error *err) MUST_CHECK;
/* Expands it chunk by chunk and compares it with its SHA-1, keeping nothing. */
int frame_check(const struct frame *frame, const struct wim_resource *resource,
	const uint8_t sha1[static WIM_SHA1_BYTES], struct wim_codec *codec,
	struct error *err) MUST_CHECK;
int frame_codec(
	const struct frame *frame, struct wim_codec **ret_codec, struct error *err) MUST_CHECK;
