/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manifest of a revision, as anybody may have written it. */
#include "image/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manifest manifest;
	struct error err = ERROR_NULL;
	if (manifest_read(data, size, &manifest, &err) == 0)
		manifest_clear(&manifest);
	return 0;
}
