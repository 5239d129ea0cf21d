/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules of Prepare To Restore, as a pure function: a machine's devices with their candidates,
 * and what the image's newest revision holds -> which packages the machine's revision has to hold,
 * and for every device whether it is covered, by what, or why not.
 */
#pragma once

#include "device/device.h"
#include "driver/match.h"
#include "store/plans.h"
#include "store/revisions.h"

struct plan_input {
	const struct device_list *devices;
	const struct device_match *const
		*matches; /* one for each device; NULL: not of a wanted class */
	const struct image_record *image;
	const struct revision_record *newest;
	const char *classes; /* "Net,SCSIAdapter,HDC" or "all" */
};

struct plan_outcome {
	/* What the revision is to hold: what the newest one holds, with packages of the same family
	 * replaced by newer ones, and what the devices need besides. */
	struct revision_package *packages; /* owned */
	size_t n_packages;
	bool needs_revision;     /* it is not what the newest one holds */
	struct plan_record plan; /* without id, client, revision, time */
};
void plan_outcome_clear(struct plan_outcome *outcome);

int plan_make(const struct plan_input *input, struct plan_outcome *ret_outcome,
	struct error *err) MUST_CHECK;
