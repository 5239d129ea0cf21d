/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where an import reads from: a folder with Windows media in it, or an .iso (UDF before ISO 9660,
 * as only UDF has files above 4 GiB). Paths have '/' between names, none in front, and are found
 * whatever their case. Out of a folder no symbolic link leads: what is imported will be served to
 * the network.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/progress.h"
#include "image/loaders.h"

#include <stdbool.h>
#include <stdint.h>

struct source;

/* Non-zero stops the listing and is what it returns. */
typedef int source_entry_function(void *context, const char *name, bool is_folder);

/* -EMEDIUMTYPE if the path is neither a folder nor an .iso; -ENOENT if no boot.wim is in it. */
int source_open(const char *path, struct source **ret_source, struct error *err) MUST_CHECK;
struct source *source_close(struct source *source);
DEFINE_FREEP(struct source, source_close);

/* "folder", "UDF", "ISO 9660" */
const char *source_kind(const struct source *source);
/* Where its boot.wim lies: "sources/boot.wim". */
const char *source_wim_path(const struct source *source);
/* If the files lie in the file system already, the open boot.wim; else -EOPNOTSUPP. */
int source_open_wim(struct source *source, int *ret_fd, struct error *err) MUST_CHECK;

/* Below the folder that holds sources/. -ENOENT if there is no such folder or file. */
int source_list(struct source *source, const char *folder, source_entry_function *function,
	void *context, struct error *err) MUST_CHECK;
/* As a place that boot files are found in; lives as long as the source. */
struct boot_place source_place(struct source *source);
/* To the file fd, which is empty; -EFBIG past max_bytes. */
int source_copy(struct source *source, const char *path, int fd, uint64_t max_bytes,
	const struct progress_sink *progress, struct error *err) MUST_CHECK;
/* The same into memory, up to the buffer's maximum. */
int source_read(
	struct source *source, const char *path, struct buffer *out, struct error *err) MUST_CHECK;
