/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One INF of a place becomes a package: the INF, the files it names, its catalogues. */
#pragma once

#include "driver/place.h"
#include "store/drivers.h"

/* A package that is not in the store yet. */
struct package_draft {
	struct driver_package package;
	struct place_part *parts; /* where its files lie: one for each of package.files */
};

enum package_outcome {
	PACKAGE_WHOLE = 0,
	PACKAGE_NO_SETUP = 1, /* an INF of another kind: autorun.inf, ... */
	PACKAGE_BROKEN = 2,   /* it, or what belongs to it, cannot be read */
};

void package_draft_clear(struct package_draft *draft);

/*
 * Reads the INF and finds out which files belong to the package and what its id is. An outcome
 * above 0 says why in err; a negative errno is our own trouble.
 */
int package_read(struct place *place, struct place_tools *tools, size_t inf_file,
	struct package_draft *ret_draft, struct error *err) MUST_CHECK;
/* What only a new package needs: its signature, and what INF and binaries say against each other.
 * An outcome, too: a catalogue that is damaged makes the package a broken one. */
int package_examine(struct package_draft *draft, struct error *err) MUST_CHECK;
/* Puts its files into the store. An outcome, too: somebody may have changed them meanwhile. */
int package_store_files(struct package_draft *draft, struct store *store, struct blob_batch *batch,
	struct error *err) MUST_CHECK;

/* Which folders below its own an INF that was named alone needs: for walk.wants. */
struct package_folders {
	char **paths; /* of the files and cabinets it names */
	size_t n;
};
int package_folders_read(
	const char *inf_path, struct package_folders *ret_folders, struct error *err) MUST_CHECK;
bool package_folders_want(const struct package_folders *folders, const char *folder);
void package_folders_clear(struct package_folders *folders);

/* ---- for the files of this ---- */

/* Adds a sentence to the package. */
int package_warn(struct driver_package *package, const char *format, ...)
	PRINTF_LIKE(2, 3) MUST_CHECK;
/* Whose fault rc < 0 is: the outcome if it is the package's. */
int package_outcome_of(int rc, enum package_outcome outcome);
/* Puts the files in order, hashes them, and makes the id of what they are. */
int package_identify(struct package_draft *draft, struct error *err) MUST_CHECK;
