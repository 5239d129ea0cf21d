/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Open views that many clients share: fifty machines that load one image read one open file, and a
 * hundred revisions of it share the descriptors of their base and of the packages they have in
 * common.
 */
#pragma once

#include "base/error.h"
#include "base/view.h"
#include "store/store.h"

struct view_cache;

int view_cache_new(struct store *store, struct view_cache **ret_cache) MUST_CHECK;
struct view_cache *view_cache_free(struct view_cache *cache);
/* One reference for the caller, as of the others. The blob's size is checked against its file. */
int view_cache_blob(struct view_cache *cache, const struct blob *blob, struct view **ret_view,
	struct error *err) MUST_CHECK;
/* The image at a revision, 0 for the newest. -ENOENT if the revision is gone, or belongs to another
 * base by now. */
int view_cache_revision(struct view_cache *cache, const struct image_record *image,
	uint32_t revision, struct view **ret_view, struct error *err) MUST_CHECK;
/* A file of the system (an installed iPXE). */
int view_cache_path(struct view_cache *cache, const char *path, struct view **ret_view,
	struct error *err) MUST_CHECK;
/* The store has changed: lets go of what may have been replaced or removed. Blobs that are still
 * where they were stay open. */
void view_cache_refresh(struct view_cache *cache);
/* How many views it holds: tests. */
size_t view_cache_count(const struct view_cache *cache);
