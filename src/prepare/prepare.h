/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prepare To Restore: match a client's devices, make the revision that it needs, keep the plan. */
#pragma once

#include "base/progress.h"
#include "driver/marks.h"
#include "prepare/plan.h"

struct prepare_request {
	struct store *store;
	const struct driver_rules *rules;
	const char *client; /* name, MAC or UUID */
	const char
		*image; /* NULL: the client's, else the default one, else the only one that fits */
	const char *default_image; /* [boot] image; NULL or "" for none */
	const char *classes;       /* NULL: "Net,SCSIAdapter,HDC" */
	bool own_revision;         /* a revision with this client's packages alone */
	bool dry_run;              /* say what would be, change nothing */
	int64_t now_ms;
	const struct progress_sink *progress;
};

struct prepare_result {
	struct plan_record plan;
	bool made_revision;
	uint32_t revision_before;
	struct revision_package *added; /* owned */
	size_t n_added;
	struct revision_package *replaced; /* owned: older ones that went */
	size_t n_replaced;
};
void prepare_result_clear(struct prepare_result *result);

int prepare(const struct prepare_request *request, struct prepare_result *ret_result,
	struct error *err) MUST_CHECK;
