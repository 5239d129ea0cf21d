/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files that prepare machines together share, and nobody else sees. */
#pragma once

#include "prepare/together.h"

struct together {
	const struct prepare_request *request;
	struct member *const *members;
	size_t n;
	prepare_told *told;
	void *context;
	struct basis basis;
	bool begins_again; /* what one brought that has no part in it any more is in the basis */
	bool makes_revision;
	uint32_t revision; /* what the plans name */
};

/* ---- together_make.c ---- */

/* The next one that is open, from *at on; NULL behind the last. */
struct member *together_next(const struct together *together, size_t *at);
/* Does the revision have something for this machine? */
bool together_brings(const struct together *together, const struct member *member);
/* The revision that the plans name, which are signed. A failure other than -ESTALE ends some of the
 * members, and the others have to begin again: 1. */
int together_make(struct together *together, struct error *err) MUST_CHECK;
