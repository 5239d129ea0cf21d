/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which packages serve a machine: every candidate of every device, best first, with the reason of
 * each, and the pick.
 */
#pragma once

#include "driver/target.h"
#include "device/device.h"
#include "store/drivers.h"

struct driver_rules; /* marks and rules: driver/marks.h */

enum candidate_state {
	CANDIDATE_USABLE,
	CANDIDATE_TOO_NEW,    /* its driver says that it was built for a later Windows */
	CANDIDATE_INCOMPLETE, /* files that its install section copies are not in the package */
	CANDIDATE_MARKED,     /* known not to work on this target */
	CANDIDATE_EXCLUDED,   /* the INF itself excludes this Windows or this device */
	CANDIDATE_OTHER_WINDOWS,
	CANDIDATE_OTHER_ARCH,
	CANDIDATE_NO_SECTION, /* the Models line names an install section that is not there */
};

struct candidate {
	const struct driver_package *package; /* lives as long as the matching */
	enum candidate_state state;
	bool is_inbox;     /* the image brings it along: nothing has to be added */
	uint32_t rank;     /* of usable, too new, incomplete and marked ones */
	char *section;     /* the install section with its platform; owned; NULL if there is none */
	char *service;     /* of its function driver; owned; NULL if there is none */
	char *description; /* owned */
	char id[256];      /* the id that matched */
	uint32_t date;     /* of this driver: the install section's own DriverVer, else the INF's */
	uint64_t version;
	char *reason; /* in words, owned */
	/* Of a marked one, who stands in for it: a package id or the beginning of one, or the INF
	 * name of a family; "" for none. */
	char instead[SHA256_TEXT_BYTES];
	char instead_family[64];
};

/* One candidate for each install section of a package that a line for the device names (the best of
 * several); of a package with none, the line that comes nearest. */
struct device_match {
	char class[33]; /* the device's; of one that is known by its id alone, what its best
			   candidate is for; "" if there is none */
	struct candidate *candidates; /* usable first, then too new, incomplete, marked, the rest;
					 in each: best rank, newest date, highest version first */
	size_t n;
	ssize_t pick; /* index of the one to take, or -1; it is usable, or where none is, too new or
			 incomplete */
	char reason[512]; /* why that one, or why none: no package; only for other Windows; only
			     marked ones; ... */
};

struct matching; /* owns what the results point to */

/* rules may be NULL; they and the store must outlive it. base: SHA-256 of the base of the image
 * that is to drive the devices, whose own drivers are candidates too; NULL for none. */
int matching_open(struct store *store, const struct driver_rules *rules,
	const struct target *target, const char *base, struct matching **ret_matching,
	struct error *err) MUST_CHECK;
struct matching *matching_close(struct matching *matching);
DEFINE_FREEP(struct matching, matching_close);
/* A package that the database does not have (any more) is a candidate, too: one that a revision
 * holds. With its lists; it must outlive the matching. */
int matching_lend(struct matching *matching, const struct driver_package *package,
	struct error *err) MUST_CHECK;
/* *ret_match lives as long as the matching. */
int matching_device(struct matching *matching, const struct device *device,
	const struct device_match **ret_match, struct error *err) MUST_CHECK;
