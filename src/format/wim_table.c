/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/wim_table.h"

#include "base/bytes.h"
#include "base/limits.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Where an entry has its flags (the uppermost byte of its size) and its SHA-1. */
#define ENTRY_FLAGS_AT       7
#define ENTRY_SHA1_AT        30
/* Size, number of entries, size of the chunks. */
#define INTEGRITY_HEAD_BYTES 12

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
	uint32_t *order;      /* places of the entries of files, by SHA-1 and place */
	uint32_t n_order;
	uint32_t *metadata; /* places of the metadata resources, as they come */
	size_t n_metadata;
};

static const uint8_t *sha1_at(const struct wim_blob_index *index, uint32_t place)
{
	return index->table + (size_t)place * WIM_BLOB_ENTRY_BYTES + ENTRY_SHA1_AT;
}

/* SHA-1s are spread evenly by their first bits; of a hostile table all may fall into one bucket,
   which is why buckets are sorted as well. */
struct buckets {
	uint32_t *begin; /* of each in order[]; owned */
	size_t n;        /* a power of two */
	unsigned shift;  /* of the first 16 bits */
};

static size_t bucket_of(const struct buckets *buckets, const uint8_t *sha1)
{
	return ((size_t)sha1[0] << 8 | sha1[1]) >> buckets->shift;
}

/* About one for each entry. */
static int make_buckets(size_t n_entries, struct buckets *ret_buckets)
{
	struct buckets buckets = {.n = 65536};
	for (; buckets.shift < 16 && buckets.n / 2 >= n_entries; buckets.shift++)
		buckets.n /= 2;
	buckets.begin = calloc(buckets.n + 1, sizeof(*buckets.begin));
	if (buckets.begin == NULL)
		return -ENOMEM;
	*ret_buckets = buckets;
	return 0;
}

static void buckets_clear(struct buckets *buckets)
{
	free(buckets->begin);
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
	const uint8_t *entry = index->table + (size_t)place * WIM_BLOB_ENTRY_BYTES;
	const uint8_t flags = entry[ENTRY_FLAGS_AT];
	if ((flags & WIM_RESOURCE_METADATA) == 0)
		return (flags & WIM_RESOURCE_FREE) != 0 ? KIND_UNUSED : KIND_FILE;
	struct wim_blob_entry metadata;
	wim_blob_entry_read(entry, &metadata);
	return metadata.n_uses > 0 ? KIND_METADATA : KIND_UNUSED;
}

static void fill_index(struct wim_blob_index *index, uint32_t n, const struct buckets *buckets)
{
	uint32_t *begin = buckets->begin;
	for (uint32_t place = 0; place < n; place++) {
		const enum kind kind = kind_of(index, place);
		if (kind == KIND_FILE) {
			begin[bucket_of(buckets, sha1_at(index, place)) + 1]++;
			index->n_order++;
		} else if (kind == KIND_METADATA) {
			index->metadata[index->n_metadata++] = place;
		}
	}
	for (size_t i = 0; i < buckets->n; i++)
		begin[i + 1] += begin[i];

	/* begin[i + 1] is where bucket i ends. From the back, each bucket is filled from its end
	   downwards, so that afterwards begin[i + 1] is where bucket i begins. */
	for (uint32_t place = n; place > 0; place--) {
		const uint8_t *sha1 = sha1_at(index, place - 1);
		if (kind_of(index, place - 1) == KIND_FILE)
			index->order[--begin[bucket_of(buckets, sha1) + 1]] = place - 1;
	}
	for (size_t i = 0; i < buckets->n; i++) {
		const uint32_t end = i + 1 < buckets->n ? begin[i + 2] : index->n_order;
		if (end - begin[i + 1] > 1)
			qsort_r(index->order + begin[i + 1], end - begin[i + 1],
				sizeof(index->order[0]), compare_places, index);
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
	CLEANUP(buckets_clear) struct buckets buckets = {.begin = NULL};
	if (make_buckets(n_entries, &buckets) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	fill_index(index, n_entries, &buckets);
	*ret_index = TAKE(index);
	return 0;
}

int wim_blob_index_restore(const void *table, size_t n, const struct wim_blob_order *order,
	struct wim_blob_index **ret_index, struct error *err)
{
	const size_t n_entries = n / WIM_BLOB_ENTRY_BYTES;
	bool is_within = order->metadata < n_entries && order->n_files <= n_entries;
	for (uint32_t i = 0; is_within && i < order->n_files; i++)
		is_within = order->files[i] < n_entries;
	if (!is_within)
		return error_set(
			err, -EINVAL, "an order of more than the table's %zu entries", n_entries);

	CLEANUP(wim_blob_index_closep) struct wim_blob_index *index = calloc(1, sizeof(*index));
	if (index == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	index->table = table;
	index->order = calloc((size_t)order->n_files + 1, sizeof(index->order[0]));
	index->metadata = calloc(1, sizeof(index->metadata[0]));
	if (index->order == NULL || index->metadata == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	if (order->n_files > 0)
		memcpy(index->order, order->files, order->n_files * sizeof(index->order[0]));
	index->n_order = order->n_files;
	index->metadata[index->n_metadata++] = order->metadata;
	*ret_index = TAKE(index);
	return 0;
}

struct wim_blob_order wim_blob_index_order(const struct wim_blob_index *index)
{
	assert(index->n_metadata > 0);
	return (struct wim_blob_order){index->order, index->n_order, index->metadata[0]};
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

/* The first of the order that is not before it: of equal ones the first in the table. */
static size_t find_first(const struct wim_blob_index *index, const uint8_t *sha1)
{
	size_t low = 0;
	size_t high = index->n_order;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(sha1_at(index, index->order[middle]), sha1, WIM_SHA1_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Its place in the table, if it has that SHA-1. */
static int64_t place_of(const struct wim_blob_index *index, size_t i, const uint8_t *sha1)
{
	if (i >= index->n_order ||
		memcmp(sha1_at(index, index->order[i]), sha1, WIM_SHA1_BYTES) != 0)
		return -1;
	return (int64_t)index->order[i];
}

int64_t wim_blob_index_find(
	const struct wim_blob_index *index, const uint8_t sha1[static WIM_SHA1_BYTES])
{
	return place_of(index, find_first(index, sha1), sha1);
}

int64_t wim_blob_index_find_after(const struct wim_blob_index *index,
	const uint8_t sha1[static WIM_SHA1_BYTES], uint32_t place)
{
	size_t i = find_first(index, sha1);
	int64_t found = place_of(index, i, sha1);
	while (found >= 0 && found <= place)
		found = place_of(index, ++i, sha1);
	return found;
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
