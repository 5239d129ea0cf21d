/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading a UDF file system in an .iso, through libudfread. Windows media since Vista are UDF, with
 * an ISO 9660 tree beside it that may lack the large files.
 *
 * Paths have '/' between names, none in front, and are found whatever their case. Nothing here
 * walks a tree, so a folder that holds itself leads nowhere.
 */
#pragma once

#include "base/error.h"
#include "base/progress.h"

#include <stdbool.h>
#include <stdint.h>

struct udf;

/* Non-zero stops the listing and is what it returns. */
typedef int udf_entry_function(void *context, const char *name, bool is_folder);

/* -EMEDIUMTYPE if there is no UDF in it. */
int udf_open(const char *path, struct udf **ret_udf, struct error *err) MUST_CHECK;
struct udf *udf_close(struct udf *udf);
DEFINE_FREEP(struct udf, udf_close);

/* "" is the root. -ENOENT if there is no such folder, -E2BIG past LIMIT_ISO_ENTRIES. */
int udf_list(struct udf *udf, const char *folder, udf_entry_function *function, void *context,
	struct error *err) MUST_CHECK;
/* Writes the file to fd. -ENOENT if there is no such file, -EFBIG past max_bytes. */
int udf_copy(struct udf *udf, const char *path, int fd, uint64_t max_bytes,
	const struct progress_sink *progress, struct error *err) MUST_CHECK;
