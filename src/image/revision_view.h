/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A revision as a file: the view that is served, exported, put onto media and verified. No byte of
 * it is copied. */
#pragma once

#include "base/view.h"
#include "store/revisions.h"

/* Where blobs come from: the store, or a server's cache of open views. */
typedef int revision_blob_opener(
	void *context, const struct blob *blob, struct view **ret_view, struct error *err);

/* For openers: a blob of the store. -ENOENT; -EIO if it is not as long as it was. */
int revision_blob_open(
	struct store *store, const struct blob *blob, int *ret_fd, struct error *err) MUST_CHECK;

int revision_view(const struct revision_record *revision, revision_blob_opener *opener,
	void *context, struct view **ret_view, struct error *err) MUST_CHECK;
/* Opens blobs one by one from the store. */
int revision_view_open(struct store *store, const struct revision_record *revision,
	struct view **ret_view, struct error *err) MUST_CHECK;
