/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What match.c, match_drafts.c and match_words.c share. */
#pragma once

#include "driver/marks.h"
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

/* ---- drafts (match_drafts.c) ---- */

/* What each section of a package means for the target, worked out when it is first met. */
struct package_choices {
	struct section_choice *sections; /* owned; NULL until then */
};

struct matching {
	struct driver_search *search;
	const struct driver_rules *rules;
	struct target target;
	bool has_base;                   /* what an image brings along is known */
	struct package_choices *choices; /* by number of the package in the search */
	size_t n_choices;
	struct device_match **matches; /* one by one, so that they stay where they are */
	size_t n_matches;
};

/* What a hit comes to, without words: a hostile package may have 200,000 for one device. */
struct draft {
	const struct driver_hit *hit;
	const struct driver_package *package;
	const struct driver_install *install; /* NULL unless its section is taken and there */
	struct section_choice choice;
	enum candidate_state state;
	uint32_t rank;
	uint32_t date;
	uint64_t version;
	bool is_one_of_many; /* other lines of the INF lead to the same install section */
};

/* A device while it is matched. */
struct query {
	struct matching *matching;
	struct device device; /* ids in the order of the target's Windows */
	const char **ids;     /* hardware ids, then compatible ids; the texts are the device's */
	size_t n_ids;
	struct draft *drafts;
	size_t n;
};

/* All drafts of the device, best first: one for each install section of each package that names it,
 * and of a package with none the one that comes nearest. */
int query_find_drafts(struct query *query, struct error *err) MUST_CHECK;
/* The id of the device that ExcludeID names, or NULL. */
const char *query_excluded_id(const struct query *query, const struct driver_install *install);
bool query_is_forbidden(
	const struct query *query, const struct draft *draft, struct mark_verdict *ret_verdict);
/* What the driver's binary says of itself, for CANDIDATE_TOO_NEW. */
struct binary_version {
	uint16_t major, minor;
};
/* 1 if it is above the target's, else 0. */
int query_binary_is_too_new(const struct query *query, const struct draft *draft,
	struct binary_version *ret_version, struct error *err) MUST_CHECK;
bool draft_is_extension(const struct draft *draft);
int match_no_memory(struct error *err);

/* ---- words (match_words.c) ---- */

/* Texts of candidates; NULL without memory. */
char *match_words_of_section(const struct driver_package *package, uint32_t section,
	const struct section_choice *choice, const struct target *target);
char *match_words_of_missing(const struct driver_install *install);
char *match_words_of_too_new(
	const struct driver_install *install, const struct binary_version *version);
char *match_words_of_inbox(const struct driver_package *package);
/* Why candidates[pick] is the one, or why there is none. instead_of: the marked candidate in whose
 * place it stands, or -1. */
void match_words_of_pick(
	const struct matching *matching, struct device_match *match, ssize_t instead_of);
