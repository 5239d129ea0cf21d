/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/sdi.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sdi sdi;
	struct error err = ERROR_NULL;
	if (sdi_read(data, size, size, &sdi, &err) != 0)
		return 0;
	for (size_t i = 0; i < sdi.n_blobs; i++) {
		if (sdi.blobs[i].offset > size || sdi.blobs[i].size > size - sdi.blobs[i].offset)
			abort();
	}
	return 0;
}
