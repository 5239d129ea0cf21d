/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * \pewter\manifest.json inside a revision: which it is, what it was made for, which packages and
 * files it holds, and which devices that covers. For who has only the WIM in hand, for the agent,
 * and for `pewter image verify`. Its keys stand in docs/json.md. Pure.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "store/plans.h"
#include "store/revisions.h"

/* Appends the manifest of a revision (image, revision, created_ms, packages and files are looked
 * at). plan: whom it was made for, with its devices; or NULL. */
int manifest_write(const struct revision_record *revision, const char *base_sha256,
	const struct plan_record *plan, struct buffer *out) MUST_CHECK;

/* What is asked of one that was read: of packages folder (number), id and inf. */
struct manifest {
	char image[LIMIT_IMAGE_NAME_BYTES + 1];
	char base[SHA256_TEXT_BYTES];
	uint32_t revision;
	struct revision_package *packages; /* owned */
	size_t n_packages;
};
void manifest_clear(struct manifest *manifest);
/* -EINVAL for what is no manifest, -EFBIG past LIMIT_MANIFEST_BYTES. */
int manifest_read(
	const void *bytes, size_t n, struct manifest *ret_manifest, struct error *err) MUST_CHECK;
