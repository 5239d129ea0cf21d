/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From somebody's WIM to a base: one image, LZX or XPRESS, neither solid nor split nor pipable,
 * marked bootable. A WIM that is so already is kept byte for byte; of any other the chosen image is
 * written anew, once, here.
 */
#pragma once

#include "adapter/scratch.h"
#include "adapter/wimlib.h"
#include "base/error.h"
#include "base/progress.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct base_request {
	struct store *store;
	struct scratch *scratch;
	int fd;           /* the WIM */
	bool is_ours;     /* fd is a file of the store's without a name, that may become the base */
	const char *path; /* the WIM as the user named it, by which the parts of a split one are
			     found; NULL inside media */
	uint32_t index;   /* which image; 0: the WIM's own choice */
	const struct progress_sink *progress;
};

struct base {
	int fd;               /* the base, not yet a blob; -1 once somebody took it */
	struct wim_file *wim; /* the base, open, or the volume in an SDI; its one image is number 1.
				 NULL for a volume that nobody can look into */
	struct wim_image image;
	struct buffer outline; /* of a WIM: image/ground.h */
	uint32_t source_index; /* which image of the source it was */
	char converted[64];    /* why it was not kept as it was; "" if it was */
	char note[256];        /* what has to be said; "" for nothing */
};

/* The WIM, and which of its images is meant; nothing is written. */
int base_open(const struct base_request *request, struct wim_file **ret_wim, uint32_t *ret_index,
	struct error *err) MUST_CHECK;

int base_make(
	const struct base_request *request, struct base *ret_base, struct error *err) MUST_CHECK;
void base_clear(struct base *base);
