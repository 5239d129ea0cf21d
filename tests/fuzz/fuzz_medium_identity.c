/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/medium.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read can be written, and reads the same again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buffer_free) struct buffer json = buffer_with_max(1U << 16);
	struct medium_identity first, second;
	struct error err = ERROR_NULL;
	if (medium_identity_read(data, size, &first, &err) < 0)
		return 0;
	if (first.image[0] == 0 || first.revision == 0 || strlen(first.base) != 64)
		abort();
	if (medium_identity_write(&first, &json) < 0)
		abort();
	if (json.size <= LIMIT_MEDIUM_JSON_BYTES &&
		(medium_identity_read(json.bytes, json.size, &second, &err) < 0 ||
			strcmp(first.image, second.image) != 0 ||
			first.revision != second.revision || first.made_ms != second.made_ms))
		abort();
	return 0;
}
