/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Upper case as Windows' file systems have it, unit by unit of UTF-16: what decides whether two
 * names mean the same file. */
#pragma once

#include <stdint.h>

/* Of a unit from 0x80 up. */
uint16_t upcase_beyond_ascii(uint16_t unit);

static inline uint16_t upcase(uint16_t unit)
{
	if (unit < 0x80)
		return unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 'a' + 'A') : unit;
	return upcase_beyond_ascii(unit);
}
