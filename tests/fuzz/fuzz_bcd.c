/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first four bytes are the element's id, the rest its value. */
#include "base/bytes.h"
#include "format/bcd.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_over(data, size);
	uint32_t id = reader_le32(&r);
	struct bcd_element element;
	char words[64];
	if (r.failed || bcd_element_read(id, data + 4, size - 4, &element) != 0)
		return 0;
	bcd_element_describe(&element, words, sizeof(words));
	if (strnlen(words, sizeof(words)) == sizeof(words))
		abort();
	return 0;
}
