/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes packed: archives, and single files of COMPRESS.EXE and makecab ("e1000325.sy_"). */
#pragma once

#include "adapter/archive.h"
#include "driver/fileset.h"

/* May a file of this name be an archive? For those met on the way; one that the user names may have
 * any name. */
bool unpack_is_candidate(const char *name);

/*
 * All files of the archive, into a new folder of the scratch. -EMEDIUMTYPE if it is none (err not
 * set). On failure the folder is gone, and err says why without the archive's own name. -EINVAL and
 * its like are the archive's fault; -ENOSPC, -EIO, ... ours.
 */
int unpack_archive(int fd, struct scratch *scratch, struct archive_budget *budget,
	const struct progress_sink *progress, struct fileset *ret_set,
	struct error *err) MUST_CHECK;

/* A single compressed file, expanded into an open file. -EMEDIUMTYPE if it is none (err not set).
 */
int unpack_compressed(int fd, struct archive_budget *budget, int out, uint64_t *ret_size,
	struct error *err) MUST_CHECK;
