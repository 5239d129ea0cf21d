/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/frame.h"

#include "adapter/crypto.h"
#include "base/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* A resource of 128 GiB; what does not fit into a boot image by far. */
#define CHUNK_TABLE_BYTES_MAX (32U << 20)

static int read_view(const struct frame *frame, uint64_t offset, void *bytes, size_t n,
	const char *what, struct error *err)
{
	int rc = view_read(frame->view, offset, bytes, n);
	if (rc == 0)
		return 0;
	return error_set(err, rc == -ERANGE ? -EINVAL : rc,
		"%s: %zu bytes at byte %" PRIu64 " cannot be read: %s", what, n, offset,
		rc == -ERANGE ? "the file ends before them" : strerror(-rc));
}

static int read_buffer(const struct frame *frame, uint64_t offset, uint64_t n, const char *what,
	struct buffer *out, struct error *err)
{
	if (n > out->max)
		return error_set(err, -EFBIG, "%s: more than %zu bytes", what, out->max);
	int rc = buffer_reserve(out, (size_t)n);
	if (rc < 0)
		return error_set(err, rc, "out of memory");
	rc = read_view(frame, offset, out->bytes + out->size, (size_t)n, what, err);
	if (rc == 0)
		out->size += (size_t)n;
	return rc;
}

/* ---- resources ---- */

int frame_codec(const struct frame *frame, struct wim_codec **ret_codec, struct error *err)
{
	return wim_codec_open(
		frame->header.compression == WIM_COMPRESSION_LZX ? WIM_CODEC_LZX : WIM_CODEC_XPRESS,
		ret_codec, err);
}

static int plain_chunks(
	const struct wim_resource *resource, struct wim_chunks *chunks, struct error *err)
{
	if (resource->stored_bytes != resource->original_bytes)
		return error_set(err, -EINVAL,
			"a resource that is not compressed has %" PRIu64
			" bytes and expands to %" PRIu64,
			resource->stored_bytes, resource->original_bytes);
	size_t n = (size_t)wim_chunks_count(resource->original_bytes);
	chunks->chunks = calloc(n + 1, sizeof(*chunks->chunks));
	if (chunks->chunks == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	chunks->n = n;
	for (size_t i = 0; i < n; i++) {
		struct wim_chunk *chunk = &chunks->chunks[i];
		chunk->at = (uint64_t)i * WIM_CHUNK_BYTES;
		uint64_t left = resource->original_bytes - chunk->at;
		chunk->original_bytes = left < WIM_CHUNK_BYTES ? (uint32_t)left : WIM_CHUNK_BYTES;
		chunk->stored_bytes = chunk->original_bytes;
	}
	return 0;
}

int frame_chunks(const struct frame *frame, const struct wim_resource *resource,
	struct wim_chunks *ret_chunks, struct error *err)
{
	if (resource->stored_bytes > view_size(frame->view) ||
		resource->offset > view_size(frame->view) - resource->stored_bytes)
		return error_set(err, -EINVAL,
			"a resource at byte %" PRIu64 " reaches past the end", resource->offset);
	if ((resource->flags & WIM_RESOURCE_COMPRESSED) == 0) {
		/* Chunks of what is there: their number is bounded by the file. */
		struct wim_chunks chunks = {0};
		int rc = plain_chunks(resource, &chunks, err);
		if (rc == 0)
			*ret_chunks = chunks;
		return rc;
	}
	CLEANUP(buffer_free) struct buffer table = buffer_with_max(CHUNK_TABLE_BYTES_MAX);
	uint64_t n = wim_chunks_table_bytes(resource->original_bytes);
	if (n > resource->stored_bytes)
		n = resource->stored_bytes; /* wim_chunks_read() says so */
	int rc = read_buffer(frame, resource->offset, n, "a table of chunks", &table, err);
	if (rc < 0)
		return rc;
	return wim_chunks_read(table.bytes != NULL ? table.bytes : (const void *)"", table.size,
		resource->stored_bytes, resource->original_bytes, ret_chunks, err);
}

int frame_expand_chunk(const struct frame *frame, const struct wim_resource *resource,
	const struct wim_chunk *chunk, struct wim_codec *codec, uint8_t *out, struct error *err)
{
	uint8_t bytes[WIM_CHUNK_BYTES];
	uint64_t at = resource->offset + chunk->at;
	bool is_plain = chunk->stored_bytes == chunk->original_bytes;
	int rc = read_view(
		frame, at, is_plain ? out : bytes, chunk->stored_bytes, "a resource", err);
	if (rc < 0 || is_plain)
		return rc;
	rc = wim_codec_expand(codec, bytes, chunk->stored_bytes, out, chunk->original_bytes);
	return rc == 0 ? 0
		       : error_set(err, rc, "the data at byte %" PRIu64 " cannot be expanded", at);
}

static int compare(struct sha1 *hash, const struct wim_resource *resource, const uint8_t *expected,
	struct error *err)
{
	uint8_t digest[SHA1_BYTES];
	sha1_finish(hash, digest);
	if (memcmp(digest, expected, sizeof(digest)) == 0)
		return 0;
	return error_set(err, -EINVAL, "the data at byte %" PRIu64 " does not match its SHA-1",
		resource->offset);
}

int frame_expand(const struct frame *frame, const struct wim_resource *resource,
	const uint8_t *sha1, struct buffer *out, struct error *err)
{
	CLEANUP(wim_chunks_clear) struct wim_chunks chunks = {0};
	CLEANUP(wim_codec_closep) struct wim_codec *codec = NULL;
	CLEANUP(sha1_freep) struct sha1 *hash = NULL;
	size_t start = out->size;
	if (resource->original_bytes > out->max - out->size)
		return error_set(err, -EFBIG, "%" PRIu64 " bytes; %zu are accepted",
			resource->original_bytes, out->max - out->size);
	int rc = frame_chunks(frame, resource, &chunks, err);
	if (rc == 0 && (resource->flags & WIM_RESOURCE_COMPRESSED) != 0)
		rc = frame_codec(frame, &codec, err);
	if (rc == 0 && buffer_reserve(out, (size_t)resource->original_bytes) < 0)
		rc = error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; rc == 0 && i < chunks.n; i++) {
		rc = frame_expand_chunk(frame, resource, &chunks.chunks[i], codec,
			out->bytes + start + i * WIM_CHUNK_BYTES, err);
	}
	if (rc < 0 || resource->original_bytes == 0)
		return rc;
	out->size = start + (size_t)resource->original_bytes;
	out->bytes[out->size] = 0;
	if (sha1 == NULL)
		return 0;
	rc = sha1_new(&hash);
	if (rc == 0)
		rc = sha1_add(hash, out->bytes + start, out->size - start);
	return rc < 0 ? error_set(err, rc, "%s", strerror(-rc))
		      : compare(hash, resource, sha1, err);
}

int frame_check(const struct frame *frame, const struct wim_resource *resource,
	const uint8_t sha1[static WIM_SHA1_BYTES], struct wim_codec *codec, struct error *err)
{
	CLEANUP(wim_chunks_clear) struct wim_chunks chunks = {0};
	CLEANUP(sha1_freep) struct sha1 *hash = NULL;
	uint8_t bytes[WIM_CHUNK_BYTES];
	int rc = frame_chunks(frame, resource, &chunks, err);
	if (rc < 0)
		return rc;
	rc = sha1_new(&hash);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	for (size_t i = 0; i < chunks.n; i++) {
		rc = frame_expand_chunk(frame, resource, &chunks.chunks[i], codec, bytes, err);
		if (rc < 0)
			return rc;
		rc = sha1_add(hash, bytes, chunks.chunks[i].original_bytes);
		if (rc < 0)
			return error_set(err, rc, "%s", strerror(-rc));
	}
	return compare(hash, resource, sha1, err);
}

/* ---- the frame ---- */

void frame_clear(struct frame *frame)
{
	(void)view_unref(frame->view);
	(void)wim_blob_index_close(frame->index);
	buffer_free(&frame->table);
	buffer_free(&frame->xml);
	*frame = (struct frame){.view = NULL};
}

void frame_entry(const struct frame *frame, size_t index, struct wim_blob_entry *ret_entry)
{
	wim_blob_entry_read(frame->table.bytes + index * WIM_BLOB_ENTRY_BYTES, ret_entry);
}

bool frame_find(const struct frame *frame, const uint8_t sha1[static WIM_SHA1_BYTES],
	size_t *ret_index, struct wim_blob_entry *ret_entry)
{
	int64_t index = wim_blob_index_find(frame->index, sha1);
	if (index < 0)
		return false;
	frame_entry(frame, (size_t)index, ret_entry);
	if (ret_index != NULL)
		*ret_index = (size_t)index;
	return true;
}

/* Of a base of the state, which nobody cuts. */
static int map_table(struct frame *frame, struct error *err)
{
	const struct wim_resource *place = &frame->header.blob_table;
	int rc = place->stored_bytes > frame->table.max
			 ? -EFBIG
			 : view_map(frame->view, place->offset, (size_t)place->stored_bytes, 0,
				   &frame->table);
	return rc < 0 ? error_set(err, rc, "the blob table: %s", strerror(-rc)) : 0;
}

/* order: what an index of it found before, or NULL. */
static int read_table(struct frame *frame, const struct wim_blob_order *order, struct error *err)
{
	const struct wim_resource *place = &frame->header.blob_table;
	struct buffer *table = &frame->table;
	/* As it is, in every WIM that is not pipable: the ranges of it that a layer takes over. */
	if ((place->flags & WIM_RESOURCE_COMPRESSED) != 0)
		return error_set(err, -EOPNOTSUPP, "its blob table is compressed");
	int rc = order != NULL ? map_table(frame, err)
			       : read_buffer(frame, place->offset, place->stored_bytes,
					 "the blob table", table, err);
	if (rc == 0 && order != NULL)
		rc = wim_blob_index_restore(table->bytes, table->size, order, &frame->index, err);
	else if (rc == 0)
		rc = wim_blob_table_check(
			table->bytes, table->size, &frame->header, view_size(frame->view), err);
	if (rc == 0 && order == NULL)
		rc = wim_blob_index_open(table->bytes, table->size, &frame->index, err);
	if (rc < 0)
		return rc;
	frame->n_entries = table->size / WIM_BLOB_ENTRY_BYTES;
	int64_t metadata = wim_blob_index_metadata(frame->index, 0);
	if (metadata < 0)
		return error_set(err, -EINVAL, "its blob table names no metadata of an image");
	frame->metadata = (size_t)metadata;
	frame_entry(frame, frame->metadata, &frame->entry);
	return 0;
}

static int read_frame(struct frame *frame, const struct wim_blob_order *order, struct error *err)
{
	struct wim_header *header = &frame->header;
	uint64_t size = view_size(frame->view);
	if (size < WIM_HEADER_BYTES)
		return error_set(err, -EINVAL, "it has only %" PRIu64 " bytes", size);
	int rc = read_view(frame, 0, frame->head, sizeof(frame->head), "the header", err);
	if (rc == 0)
		rc = wim_header_parse(frame->head, sizeof(frame->head), header, err);
	if (rc == 0)
		rc = wim_header_check(header, size, err);
	if (rc < 0)
		return rc;
	if (wim_header_forms(header) != 0)
		return error_set(
			err, -EOPNOTSUPP, "it is %s", wim_form_text(wim_header_forms(header)));
	rc = read_table(frame, order, err);
	return rc < 0 ? rc : frame_expand(frame, &header->xml, NULL, &frame->xml, err);
}

static int open_frame(struct view *view, const struct wim_blob_order *order,
	struct frame *ret_frame, struct error *err)
{
	struct frame frame = {
		.view = view_ref(view),
		.table = buffer_with_max(LIMIT_WIM_BLOB_TABLE_BYTES),
		.xml = buffer_with_max(LIMIT_WIM_XML_BYTES),
	};
	int rc = read_frame(&frame, order, err);
	if (rc < 0) {
		frame_clear(&frame);
		return rc;
	}
	*ret_frame = frame;
	return 0;
}

int frame_open(struct view *view, struct frame *ret_frame, struct error *err)
{
	return open_frame(view, NULL, ret_frame, err);
}

int frame_open_known(struct view *view, const struct wim_blob_order *order, struct frame *ret_frame,
	struct error *err)
{
	return open_frame(view, order, ret_frame, err);
}

static int sum_resource(
	const struct frame *frame, const struct wim_resource *resource, struct checksum *sum)
{
	uint8_t bytes[2 * WIM_CHUNK_BYTES];
	for (uint64_t done = 0; done < resource->stored_bytes;) {
		uint64_t left = resource->stored_bytes - done;
		size_t n = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);
		int rc = view_read(frame->view, resource->offset + done, bytes, n);
		if (rc < 0)
			return rc;
		checksum_add(sum, bytes, n);
		done += n;
	}
	return 0;
}

int frame_checksum(
	const struct frame *frame, uint8_t ret_bytes[static CHECKSUM_BYTES], struct error *err)
{
	CLEANUP(checksum_freep) struct checksum *sum = NULL;
	int rc = checksum_new(&sum);
	if (rc == 0) {
		checksum_add(sum, frame->head, sizeof(frame->head));
		checksum_add(sum, frame->table.bytes, frame->table.size);
		rc = sum_resource(frame, &frame->entry.resource, sum);
	}
	if (rc == 0)
		rc = sum_resource(frame, &frame->header.xml, sum);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	checksum_get(sum, ret_bytes);
	return 0;
}
