/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What match.c and match_words.c share. */
#pragma once

#include "driver/match.h"

/* Why a section that names the device is not the one that this Windows takes. */
enum section_verdict {
	SECTION_TAKEN,
	SECTION_MISFIT,    /* fit says why */
	SECTION_OUTRANKED, /* it fits, but another one of its line fits better, and does not name
			      the device */
	SECTION_EMPTIED,   /* the one that fits better is empty or not there: it excludes */
};

struct section_choice {
	enum section_verdict verdict;
	enum decoration_fit fit; /* of this section itself */
	uint32_t taken;          /* the one of its line that is taken, unless MISFIT */
};

/* Texts of candidates; NULL without memory. */
char *match_words_of_section(const struct driver_package *package, uint32_t section,
	const struct section_choice *choice, const struct target *target);
char *match_words_of_missing(const struct driver_install *install);
/* Why candidates[pick] is the one, or why there is none. instead_of: the marked candidate in whose
 * place it stands, or -1. */
void match_words_of_pick(struct device_match *match, ssize_t instead_of);
