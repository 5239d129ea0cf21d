/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The drivers that a Windows PE brings along: its \Windows\INF (and the driver store where it has
 * one), read at import into records beside the database's own, marked with the base they belong
 * to. So a device that the image serves by itself is matched like any other.
 */
#pragma once

#include "adapter/wimlib.h"
#include "base/progress.h"
#include "driver/target.h"
#include "store/drivers.h"
#include "store/revisions.h"

struct inbox {
	struct driver_package *packages; /* owned; base set, no files */
	size_t n_packages;
	struct nic_set nics;
	size_t n_skipped; /* INFs that are no drivers, or whose binaries the image does not hold */
};
void inbox_clear(struct inbox *inbox);

/* Reads them out of image 1 of the base. */
int inbox_read(struct wim_file *wim, const char *base_sha256, const struct target *target,
	const char *scratch, const struct progress_sink *progress, struct inbox *ret_inbox,
	struct error *err) MUST_CHECK;
