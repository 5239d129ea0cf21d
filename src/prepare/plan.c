/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prepare/plan.h"

void plan_outcome_clear(struct plan_outcome *outcome)
{
	free(outcome->packages);
	plan_record_clear(&outcome->plan);
	*outcome = (struct plan_outcome){.packages = NULL};
}
