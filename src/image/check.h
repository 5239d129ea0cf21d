/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The part of `pewter check` that knows what a revision is: whether every revision still composes
 * to a WIM, and the mending of what can be made anew: a part out of the files of its driver
 * package, a revision out of its base and its parts.
 */
#pragma once

#include "store/check.h"

/* After store_check(), which has said which blobs are whole. Blobs that are missing are not told
 * again, only which revisions cannot be served without them. *ret_n: revisions looked at. */
int image_check(struct store *store, const struct check_request *request, size_t *ret_n,
	struct error *err) MUST_CHECK;
