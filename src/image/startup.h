/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a revision's drivers get loaded: \Windows\System32\winpeshl.ini, which runs
 * \pewter\start.cmd first and then exactly what would have run without it, and that script, which
 * runs drvload for each INF. What is known of winpeshl.exe and what is inferred stands in
 * docs/images.md. Pure: bytes to bytes.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* What the base has. */
struct startup_base {
	const void *winpeshl; /* its winpeshl.ini; NULL: it has none */
	size_t n_winpeshl;
	bool has_setup; /* \setup.exe, which winpeshl.exe runs where there is no winpeshl.ini */
};

/* Appends the new winpeshl.ini: in the encoding of the old one, which may be UTF-16. A line of
 * Pewter's own in the old one (an exported revision that was imported again) is not taken over. */
int startup_write_winpeshl(const struct startup_base *base, struct buffer *out) MUST_CHECK;
/* Does a winpeshl.ini run \pewter\start.cmd? */
bool startup_is_ours(const void *winpeshl, size_t n);

struct startup_driver {
	uint32_t number; /* \pewter\drivers\NUMBER */
	const char *inf; /* UTF-8; NULL: all INFs of the folder */
};

/* Appends \pewter\start.cmd: ASCII, whatever the INFs' names. */
int startup_write_script(const char *image, uint32_t revision, const struct startup_driver *drivers,
	size_t n_drivers, struct buffer *out) MUST_CHECK;
