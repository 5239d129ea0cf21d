/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A catalogue: whatever it holds, a fault has its place, and every member is found by its hash. */
#include "format/catalog.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct catalog *catalog = NULL;
	struct error err = ERROR_NULL;
	if (catalog_parse(data, size, &catalog, &err) < 0) {
		assert(strstr(err.text, "byte ") != NULL);
		return 0;
	}
	struct buffer text = buffer_with_max(4 * size);
	assert(catalog->content_at + catalog->content_size <= size);
	for (size_t i = 0; i < catalog->n_members; i++) {
		const struct catalog_member *member = &catalog->members[i];
		assert(catalog_find(catalog, member->hash, member->hash_bytes) != NULL);
		assert(catalog_text_value(catalog, member->file, &text) == 0);
		assert(catalog_text_value(catalog, member->os, &text) == 0);
	}
	for (size_t i = 0; i < catalog->n_attributes; i++) {
		assert(catalog_text_name(catalog, catalog->attributes[i].name, &text) == 0);
		assert(catalog_text_value(catalog, catalog->attributes[i].value, &text) == 0);
	}
	buffer_free(&text);
	catalog_free(catalog);
	return 0;
}
