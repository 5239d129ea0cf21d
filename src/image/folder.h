/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder of the file system whose files are found whatever their case, and out of which no link
 * leads. */
#pragma once

#include "base/error.h"
#include "base/progress.h"

#include <stdbool.h>
#include <stdint.h>

typedef int folder_entry_function(void *context, const char *name, bool is_folder);

/* root: an open folder. -ENOENT if there is no such folder, -E2BIG past LIMIT_ISO_ENTRIES. */
int folder_list(int root, const char *path, folder_entry_function *function, void *context,
	struct error *err) MUST_CHECK;
/* An ordinary file, for reading. */
int folder_open_file(int root, const char *path, int *ret_fd, struct error *err) MUST_CHECK;
