/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prepare To Restore: match a client's devices, make the revision that it needs, keep the plan. */
#pragma once

#include "base/progress.h"
#include "driver/marks.h"
#include "prepare/plan.h"
#include "store/own_revisions.h"

struct prepare_request {
	struct store *store;
	const struct driver_rules *rules;
	const char *client; /* name, MAC or UUID */
	int64_t client_id;  /* of the store, instead of client; else 0 */
	const char
		*image; /* NULL: the client's, else the default one, else the only one that fits */
	const char *default_image; /* [boot] image; NULL or "" for none */
	const char *classes;       /* NULL: PLAN_CLASSES_DEFAULT */
	bool own_revision;         /* a revision with this client's packages alone */
	bool dry_run;              /* say what would be, change nothing */
	int64_t now_ms;
	const struct progress_sink *progress;
};

struct prepare_result {
	/* With its plan as it was stored; its packages as the plan's revision has them. Of a
	 * dry_run that would make one, revision is the number it would have. */
	struct plan_outcome outcome;
	struct revision_package *added; /* owned */
	size_t n_added;
	struct revision_name *gone; /* owned; own revisions that nothing needs any more: removed */
	size_t n_gone;
	bool made_revision;          /* or would, with dry_run */
	uint32_t revision_before;    /* that the client would have booted without this: of its plan
					for that image, else the image's newest */
	bool had_plan, changed_plan; /* it has another one now */
	char why_image[160];         /* how the image was chosen */
	bool knows_inbox;            /* the image's own drivers were read when it was imported */
};
void prepare_result_clear(struct prepare_result *result);

/* -ENODATA if no devices of the client are known: says how to tell them. -ENOENT for a client that
 * is not there, and for no image (says which there are). -EOPNOTSUPP for an SDI. */
int prepare(const struct prepare_request *request, struct prepare_result *ret_result,
	struct error *err) MUST_CHECK;
