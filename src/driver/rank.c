/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Order of drivers. */
#include "driver/rank.h"

/* "For driver package matches that have equal rank, Windows selects the driver package that has the
 * most recent date; [of those] the highest version": Overview of the Driver Selection Process. */
int driver_version_compare(uint32_t date_a, uint64_t version_a, uint32_t date_b, uint64_t version_b)
{
	if (date_a != date_b)
		return date_a > date_b ? 1 : -1;
	return (version_a > version_b) - (version_a < version_b);
}
