/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the check share. */
#pragma once

#include "adapter/scratch.h"
#include "store/check.h"

#include <string.h>

struct checking {
	struct store *store;
	const struct check_request *request;
	struct check_totals totals;
};

static inline int check_tell(
	const struct checking *checking, const struct check_finding *finding, struct error *err)
{
	int rc = checking->request->sink(checking->request->context, finding);
	return rc < 0 ? error_set(err, rc, "%s", strerror(-rc)) : rc;
}

/* A blob that is missing (fault -ENOENT) or damaged, and why: tells of it, after having mended it
 * if it can be and is wanted. */
int check_mend_blob(struct checking *checking, const struct blob *blob, int fault, const char *why,
	struct error *err) MUST_CHECK;
