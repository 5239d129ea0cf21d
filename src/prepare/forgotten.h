/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A package that a revision holds and the database has forgotten: its record as the importer made
 * it, out of the same bytes, which lie in the revision's part. */
#pragma once

#include "store/drivers.h"
#include "store/revisions.h"

/* Its lists are sections, models, installs; it has neither files nor warnings. */
int forgotten_read(struct store *store, const struct revision_package *held,
	struct driver_package *ret_package, struct error *err) MUST_CHECK;
