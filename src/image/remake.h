/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making anew what the state has lost and can be made again from what it still has: for
 * `pewter check --repair`. */
#pragma once

#include "store/check.h"
#include "store/revisions.h"

struct remake {
	struct store *store;
	const char *state; /* the state directory, for scratch space */
};

/* For check_request.remake; context is a struct remake. A boot file out of its image's base, a part
 * out of the files of its package. */
int image_remake_blob(void *context, const struct check_use *use, const struct blob *blob,
	char *ret_how, size_t size) MUST_CHECK;

/* A revision with the packages and files of the broken one; plans that name the broken one name it
 * then, and the broken one is removed. */
int image_remake_revision(struct store *store, const struct image_record *image,
	const struct revision_record *broken, int64_t now_ms, uint32_t *ret_revision,
	struct error *err) MUST_CHECK;
