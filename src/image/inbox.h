/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The drivers that a Windows PE brings along: its \Windows\INF (and the driver store where it has
 * one), read at import into records beside the database's own, marked with the base they belong
 * to. So a device that the image serves by itself is matched like any other.
 *
 * An INF alone drives nothing: makers of images leave out binaries and keep the INF. So only those
 * count whose function driver lies in the image too.
 */
#pragma once

#include "adapter/scratch.h"
#include "adapter/wimlib.h"
#include "base/progress.h"
#include "driver/target.h"
#include "store/drivers.h"
#include "store/revisions.h"

struct inbox {
	struct driver_package *packages; /* owned; without files; source is the INF's path */
	size_t n_packages;
	struct nic_set nics;
	/* INFs that are no drivers for this Windows, or that are damaged; and those whose binaries
	 * the image does not hold. */
	size_t n_skipped, n_bare;
};
void inbox_clear(struct inbox *inbox);

/* Reads them out of image 1 of the base. An image without such folders has an empty inbox. */
int inbox_read(struct wim_file *wim, const struct target *target, struct scratch *scratch,
	const struct progress_sink *progress, struct inbox *ret_inbox,
	struct error *err) MUST_CHECK;
/* Adds the image, as store_image_add() does, with its own drivers: both or none. inbox is given its
 * base and the ids, which no other package has; NULL: what the image drives is not known. */
int inbox_keep(struct store *store, const struct image_record *record, bool replace,
	struct inbox *inbox, struct error *err) MUST_CHECK;
