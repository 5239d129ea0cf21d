/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The small language of marks and rules: "winpe<=2.1", "windows=6.1", "windows>=10.0.22000,
 * arch=x86", "winpe=2.1..3.1". Terms with commas must all hold. Pure.
 *
 * Versions are compared as far as they are written: 6.1.7601 is 6.1, and not above it.
 */
#pragma once

#include "driver/target.h"

#define CONDITION_TERMS 8
#define VERSION_PARTS   4
#define CONDITION_BYTES 128 /* of its text */

struct version_number {
	uint32_t parts[VERSION_PARTS];
	size_t n; /* parts that are known or written */
};

/* One side may be open. */
struct version_range {
	struct version_number low, high; /* n = 0: open */
	bool is_above, is_below;         /* low or high itself is outside */
};

/* "6.0..7.8", "<=7.4", ">6", "=7.4", "7.4": -EINVAL says what was expected. */
int version_range_parse(
	const char *text, struct version_range *ret_range, struct error *err) MUST_CHECK;
bool version_range_holds(const struct version_range *range, const struct version_number *number);

enum condition_subject {
	CONDITION_WINPE,
	CONDITION_WINDOWS,
	CONDITION_ARCH,
};

struct condition_term {
	enum condition_subject subject;
	struct version_range range; /* of winpe and windows */
	char arch[8];
};

struct condition {
	struct condition_term terms[CONDITION_TERMS];
	size_t n;
};

int condition_parse(
	const char *text, struct condition *ret_condition, struct error *err) MUST_CHECK;
/* A target whose version is not known as far as a term asks for it does not fulfil that term; a
 * server is no WinPE. */
bool condition_holds(const struct condition *condition, const struct target *target);
