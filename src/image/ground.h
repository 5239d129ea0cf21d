/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a layer is laid on: the frame of its base and the tree of its files.
 *
 * A base never changes, so what reading it costs most for (expanding its metadata and the one file
 * that each revision changes, walking its tree, sorting its blob table) is done once, when it is
 * imported, and kept as its *outline*, a blob of its own. The outline is believed only as long as
 * its checksum is right and so is that of all bytes of the base that it speaks of; otherwise, and
 * without one, the base itself is read, as strictly as at its import. So an outline saves time and
 * decides nothing.
 */
#pragma once

#include "format/wim_tree.h"
#include "image/frame.h"
#include "store/store.h"

#include <pthread.h>

struct ground {
	struct view *view; /* the base */
	struct frame frame;
	struct wim_tree *tree;
	uint64_t data_end; /* the base's bytes behind it are table, XML, mostly metadata: nothing
			      that a layer does not bring anew */
	bool is_drawn;     /* from the outline */
	struct buffer winpeshl; /* the base's winpeshl.ini, if the outline had it; else empty */
	/* While it is read. */
	struct view *outline; /* or NULL */
	pthread_t thread;
	bool is_reading;
	int rc;
	struct error why;
};

/* Opens the image's base and begins to read it beside what the caller does meanwhile. */
int ground_begin(struct store *store, const struct image_record *image, struct ground *ground,
	struct error *err) MUST_CHECK;
/* Until it is read. -EINVAL or -EIO with the place for a base that is not what it was. */
int ground_finish(struct ground *ground, struct error *err) MUST_CHECK;
void ground_clear(struct ground *ground);
/* Appends the base's winpeshl.ini, which is there. -EINVAL with the reason for one that cannot be
 * read, -EFBIG past out's maximum. */
int ground_read_winpeshl(
	const struct ground *ground, struct buffer *out, struct error *err) MUST_CHECK;

/* Can a WIM be read as one that carries a layer: its frame, its tree, and does every file have its
 * content in it? -EINVAL with the place if not. */
int ground_read(struct view *view, struct error *err) MUST_CHECK;
/* The same, and its outline behind what is in out. */
int ground_outline(struct view *view, struct buffer *out, struct error *err) MUST_CHECK;

/* A blob of the store as a view; -EIO if it has not its size. */
int ground_open_blob(struct store *store, const struct blob *blob, struct view **ret_view,
	struct error *err) MUST_CHECK;
