/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What prepare() is asked for, and what it tells. */
#pragma once

#include "base/progress.h"
#include "driver/marks.h"
#include "prepare/plan.h"
#include "store/own_revisions.h"

struct prepare_request {
	struct store *store;
	const struct driver_rules *rules;
	const char
		*image; /* NULL: the client's, else the default one, else the only one that fits */
	const char *default_image; /* [boot] image; NULL or "" for none */
	const char *classes;       /* NULL: PLAN_CLASSES_DEFAULT */
	bool own_revision;         /* for each a revision with its packages alone */
	bool dry_run;              /* say what would be, change nothing */
	int64_t now_ms;
	/* Of several also how many have been matched: PREPARE_MATCHING. */
	const struct progress_sink *progress;
};
#define PREPARE_MATCHING "preparing"

struct prepare_client {
	const char *word; /* name, MAC or UUID */
	int64_t id;       /* of the store, instead of word; else 0 */
};

struct prepare_result {
	/* With its plan as it was stored; its packages as the plan's revision has them; what was
	 * replaced and dropped for this client. Of a dry_run that would make one, revision is the
	 * number it would have. */
	struct plan_outcome outcome;
	struct revision_package *added; /* owned; for this client, of several */
	size_t n_added;
	struct revision_name *gone; /* owned; own revisions that nothing needs any more: removed,
				       or with dry_run of this client's: would be */
	size_t n_gone;
	bool made_revision;          /* with something for this client; or would, with dry_run */
	uint32_t revision_before;    /* that the client would have booted without this: of its plan
					for that image, else the image's newest */
	bool had_plan, changed_plan; /* it has another one now */
	char why_image[160];         /* how the image was chosen */
	bool knows_inbox;            /* the image's own drivers were read when it was imported */
};
void prepare_result_clear(struct prepare_result *result);

/* What became of clients[number], once for each, in any order: rc 0 and the result, which it may
 * take, or what prepare() would have returned and said. A negative errno ends all. */
typedef int prepare_told(void *context, size_t number, int rc, struct prepare_result *result,
	const struct error *err);
