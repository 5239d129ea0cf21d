/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two sizes, then the head of a compressed resource; a table that is read is written the same. */
#include "base/bytes.h"
#include "format/wim_chunks.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader reader = reader_over(data, size);
	uint64_t stored = reader_le64(&reader);
	uint64_t original = reader_le64(&reader);
	size_t n = reader_left(&reader);
	struct wim_chunks chunks;
	struct error err = ERROR_NULL;
	if (reader.failed)
		return 0;
	if (wim_chunks_read(data + 16, n, stored, original, &chunks, &err) < 0) {
		if (err.text[0] == 0)
			abort();
		return 0;
	}
	uint32_t *sizes = calloc(chunks.n + 1, sizeof(*sizes));
	struct buffer table = buffer_with_max(SIZE_MAX / 2);
	uint64_t end = chunks.table_bytes, expanded = 0;
	for (size_t i = 0; sizes != NULL && i < chunks.n; i++) {
		if (chunks.chunks[i].at != end)
			abort();
		sizes[i] = chunks.chunks[i].stored_bytes;
		end += sizes[i];
		expanded += chunks.chunks[i].original_bytes;
	}
	if (sizes == NULL || end != stored || expanded != original ||
		wim_chunks_write_table(sizes, chunks.n, original, &table) < 0 ||
		table.size != chunks.table_bytes || memcmp(table.bytes, data + 16, table.size) != 0)
		abort();
	buffer_free(&table);
	free(sizes);
	wim_chunks_clear(&chunks);
	return 0;
}
