/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input as the XML of a WIM; what comes out can be changed again and says what was asked for.
 */
#include "base/limits.h"
#include "format/wim_xml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct wim_xml_change change = {.image = 1,
		.files = 1,
		.folders = -1,
		.all_files = 5,
		.all_folders = 6,
		.bytes = -7,
		.time = 8,
		.file_bytes = 9};
	struct buffer out = buffer_with_max(LIMIT_WIM_XML_BYTES);
	struct buffer again = buffer_with_max(LIMIT_WIM_XML_BYTES);
	struct error err = ERROR_NULL;
	uint64_t number;

	int rc = wim_xml_change(data, size, &change, &out, &err);
	if (rc < 0 && err.text[0] == 0)
		abort();
	if (rc == 0 && (wim_xml_number(out.bytes, out.size, 0, "TOTALBYTES", &number, &err) < 0 ||
			       number != 9 ||
			       wim_xml_change(out.bytes, out.size, &change, &again, &err) < 0))
		abort();
	rc = wim_xml_number(data, size, 2, "FILECOUNT", &number, &err);
	if (rc < 0 && err.text[0] == 0)
		abort();
	buffer_free(&out);
	buffer_free(&again);
	return 0;
}
