/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a revision holds beyond its base: the files of its packages, those of the user's, and what
 * Pewter adds of its own. */
#pragma once

#include "base/name_table.h"
#include "format/wim_tree.h"
#include "image/compose.h"
#include "image/ground.h"
#include "image/layer.h"

struct content_file {
	char *path;    /* in the image, '/' between names; owned */
	uint32_t blob; /* COMPOSE_OWN, or COMPOSE_PARTS + part */
	uint8_t sha1[WIM_SHA1_BYTES];
	uint64_t offset; /* in that blob */
	uint64_t stored_bytes, original_bytes;
	bool is_compressed;
};

struct contents {
	struct content_file *files; /* owned */
	size_t n_files, files_max;
	struct name_table names;   /* of the files, to their index */
	struct part_record *parts; /* owned; each once */
	size_t n_parts;
	/* As the revision will have them: numbered, with their parts. Owned. */
	struct revision_package *packages;
	size_t n_packages;
};
void contents_clear(struct contents *contents);

/* What needs nothing of the base but how it is compressed: the parts, those made that are not there
 * yet, and the files of the user's. -EIO names the package whose files have gone. */
int contents_gather_parts(const struct layer_request *request, enum wim_compression compression,
	struct contents *ret_contents, struct error *err) MUST_CHECK;
/* The rest: the packages get their folders, and Pewter's own files are appended to own as
 * resources. */
int contents_settle(const struct layer_request *request, const struct ground *ground,
	struct buffer *own, struct contents *contents, struct error *err) MUST_CHECK;
