/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/revision_pack.h"

#include "base/bytes.h"

#include <stdlib.h>

#define BLOB_BYTES 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void listing(const uint8_t *data, size_t size)
{
	struct part_record part = {.blob = {.size = BLOB_BYTES}};
	int rc = part_unpack_listing(data, size, &part);
	for (size_t i = 0; rc == 0 && i < part.n_files; i++)
		if (part.files[i].offset > BLOB_BYTES ||
			part.files[i].stored_bytes > BLOB_BYTES - part.files[i].offset)
			abort();
	part_record_clear(&part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader reader = reader_over(data, size);
	struct packed_piece piece;
	struct nic_set nics;
	listing(data, size);
	while (revision_unpack_piece(&reader, &piece) > 0)
		continue;
	if (nics_unpack(data, size, &nics) == 0) {
		struct buffer again = buffer_with_max(2 * size + 1);
		if (nics_pack(&nics, &again) < 0)
			abort(); /* what is read is sorted */
		buffer_free(&again);
		nic_set_clear(&nics);
	}
	return 0;
}
