/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the table names lies in the file, and nothing in anything else; what a blob begins with is
 * looked at as a boot sector and as a disk. */
#include "format/sdi.h"
#include "format/volume.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const uint8_t *bytes, uint64_t size)
{
	struct volume volume;
	uint64_t offset, length;
	if (size < VOLUME_SECTOR_BYTES)
		return;
	volume_read(bytes, &volume);
	if ((volume.kind == VOLUME_NONE) != (volume.bytes == 0))
		abort();
	if (volume_first_partition(bytes, size, &offset, &length) &&
		(offset > size || length > size - offset))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sdi sdi;
	struct error err = ERROR_NULL;
	look(data, size);
	if (sdi_read(data, size, size, &sdi, &err) != 0)
		return 0;
	for (size_t i = 0; i < sdi.n_blobs; i++) {
		const struct sdi_blob *blob = &sdi.blobs[i];
		if (blob->offset > size || blob->size > size - blob->offset ||
			(blob->size > 0 && blob->offset < SDI_PAGE_BYTES))
			abort();
		look(data + blob->offset, blob->size);
	}
	return 0;
}
