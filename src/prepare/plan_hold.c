/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the revision is to hold. */
#include "base/text.h"
#include "prepare/plan_kin.h"
#include "prepare/plan_room.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A driver that the machine takes; each package once. */
struct taken_list {
	const struct driver_package **packages; /* owned */
	size_t n;
};

static void taken_list_clear(struct taken_list *list)
{
	free(list->packages);
}

static bool is_taken(const struct taken_list *list, const char *package)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->packages[i]->id, package) == 0)
			return true;
	return false;
}

static int list_taken(const struct planning *planning, struct taken_list *list)
{
	list->packages = calloc(planning->n_rows * (1 + TIERS_MAX) + 1, sizeof(*list->packages));
	if (list->packages == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < planning->n_rows; i++) {
		const struct plan_row *row = &planning->rows[i];
		for (size_t k = 0; row->is_covered && k < row->n_needs; k++) {
			const struct candidate *taken = row->needs[k].taken;
			if (!taken->is_inbox && !is_taken(list, taken->package->id))
				list->packages[list->n++] = taken->package;
		}
	}
	return 0;
}

/* ---- what goes ---- */

/* The machine has a device for which the package is known not to work: in the image it would be
 * loaded for it all the same. NULL, or why. */
static const char *forbidden_for_a_device(const struct planning *planning, const char *package)
{
	for (size_t i = 0; i < planning->n_rows; i++) {
		const struct plan_row *row = &planning->rows[i];
		for (size_t k = 0; k < row->n_needs; k++) {
			const struct device_match *match = row->needs[k].match;
			for (size_t c = 0; match != NULL && c < match->n; c++)
				if (match->candidates[c].state == CANDIDATE_MARKED &&
					strcmp(match->candidates[c].package->id, package) == 0)
					return match->candidates[c].reason;
		}
	}
	return NULL;
}

/* Of those that come or stay, one that takes the place of this one; NULL if there is none. */
static int find_successor(const struct planning *planning, const struct taken_list *taken,
	const struct driver_package *old, const struct driver_package **ret_successor)
{
	*ret_successor = NULL;
	for (size_t i = 0; old != NULL && i < taken->n; i++) {
		struct plan_kinship kinship;
		const struct driver_package *package = taken->packages[i];
		if (package->is_incomplete || !plan_is_newer(package, old))
			continue;
		int rc = plan_kinship_of(planning->input, package, old, &kinship);
		if (rc < 0)
			return rc;
		if (kinship.is_family && kinship.names_all_of)
			*ret_successor = package;
	}
	return 0;
}

static void note_dropped(
	struct plan_outcome *outcome, const struct revision_package *package, const char *why)
{
	struct plan_gone *gone = &outcome->dropped[outcome->n_dropped++];
	gone->package = *package;
	(void)snprintf(
		gone->why, sizeof(gone->why), "known not to work in this image: %.200s", why);
}

static void note_replaced(struct plan_outcome *outcome, const struct revision_package *package,
	const struct driver_package *successor)
{
	char words[PLAN_PACKAGE_WORDS_BYTES];
	struct plan_gone *gone = &outcome->replaced[outcome->n_replaced++];
	gone->package = *package;
	plan_package_words(successor->id, successor->inf, successor->date, successor->version,
		successor->has_version, words);
	(void)snprintf(gone->why, sizeof(gone->why), "replaced by the newer %s", words);
}

/* One package of the newest revision: does it stay? */
static int judge(const struct planning *planning, const struct taken_list *taken, size_t at,
	struct plan_outcome *outcome)
{
	const struct plan_input *input = planning->input;
	const struct revision_package *package = &input->newest->packages[at];
	const struct driver_package *successor;
	if (is_taken(taken, package->id)) {
		outcome->packages[outcome->n_packages++] = *package;
		return 0;
	}
	const char *why = input->held[at].forbidden;
	if (why == NULL)
		why = forbidden_for_a_device(planning, package->id);
	if (why != NULL) {
		note_dropped(outcome, package, why);
		return 0;
	}
	int rc = find_successor(planning, taken, input->held[at].package, &successor);
	if (rc < 0)
		return rc;
	if (successor != NULL)
		note_replaced(outcome, package, successor);
	else if (!input->is_own)
		outcome->packages[outcome->n_packages++] = *package;
	return 0;
}

/* ---- what comes ---- */

static struct revision_package new_package(const struct driver_package *package)
{
	struct revision_package new = {
		.date = package->date,
		.version = package->version,
		.has_version = package->has_version,
	};
	(void)text_copy(new.id, sizeof(new.id), package->id);
	(void)text_copy(new.inf, sizeof(new.inf), package->inf);
	(void)text_copy(new.class, sizeof(new.class), package->class);
	(void)text_copy(new.provider, sizeof(new.provider), package->provider);
	return new;
}

int plan_hold(const struct planning *planning, struct plan_outcome *outcome)
{
	CLEANUP(taken_list_clear) struct taken_list taken = {.n = 0};
	const struct revision_record *newest = planning->input->newest;
	int rc = list_taken(planning, &taken);
	if (rc < 0)
		return rc;
	size_t n = newest->n_packages;
	outcome->packages = calloc(n + taken.n + 1, sizeof(*outcome->packages));
	outcome->replaced = calloc(n + 1, sizeof(*outcome->replaced));
	outcome->dropped = calloc(n + 1, sizeof(*outcome->dropped));
	if (outcome->packages == NULL || outcome->replaced == NULL || outcome->dropped == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		rc = judge(planning, &taken, i, outcome);
		if (rc < 0)
			return rc;
	}
	size_t n_kept = outcome->n_packages;
	for (size_t i = 0; i < taken.n; i++) {
		bool is_there = false;
		for (size_t k = 0; k < n_kept && !is_there; k++)
			is_there = strcmp(outcome->packages[k].id, taken.packages[i]->id) == 0;
		if (!is_there)
			outcome->packages[outcome->n_packages++] = new_package(taken.packages[i]);
	}
	outcome->needs_revision = n_kept != n || outcome->n_packages != n;
	return 0;
}
