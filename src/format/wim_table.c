/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/wim_table.h"

#include "base/bytes.h"
#include "base/limits.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Where an entry has its SHA-1. */
#define ENTRY_SHA1_AT        30
/* Size, number of entries, size of the chunks. */
#define INTEGRITY_HEAD_BYTES 12
#define BUCKETS              65536

/* ---- entries ---- */

static void write_resource(struct writer *writer, const struct wim_resource *resource)
{
	assert(resource->stored_bytes <= WIM_STORED_BYTES_MAX);
	writer_le64(writer, resource->stored_bytes | (uint64_t)resource->flags << 56);
	writer_le64(writer, resource->offset);
	writer_le64(writer, resource->original_bytes);
}

void wim_blob_entry_read(
	const uint8_t bytes[static WIM_BLOB_ENTRY_BYTES], struct wim_blob_entry *ret_entry)
{
	struct reader reader = reader_over(bytes, WIM_BLOB_ENTRY_BYTES);
	ret_entry->resource = wim_resource_read(&reader);
	ret_entry->part = reader_le16(&reader);
	ret_entry->n_uses = reader_le32(&reader);
	reader_copy(&reader, ret_entry->sha1, sizeof(ret_entry->sha1));
	assert(!reader.failed && reader_left(&reader) == 0);
}

void wim_blob_entry_write(
	const struct wim_blob_entry *entry, uint8_t bytes[static WIM_BLOB_ENTRY_BYTES])
{
	struct writer writer = writer_over(bytes, WIM_BLOB_ENTRY_BYTES);
	write_resource(&writer, &entry->resource);
	writer_le16(&writer, entry->part);
	writer_le32(&writer, entry->n_uses);
	writer_bytes(&writer, entry->sha1, sizeof(entry->sha1));
	assert(!writer.failed && writer_left(&writer) == 0);
}

/* ---- index ---- */

struct wim_blob_index {
	const uint8_t *table; /* the caller's */
	uint32_t *order; /* places of the entries of files, by bucket, in each by SHA-1 and place */
	uint32_t *metadata; /* places of the metadata resources, as they come */
	size_t n_metadata;
	uint32_t begin[BUCKETS + 1]; /* of each bucket in order[] */
};

static const uint8_t *sha1_at(const struct wim_blob_index *index, uint32_t place)
{
	return index->table + (size_t)place * WIM_BLOB_ENTRY_BYTES + ENTRY_SHA1_AT;
}

/* SHA-1s are spread evenly by their first bytes; of a hostile table all may fall into one bucket,
   which is why buckets are sorted as well. */
static size_t bucket_of(const uint8_t *sha1)
{
	return (size_t)sha1[0] << 8 | sha1[1];
}

static int compare_places(const void *a, const void *b, void *context)
{
	const struct wim_blob_index *index = context;
	const uint32_t left = *(const uint32_t *)a;
	const uint32_t right = *(const uint32_t *)b;
	int order = memcmp(sha1_at(index, left), sha1_at(index, right), WIM_SHA1_BYTES);
	if (order == 0)
		order = (left > right) - (left < right);
	return order;
}

enum kind {
	KIND_UNUSED,
	KIND_FILE,
	KIND_METADATA,
};

/* An entry may be marked free; and what removes an image may leave its metadata behind, with no
   uses. */
static enum kind kind_of(const struct wim_blob_index *index, uint32_t place)
{
	struct wim_blob_entry entry;
	wim_blob_entry_read(index->table + (size_t)place * WIM_BLOB_ENTRY_BYTES, &entry);
	const uint8_t flags = entry.resource.flags;
	if ((flags & WIM_RESOURCE_METADATA) != 0)
		return entry.n_uses > 0 ? KIND_METADATA : KIND_UNUSED;
	return (flags & WIM_RESOURCE_FREE) != 0 ? KIND_UNUSED : KIND_FILE;
}

static void fill_index(struct wim_blob_index *index, uint32_t n)
{
	uint32_t n_files = 0;

	for (uint32_t place = 0; place < n; place++) {
		const enum kind kind = kind_of(index, place);
		if (kind == KIND_FILE) {
			index->begin[bucket_of(sha1_at(index, place)) + 1]++;
			n_files++;
		} else if (kind == KIND_METADATA) {
			index->metadata[index->n_metadata++] = place;
		}
	}
	for (size_t bucket = 0; bucket < BUCKETS; bucket++)
		index->begin[bucket + 1] += index->begin[bucket];

	/* begin[bucket + 1] is where bucket ends. From the back, each bucket is filled from its end
	   downwards, so that afterwards begin[bucket + 1] is where bucket begins. */
	for (uint32_t place = n; place > 0; place--) {
		if (kind_of(index, place - 1) == KIND_FILE)
			index->order[--index->begin[bucket_of(sha1_at(index, place - 1)) + 1]] =
				place - 1;
	}
	memmove(index->begin, index->begin + 1, BUCKETS * sizeof(index->begin[0]));
	index->begin[BUCKETS] = n_files;

	for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
		const uint32_t begin = index->begin[bucket];
		const uint32_t in_bucket = index->begin[bucket + 1] - begin;
		if (in_bucket > 1)
			qsort_r(index->order + begin, in_bucket, sizeof(index->order[0]),
				compare_places, index);
	}
}

int wim_blob_index_open(
	const void *table, size_t n, struct wim_blob_index **ret_index, struct error *err)
{
	if (n % WIM_BLOB_ENTRY_BYTES != 0)
		return error_set(err, -EINVAL,
			"the WIM's blob table has %zu bytes, which is no whole number of entries",
			n);
	if (n > LIMIT_WIM_BLOB_TABLE_BYTES)
		return error_set(err, -EFBIG, "the WIM's blob table has %zu bytes; %u are accepted",
			n, LIMIT_WIM_BLOB_TABLE_BYTES);
	const uint32_t n_entries = (uint32_t)(n / WIM_BLOB_ENTRY_BYTES);

	CLEANUP(wim_blob_index_closep) struct wim_blob_index *index = calloc(1, sizeof(*index));
	if (index == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	index->table = table;
	index->order = calloc((size_t)n_entries + 1, sizeof(index->order[0]));
	index->metadata = calloc((size_t)n_entries + 1, sizeof(index->metadata[0]));
	if (index->order == NULL || index->metadata == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	fill_index(index, n_entries);
	*ret_index = TAKE(index);
	return 0;
}

struct wim_blob_index *wim_blob_index_close(struct wim_blob_index *index)
{
	if (index != NULL) {
		free(index->order);
		free(index->metadata);
	}
	free(index);
	return NULL;
}

int64_t wim_blob_index_find(
	const struct wim_blob_index *index, const uint8_t sha1[static WIM_SHA1_BYTES])
{
	const size_t bucket = bucket_of(sha1);
	size_t low = index->begin[bucket];
	size_t high = index->begin[bucket + 1];
	const size_t end = high;

	/* The first that is not before it: of equal ones the first in the table. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(sha1_at(index, index->order[middle]), sha1, WIM_SHA1_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == end || memcmp(sha1_at(index, index->order[low]), sha1, WIM_SHA1_BYTES) != 0)
		return -1;
	return (int64_t)index->order[low];
}

int64_t wim_blob_index_metadata(const struct wim_blob_index *index, size_t nth)
{
	return nth < index->n_metadata ? (int64_t)index->metadata[nth] : -1;
}

/* ---- header ---- */

void wim_header_write(const struct wim_header *header, const uint8_t like[static WIM_HEADER_BYTES],
	uint8_t out[static WIM_HEADER_BYTES])
{
	/* Magic and the header's own size stay, and what lies behind the last field. */
	const size_t fields_at = 12;
	struct writer writer = writer_over(out + fields_at, WIM_HEADER_BYTES - fields_at);

	memmove(out, like, WIM_HEADER_BYTES);
	writer_le32(&writer, header->version);
	writer_le32(&writer, header->flags);
	writer_le32(&writer, header->chunk_bytes);
	writer_bytes(&writer, header->guid.bytes, sizeof(header->guid.bytes));
	writer_le16(&writer, header->part);
	writer_le16(&writer, header->n_parts);
	writer_le32(&writer, header->n_images);
	write_resource(&writer, &header->blob_table);
	write_resource(&writer, &header->xml);
	write_resource(&writer, &header->boot_metadata);
	writer_le32(&writer, header->boot_index);
	write_resource(&writer, &header->integrity);
	assert(!writer.failed);
}

/* ---- integrity ---- */

int wim_integrity_read(const void *bytes, size_t n, uint64_t covered_bytes,
	uint32_t *ret_chunk_bytes, const uint8_t **ret_hashes, size_t *ret_n_hashes,
	struct error *err)
{
	struct reader reader = reader_over(bytes, n);
	uint32_t table_bytes = reader_le32(&reader);
	uint32_t n_hashes = reader_le32(&reader);
	uint32_t chunk_bytes = reader_le32(&reader);

	if (reader.failed)
		return error_set(err, -EINVAL,
			"the WIM's integrity table has %zu bytes, and its head alone needs %d", n,
			INTEGRITY_HEAD_BYTES);
	if (chunk_bytes == 0)
		return error_set(err, -EINVAL, "the WIM's integrity table has chunks of 0 bytes");
	uint64_t n_expected = covered_bytes / chunk_bytes + (covered_bytes % chunk_bytes != 0);
	if (n_hashes != n_expected)
		return error_set(err, -EINVAL,
			"the WIM's integrity table has %" PRIu32 " hashes, and %" PRIu64
			" bytes in chunks of %" PRIu32 " need %" PRIu64,
			n_hashes, covered_bytes, chunk_bytes, n_expected);
	if (table_bytes > n ||
		table_bytes != INTEGRITY_HEAD_BYTES + (uint64_t)n_hashes * WIM_SHA1_BYTES)
		return error_set(err, -EINVAL,
			"the WIM's integrity table says %" PRIu32 " bytes for %" PRIu32
			" hashes, and %zu are there",
			table_bytes, n_hashes, n);
	*ret_hashes = reader_bytes(&reader, (size_t)n_hashes * WIM_SHA1_BYTES);
	assert(*ret_hashes != NULL);
	*ret_chunk_bytes = chunk_bytes;
	*ret_n_hashes = n_hashes;
	return 0;
}

int wim_integrity_write(
	const uint8_t *hashes, size_t n_hashes, uint32_t chunk_bytes, struct buffer *out)
{
	if (n_hashes > (UINT32_MAX - INTEGRITY_HEAD_BYTES) / WIM_SHA1_BYTES)
		return -EFBIG;
	const size_t n = INTEGRITY_HEAD_BYTES + n_hashes * WIM_SHA1_BYTES;
	int rc = buffer_reserve(out, n);
	if (rc < 0)
		return rc;
	struct writer writer = writer_over(out->bytes + out->size, n);
	writer_le32(&writer, (uint32_t)n);
	writer_le32(&writer, (uint32_t)n_hashes);
	writer_le32(&writer, chunk_bytes);
	writer_bytes(&writer, hashes, n_hashes * WIM_SHA1_BYTES);
	assert(!writer.failed);
	out->size += n;
	return 0;
}
