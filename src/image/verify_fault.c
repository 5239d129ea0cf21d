/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/verify_room.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

void verify_fault(struct verify_result *result, const char *format, ...)
{
	if (result->n_faults < ARRAY_SIZE(result->faults)) {
		struct verify_fault *fault = &result->faults[result->n_faults];
		va_list args;
		va_start(args, format);
		(void)vsnprintf(fault->what, sizeof(fault->what), format, args);
		va_end(args);
		text_disarm(fault->what, strlen(fault->what));
	}
	result->n_faults++;
}
