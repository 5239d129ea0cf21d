/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prepare/request.h"

#include <stdlib.h>

void prepare_result_clear(struct prepare_result *result)
{
	plan_outcome_clear(&result->outcome);
	free(result->added);
	free(result->gone);
	*result = (struct prepare_result){.added = NULL};
}
