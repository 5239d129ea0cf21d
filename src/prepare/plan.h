/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules of Prepare To Restore, as a pure function: a machine's devices with their candidates,
 * and what the image's newest revision holds -> which packages the machine's revision has to hold,
 * and for every device whether it is covered, by what, or why not.
 *
 * 1. Each device gets what Windows would take: lowest rank, newest date, highest version, of the
 *    database's packages, the image's own drivers, and what the revision holds.
 * 2. Never a downgrade: where Windows would take a package for its rank although a newer one of its
 *    family (driver/family.h) that drives the device too is in the revision or comes into it, the
 *    newer one is taken. The rank says which INF names the device more exactly, not which driver is
 *    better; and an image that had both would give each machine another version of one driver,
 *    depending on who was prepared last.
 * 3. A package that the revision holds gives way only to a newer one of its family that names every
 *    id it names and has all its files: what a machine was prepared for stays covered. Else both
 *    are there.
 * 4. What is known not to work in this Windows PE does not stay in the revision.
 */
#pragma once

#include "device/device.h"
#include "driver/match.h"
#include "driver/tiers.h"
#include "store/plans.h"
#include "store/revisions.h"

#define PLAN_CLASSES_DEFAULT "Net,SCSIAdapter,HDC"

/* A package of the newest revision. */
struct plan_held {
	const struct driver_package *package; /* NULL if nothing is known of it any more */
	const char *forbidden; /* why it is known not to work in this image; NULL if it is not */
};

/* The ids by which the package names devices on the image's Windows: upper case, sorted; valid as
 * long as the plan is made. */
typedef int plan_ids_of(void *context, const struct driver_package *package,
	const char *const **ret_ids, size_t *ret_n);

struct plan_input {
	const struct device_list *devices;
	const struct device_match *const
		*matches;             /* one for each device; NULL: not of a wanted class */
	const struct tiers *tiers;    /* one for each device */
	const struct plan_held *held; /* one for each of newest->packages */
	const struct image_record *image;
	/* Its packages alone: with what machines that are prepared together with this one changed
	 * before. */
	const struct revision_record *newest;
	const char *classes; /* "Net,SCSIAdapter,HDC" or "all" */
	bool is_own;         /* a revision with nothing but what this machine needs */
	plan_ids_of *ids_of;
	void *context;
};

/* A package that goes. */
struct plan_gone {
	struct revision_package package;
	char why[256]; /* "replaced by ...", "known not to work in this image: ..." */
};

struct plan_outcome {
	/* What the revision is to hold: what the newest one holds, with packages of the same family
	 * replaced by newer ones, and what the devices need besides (number 0). */
	struct revision_package *packages; /* owned */
	size_t n_packages;
	struct plan_gone *replaced; /* owned; older ones of a family */
	size_t n_replaced;
	struct plan_gone *dropped; /* owned; marked ones. With is_own what others need just goes. */
	size_t n_dropped;
	bool needs_revision;     /* it is not what the newest one holds */
	struct plan_record plan; /* without id, client, revision, time */

	size_t n_nics;     /* that a machine can boot over: no Wi-Fi */
	size_t n_left_out; /* devices of wanted classes that Windows itself makes, on no bus */
	/* Of plan.devices: NICs that nothing covers, and others that need an eye. */
	size_t *uncovered_nics; /* owned; indices in plan.devices */
	size_t n_others_uncovered;
	size_t n_doubtful; /* devices whose driver was built for a later Windows: it may not load */
};
void plan_outcome_clear(struct plan_outcome *outcome);

/* -EINVAL if there is no device of a wanted class. */
int plan_make(const struct plan_input *input, struct plan_outcome *ret_outcome,
	struct error *err) MUST_CHECK;

/* Is the device one to be matched at all? Its class is wanted, or not known before it has been. */
bool plan_wants(const struct device *device, const char *classes);
/* Are network cards among them? */
bool plan_wants_nics(const char *classes);
/* "2c26b46b68ff e1d.inf (2024-01-31 12.19.1.37)" */
#define PLAN_PACKAGE_WORDS_BYTES 208
void plan_package_words(const char *id, const char *inf, uint32_t date, uint64_t version,
	bool has_version, char text[static PLAN_PACKAGE_WORDS_BYTES]);
/* "PCI\VEN_8086&DEV_100E" of a longer id of a PCI device; any other id as it is. */
void plan_short_id(const char *hardware_id, char *text, size_t size);
/* The sentence that a machine would end with, without a driver for that card. */
#define PLAN_FAILURE_BYTES 320
void plan_failure_words(const char *hardware_id, char text[static PLAN_FAILURE_BYTES]);
