/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known not to work: marks that a user puts on a package, and rules that cover families of
 * packages (shipped with Pewter, and the user's own).
 */
#pragma once

#include "driver/target.h"
#include "store/drivers.h"

/* "winpe<=2.1", "windows>=10.0.22000", "arch=x86", several with commas: all must hold. -EINVAL says
 * what was expected. */
int mark_condition_check(const char *condition, struct error *err) MUST_CHECK;
/* A condition that cannot be read never holds. */
bool mark_condition_holds(const char *condition, const struct target *target);

struct driver_rules;

/* The shipped rules, the files *.rules of the folders (each may be missing), and the store's marks.
 * Errors name file and line. */
int driver_rules_load(struct store *store, const char *const *folders, size_t n_folders,
	struct driver_rules **ret_rules, struct error *err) MUST_CHECK;
struct driver_rules *driver_rules_free(struct driver_rules *rules);
DEFINE_FREEP(struct driver_rules, driver_rules_free);

struct mark_verdict {
	char reason[256]; /* "marked: ... (rule broadcom-netxtreme-ii, source ...)" */
	char instead[SHA256_TEXT_BYTES]; /* "" for none, or for a family */
	char instead_family[64]; /* INF name whose packages take its place: "k57nd60a.inf"; "" for
				    none */
};

/* Is this package, for this device, on this target, known not to work? ids: those of the device;
 * none (n_ids 0) asks of every device that the package has models for. */
bool driver_rules_forbid(const struct driver_rules *rules, const struct driver_package *package,
	const char *const *ids, size_t n_ids, const struct target *target,
	struct mark_verdict *ret_verdict);
/* For every device that it has models for: what a rule says of some of them only does not count. */
bool driver_rules_forbid_wholly(const struct driver_rules *rules,
	const struct driver_package *package, const struct target *target,
	struct mark_verdict *ret_verdict);
