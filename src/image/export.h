/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A view written to a file: by reflink or copy_file_range where the file system can, else copied.
 * The file appears whole or not at all. */
#pragma once

#include "base/error.h"
#include "base/progress.h"
#include "base/view.h"

enum export_method {
	EXPORT_REFLINK, /* all of the large pieces share their blocks with the store */
	EXPORT_COPY_FILE_RANGE,
	EXPORT_COPY,
};

/* Writes to a temporary file beside path, renames it. -EEXIST unless replace. A file that was there
 * is replaced only by one that is on disk; a new one is written to disk when the kernel does so. */
int view_export(const struct view *view, const char *path, bool replace,
	const struct progress_sink *progress, enum export_method *ret_method,
	struct error *err) MUST_CHECK;
const char *export_method_name(enum export_method method);
