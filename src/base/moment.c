/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/moment.h"

#include <stdio.h>

#define DAY_MS INT64_C(86400000)

void moment_format(int64_t unix_ms, char text[static MOMENT_TEXT_BYTES])
{
	const int64_t last = INT64_C(253402300799999); /* 9999-12-31T23:59:59.999Z */
	if (unix_ms < 0)
		unix_ms = 0;
	if (unix_ms > last)
		unix_ms = last;

	/* Days to a civil date by eras of 400 years that begin on 1 March, so that the leap day
	 * comes last. */
	uint32_t days = (uint32_t)(unix_ms / DAY_MS) + 719468;
	uint32_t ms = (uint32_t)(unix_ms % DAY_MS);
	uint32_t era = days / 146097, day_of_era = days % 146097;
	uint32_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	uint32_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint32_t month_from_march = (5 * day_of_year + 2) / 153;
	uint32_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
	uint32_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
	uint32_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);

	(void)snprintf(text, MOMENT_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", year % 10000,
		month % 100, day % 100, ms / 3600000 % 100, ms / 60000 % 60, ms / 1000 % 60,
		ms % 1000);
}
