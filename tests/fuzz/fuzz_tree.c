/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A path as it comes over TFTP or HTTP. */
#include "boot/tree.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tree_entry entry;
	if (tree_lookup((const char *)data, size, &entry) != 0)
		return 0;
	/* What was let through has no way out of the tree, and no way into a log line. */
	if (entry.path[0] == '/' || strstr(entry.path, "..") == entry.path ||
		strstr(entry.path, "/../") != NULL || strpbrk(entry.path, "\\\n\r") != NULL)
		abort();
	if (entry.boot_id[0] != 0 && strlen(entry.boot_id) != BOOT_ID_BYTES - 1)
		abort();
	if ((entry.kind == TREE_LOADER) != (entry.loader != BOOT_LOADER_NONE))
		abort();
	return 0;
}
