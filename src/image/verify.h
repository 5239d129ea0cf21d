/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Proof of a revision: every blob it names is there and hashes to its name; the WIM they compose
 * opens, for us and for wimlib, which knows nothing of our layers; every resource in it expands to
 * what its SHA-1 says, and has as many names as the table says; packages and files are there as
 * recorded, and the manifest names them and no others.
 */
#pragma once

#include "base/progress.h"
#include "store/revisions.h"

struct verify_fault {
	char what[ERROR_TEXT_BYTES]; /* where, what, and what to do */
};
struct verify_result {
	uint32_t revision; /* which it was */
	uint64_t n_bytes;  /* looked at */
	size_t n_resources, n_packages;
	size_t n_faults;
	struct verify_fault faults[32]; /* the first ones */
};

/* 0 also with faults: they are the result. */
int image_verify(struct store *store, const char *image, uint32_t revision,
	const struct progress_sink *progress, struct verify_result *ret_result,
	struct error *err) MUST_CHECK;
