/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one place of the server that reads the clock; everything below is told what time it is. */
#pragma once

#include <stdint.h>
#include <time.h>

/* Milliseconds since 1970: leases and timelines outlive the process, so this is the wall clock. */
static inline int64_t clock_now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
