/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Proof of a revision: every blob it names is there and hashes to its name; the WIM they compose
 * opens, and every resource in it has the SHA-1 that the WIM says (by wimlib, which knows nothing
 * of our layers); the manifest names what is there, and what is there is named.
 */
#pragma once

#include "base/progress.h"
#include "store/revisions.h"

struct verify_fault {
	char what[ERROR_TEXT_BYTES]; /* where, what, and what to do */
};
struct verify_result {
	uint64_t n_bytes; /* looked at */
	size_t n_resources, n_packages;
	size_t n_faults;
	struct verify_fault faults[32]; /* the first ones */
};

/* 0 also with faults: they are the result. */
int image_verify(struct store *store, const char *image, uint32_t revision,
	const struct progress_sink *progress, struct verify_result *ret_result,
	struct error *err) MUST_CHECK;
