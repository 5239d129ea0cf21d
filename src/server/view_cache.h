/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Open views that many clients share: fifty machines that load one image read one open file. */
#pragma once

#include "base/error.h"
#include "base/view.h"
#include "store/store.h"

struct view_cache;

int view_cache_new(struct store *store, struct view_cache **ret_cache) MUST_CHECK;
struct view_cache *view_cache_free(struct view_cache *cache);
/* One reference for the caller. The blob's size is checked against its file. */
int view_cache_blob(struct view_cache *cache, const struct blob *blob, struct view **ret_view,
	struct error *err) MUST_CHECK;
/* A file of the system (an installed iPXE). */
int view_cache_path(struct view_cache *cache, const char *path, struct view **ret_view,
	struct error *err) MUST_CHECK;
/* Lets go of what it holds: files may have been replaced or removed. */
void view_cache_drop(struct view_cache *cache);
