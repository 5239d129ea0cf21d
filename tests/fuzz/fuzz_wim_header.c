/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The header, then the rest of the input as the blob table of a file as long as the input. */
#include "format/wim.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wim_header header;
	struct error err = ERROR_NULL;
	if (wim_header_parse(data, size, &header, &err) < 0)
		return 0;
	if (header.part == 0 || header.part > header.n_parts)
		abort();
	if (wim_header_check(&header, size, &err) == 0 &&
		header.xml.offset + header.xml.stored_bytes > size)
		abort();
	(void)wim_form_text(wim_header_forms(&header));
	(void)wim_compression_text(header.compression);
	if (wim_blob_table_check(
		    data + WIM_HEADER_BYTES, size - WIM_HEADER_BYTES, &header, size, &err) < 0 &&
		err.text[0] == 0)
		abort();
	return 0;
}
