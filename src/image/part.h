/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts: files as compressed WIM resources, one behind the other. */
#pragma once

#include "base/buffer.h"
#include "base/progress.h"
#include "format/wim.h"
#include "store/drivers.h"
#include "store/revisions.h"

/* The part of a driver package for images of that compression: from the store if it has been made
 * before, else compressed now (on all processors) and kept. -EIO names the file of the package
 * that is not there any more. */
int part_of_package(struct store *store, const struct driver_package *package,
	enum wim_compression compression, const struct progress_sink *progress,
	struct part_record *ret_part, struct error *err) MUST_CHECK;

/* A file or folder of this system that is to lie at a path of the image. */
struct part_source {
	const char *path;   /* here; of a folder all that is in it; links only to files inside */
	const char *target; /* in the image: '\\' or '/' between names */
};
/* The same for files of the user's; paths in the part are from the image's root. */
int part_of_files(struct store *store, const struct part_source *sources, size_t n_sources,
	enum wim_compression compression, const struct progress_sink *progress,
	struct part_record *ret_part, struct error *err) MUST_CHECK;

/* Is its blob in the store, as long as it should be? */
bool part_is_whole(struct store *store, const struct part_record *part);
/* The content of one file of a part (whatever the case of its path), behind what is in out: -EFBIG
 * past its maximum, -EINVAL if it is not what it was. */
int part_read_file(struct store *store, const struct part_record *part, const char *path,
	struct buffer *out, struct error *err) MUST_CHECK;
