/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A path as it comes over TFTP or HTTP. */
#include "boot/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tree_entry entry;
	if (tree_lookup((const char *)data, size, &entry) != 0)
		return 0;
	/* What was let through has no way out of the tree ("..x" is a name), and no line of its
	 * own in a log. */
	char framed[LIMIT_PATH_BYTES + 2];
	(void)snprintf(framed, sizeof(framed), "/%s/", entry.path);
	if (strstr(framed, "/../") != NULL || strstr(framed, "//") != NULL ||
		strpbrk(framed, "\\\n\r") != NULL)
		abort();
	if (entry.boot_id[0] != 0 && strlen(entry.boot_id) != BOOT_ID_BYTES - 1)
		abort();
	if ((entry.kind == TREE_LOADER) != (entry.loader != BOOT_LOADER_NONE))
		abort();
	return 0;
}
