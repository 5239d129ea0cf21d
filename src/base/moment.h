/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Points in time as text: RFC 3339 UTC with milliseconds. Reading the clock is not done here. */
#pragma once

#include <stdint.h>

#define MOMENT_TEXT_BYTES 25 /* 2026-11-22T02:00:00.123Z and NUL */

/* unix_ms: milliseconds since 1970-01-01T00:00:00Z; years 1970 to 9999. */
void moment_format(int64_t unix_ms, char text[static MOMENT_TEXT_BYTES]);
