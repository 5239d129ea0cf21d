/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of layer.h share: each writes one piece of the frame into the composition. */
#pragma once

#include "format/wim_tree.h"
#include "image/compose.h"
#include "image/contents.h"
#include "image/frame.h"

#include <pthread.h>

/* The SHA-1 of the new metadata, counted on a thread: for 2 MB it takes longer than most of the
 * rest. */
struct metadata_hash {
	const uint8_t *bytes;
	size_t n;
	uint8_t digest[WIM_SHA1_BYTES];
	int rc;
	pthread_t thread;
	bool is_apart;
};
/* The tree is not changed from here until it has been waited for. */
void metadata_hash_begin(struct metadata_hash *hash, const struct wim_tree *tree);
void metadata_hash_wait(struct metadata_hash *hash);

/* The metadata: chunks that are as they were are ranges of the base. The entry's SHA-1 is zeros. */
int layer_add_metadata(const struct frame *base, const struct wim_tree *tree,
	struct composition *composition, struct wim_blob_entry *ret_entry,
	struct error *err) MUST_CHECK;

/* What happens to one content: how many more names have it. */
struct blob_use {
	uint8_t sha1[WIM_SHA1_BYTES];
	int64_t more;
	int64_t n_lost;                  /* names that were replaced; counted in more already */
	const struct content_file *file; /* where it is; NULL: in the base, or nowhere */
	int64_t entry;                   /* in the base's table; -1: not there */
};
struct blob_uses {
	struct blob_use *uses; /* owned; by SHA-1, each once */
	size_t n;
};
/* replaced: SHA-1s of what lost a name each. */
int blob_uses_find(const struct frame *base, const struct contents *contents,
	const uint8_t *replaced, size_t n_replaced, struct blob_uses *ret_uses,
	struct error *err) MUST_CHECK;
void blob_uses_clear(struct blob_uses *uses);
/* Is its content to be taken from there? */
bool blob_use_is_new(const struct blob_use *use);

/* The blob table: entries that are as they were are ranges of the base's. blob_at: where in the
 * composition each blob begins, by its index in pieces. *ret_metadata_at: where in its own bytes
 * the metadata's entry is, for its SHA-1 to be set. */
int layer_add_table(const struct frame *base, const struct blob_uses *uses,
	const struct wim_blob_entry *metadata, const uint64_t *blob_at,
	struct composition *composition, size_t *ret_metadata_at, struct error *err) MUST_CHECK;

/* The integrity table, if the base has one: hashes of chunks that are the base's (its bytes up to
 * base_end lie where they lay) are taken over. covered_end: where the blob table ends. */
int layer_add_integrity(const struct frame *base, uint64_t base_end, uint64_t covered_end,
	struct view *const *views, struct composition *composition,
	struct wim_resource *ret_resource, struct error *err) MUST_CHECK;

/* What a layer is checked against. */
struct layer_expected {
	const struct frame *base;
	const struct wim_tree *tree; /* the new metadata */
	const struct contents *contents;
	const struct blob_uses *uses;
};
/*
 * Reads what was composed as any reader would: its frame, its metadata, all that was added. Chunks
 * of metadata that are the base's own are not read: it would tell nothing that was not known of the
 * base. `image verify` reads all of it.
 */
int layer_check(
	struct view *view, const struct layer_expected *expected, struct error *err) MUST_CHECK;
