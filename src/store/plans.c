/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/plans.h"

void plan_record_clear(struct plan_record *plan)
{
	free(plan->devices);
	*plan = (struct plan_record){.devices = NULL};
}

struct plan_record *plan_records_free(struct plan_record *plans, size_t n)
{
	for (size_t i = 0; i < n; i++)
		plan_record_clear(&plans[i]);
	free(plans);
	return NULL;
}
