/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/wim_chunks.h"

#include "base/bytes.h"
#include "format/wim.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

static uint64_t count(uint64_t original_bytes)
{
	return original_bytes / WIM_CHUNK_BYTES + (original_bytes % WIM_CHUNK_BYTES != 0);
}

static size_t entry_bytes(uint64_t original_bytes)
{
	return original_bytes > UINT32_MAX ? 8 : 4;
}

uint64_t wim_chunks_count(uint64_t original_bytes)
{
	return count(original_bytes);
}

uint64_t wim_chunks_table_bytes(uint64_t original_bytes)
{
	uint64_t n = count(original_bytes);
	return n > 0 ? (n - 1) * entry_bytes(original_bytes) : 0;
}

/* Where chunk i + 1 begins, and what of the resource chunk i expands to, are known: fills in chunk
 * i. */
static int set_chunk(struct wim_chunk *chunk, size_t number, uint64_t end, uint64_t stored_bytes,
	struct error *err)
{
	if (end > stored_bytes || end <= chunk->at)
		return error_set(err, -EINVAL,
			"chunk %zu of a compressed resource lies from byte %" PRIu64
			" to byte %" PRIu64 " of %" PRIu64,
			number, chunk->at, end, stored_bytes);
	if (end - chunk->at > chunk->original_bytes)
		return error_set(err, -EINVAL,
			"chunk %zu of a compressed resource has %" PRIu64
			" bytes, more than the %" PRIu32 " it expands to",
			number, end - chunk->at, chunk->original_bytes);
	chunk->stored_bytes = (uint32_t)(end - chunk->at);
	return 0;
}

static int read_entries(struct reader *reader, uint64_t stored_bytes, uint64_t original_bytes,
	struct wim_chunks *chunks, struct error *err)
{
	const size_t entry = entry_bytes(original_bytes);
	uint64_t at = chunks->table_bytes;

	for (size_t i = 0; i < chunks->n; i++) {
		const bool is_last = i + 1 == chunks->n;
		uint64_t end = stored_bytes;
		if (!is_last) {
			uint64_t offset = entry == 8 ? reader_le64(reader) : reader_le32(reader);
			/* Not past the end, so that the sum cannot overflow. */
			if (offset > stored_bytes)
				offset = stored_bytes;
			end = chunks->table_bytes + offset;
		}
		chunks->chunks[i].at = at;
		chunks->chunks[i].original_bytes =
			is_last ? (uint32_t)(original_bytes - (uint64_t)i * WIM_CHUNK_BYTES)
				: WIM_CHUNK_BYTES;
		int rc = set_chunk(&chunks->chunks[i], i, end, stored_bytes, err);
		if (rc < 0)
			return rc;
		at = end;
	}
	assert(!reader->failed);
	return 0;
}

int wim_chunks_read(const void *head, size_t n, uint64_t stored_bytes, uint64_t original_bytes,
	struct wim_chunks *ret_chunks, struct error *err)
{
	struct reader reader = reader_over(head, n);
	const uint64_t n_chunks = count(original_bytes);
	const uint64_t table_bytes = wim_chunks_table_bytes(original_bytes);

	if (table_bytes > n || table_bytes > stored_bytes)
		return error_set(err, -EINVAL,
			"a compressed resource of %" PRIu64 " bytes that expands to %" PRIu64
			" needs a table of %" PRIu64 " bytes, and %zu are there",
			stored_bytes, original_bytes, table_bytes, n);
	if (n_chunks == 0 && stored_bytes > 0)
		return error_set(err, -EINVAL,
			"a compressed resource of %" PRIu64 " bytes expands to nothing",
			stored_bytes);

	struct wim_chunks chunks = {.n = n_chunks, .table_bytes = table_bytes};
	chunks.chunks = calloc(n_chunks > 0 ? n_chunks : 1, sizeof(*chunks.chunks));
	if (chunks.chunks == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	int rc = read_entries(&reader, stored_bytes, original_bytes, &chunks, err);
	if (rc < 0) {
		wim_chunks_clear(&chunks);
		return rc;
	}
	*ret_chunks = chunks;
	return 0;
}

void wim_chunks_clear(struct wim_chunks *chunks)
{
	free(chunks->chunks);
	*chunks = (struct wim_chunks){0};
}

int wim_chunks_write_table(
	const uint32_t *stored_bytes, size_t n_chunks, uint64_t original_bytes, struct buffer *out)
{
	assert(n_chunks == count(original_bytes));
	const size_t entry = entry_bytes(original_bytes);
	const size_t table_bytes = wim_chunks_table_bytes(original_bytes);

	int rc = buffer_reserve(out, table_bytes);
	if (rc < 0)
		return rc;
	struct writer writer = writer_over(out->bytes + out->size, table_bytes);
	uint64_t at = 0;
	for (size_t i = 0; i + 1 < n_chunks; i++) {
		at += stored_bytes[i];
		if (entry == 8)
			writer_le64(&writer, at);
		else
			writer_le32(&writer, (uint32_t)at);
	}
	assert(!writer.failed);
	out->size += table_bytes;
	return 0;
}
