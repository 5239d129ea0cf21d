/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading an ISO 9660 file system (with Joliet or Rock Ridge names) through libarchive: what media
 * without UDF have, such as those that mkisofs or ConfigMgr make.
 *
 * The tree is read once into a flat list within LIMIT_ISO_ENTRIES and LIMIT_ISO_DEPTH; a tree that
 * loops is refused. Paths have '/' between names, none in front, and are found whatever their case.
 */
#pragma once

#include "base/error.h"
#include "base/progress.h"

#include <stdbool.h>
#include <stdint.h>

struct iso9660;

/* Non-zero stops the listing and is what it returns. */
typedef int iso9660_entry_function(void *context, const char *name, bool is_folder);

/* -EMEDIUMTYPE if it is no ISO 9660. */
int iso9660_open(const char *path, struct iso9660 **ret_iso, struct error *err) MUST_CHECK;
struct iso9660 *iso9660_close(struct iso9660 *iso);
DEFINE_FREEP(struct iso9660, iso9660_close);

/* "" is the root. -ENOENT if there is no such folder. */
int iso9660_list(struct iso9660 *iso, const char *folder, iso9660_entry_function *function,
	void *context, struct error *err) MUST_CHECK;
/* -ENOENT if there is no such file. */
int iso9660_size(
	struct iso9660 *iso, const char *path, uint64_t *ret_size, struct error *err) MUST_CHECK;
/* A piece of a file; a negative errno ends the reading and is what it returns. */
typedef int iso9660_piece_function(
	void *context, uint64_t offset, const void *bytes, size_t n, struct error *err);
/* The file piece by piece, from its beginning. -ENOENT if there is no such file. */
int iso9660_read(struct iso9660 *iso, const char *path, iso9660_piece_function *function,
	void *context, struct error *err) MUST_CHECK;
/* Writes the file to fd. -ENOENT if there is no such file, -EFBIG past max_bytes. */
int iso9660_copy(struct iso9660 *iso, const char *path, int fd, uint64_t max_bytes,
	const struct progress_sink *progress, struct error *err) MUST_CHECK;
