/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of contents.h share. */
#pragma once

#include "image/contents.h"

/* Takes the file's path over, on failure too. Of two of one name the later one stays. */
int contents_put(struct contents *contents, const struct content_file *file) MUST_CHECK;

/* winpeshl.ini, the script, the manifest. */
int contents_add_own(const struct layer_request *request, const struct ground *ground,
	struct buffer *own, struct contents *contents, struct error *err) MUST_CHECK;

/* The numbers of folders in the base's own \pewter\drivers, rising (a revision that was exported
 * and imported again). free() releases them. */
int contents_base_drivers(const struct wim_tree *tree, uint32_t **ret_numbers, size_t *ret_n,
	struct error *err) MUST_CHECK;
