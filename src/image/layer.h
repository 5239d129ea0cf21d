/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making a revision: a base, the parts to lay over it, and what Pewter adds of its own
 * (\pewter\manifest.json, \pewter\start.cmd, \Windows\System32\winpeshl.ini). Every revision is one
 * layer on the base itself, so serving the hundredth costs what serving the first does.
 *
 * What is written: a new header, a few chunks of the image's metadata, entries for the blob table,
 * the XML. Everything else are references: unchanged chunks of metadata and the old table are
 * ranges of the base, packages are parts.
 */
#pragma once

#include "base/progress.h"
#include "base/view.h"
#include "driver/target.h"
#include "format/wim.h"
#include "store/drivers.h"
#include "store/plans.h"
#include "store/revisions.h"

struct ground;

/* What the next revision is to hold, in place of what the one before held. */
struct layer_request {
	struct store *store;
	const struct image_record *image;
	const struct revision_record *before; /* the newest revision */
	bool is_own;                          /* for one client alone: see revision_record.is_own */
	/* Its packages in the end; number 0: it gets the next free one. part "": part_of_package()
	 * makes it. */
	const struct revision_package *packages;
	size_t n_packages;
	const struct revision_files *files;
	size_t n_files;
	struct nic_set nics; /* of the packages; borrowed */
	/* Which client it was made for and what of its devices is covered, for the manifest; or
	 * NULL. The caller keeps it in the store at once: that makes the revision durable, too. */
	const struct plan_record *plan;
	const char *why;
	int64_t now_ms;
	const struct progress_sink *progress;
	/* Of the image's base, from ground_begin() on; used up. NULL: it is begun here. */
	struct ground *ground;
};

/* Builds it, reads what it composes again (frame, metadata, all that was added), records it.
 * -ESTALE as store_revision_add(): begin again with the newer record and revision; -EOPNOTSUPP for
 * an SDI; -EINVAL or -EIO with the place for a base that is not what it was, -EIO for a package
 * whose files have gone. Nothing of a failure stays but blobs for the next sweep. */
int layer_make(const struct layer_request *request, struct revision_record *ret_revision,
	struct error *err) MUST_CHECK;

/* The Windows that drivers of this image are chosen for. */
int image_target(
	const struct image_record *image, struct target *ret_target, struct error *err) MUST_CHECK;
/* How its base is compressed: so must all parts be that go into it. */
int layer_compression(struct store *store, const struct image_record *image,
	enum wim_compression *ret_compression, struct error *err) MUST_CHECK;
