/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which driver each device takes. */
#include "driver/family.h"
#include "prepare/plan_kin.h"
#include "prepare/plan_room.h"

#include <string.h>

/* Does a covered device take the package? */
static bool is_taken(const struct planning *planning, const char *package)
{
	for (size_t i = 0; i < planning->n_rows; i++) {
		const struct plan_row *row = &planning->rows[i];
		for (size_t k = 0; row->is_covered && k < row->n_needs; k++)
			if (strcmp(row->needs[k].taken->package->id, package) == 0)
				return true;
	}
	return false;
}

/* Is it in the newest revision, to stay there? */
static bool is_held(const struct plan_input *input, const char *package)
{
	for (size_t i = 0; i < input->newest->n_packages; i++)
		if (strcmp(input->newest->packages[i].id, package) == 0)
			return input->held[i].forbidden == NULL;
	return false;
}

/* The newest of the family that drives this device too, and is or will be in the revision. */
static int raise_need(const struct planning *planning, struct plan_need *need, bool *ret_raised)
{
	const struct candidate *best = need->taken;
	for (size_t i = 0; i < need->match->n; i++) {
		const struct candidate *other = &need->match->candidates[i];
		const struct driver_package *package = other->package;
		struct plan_kinship kinship;
		if (other->state > need->taken->state || other->is_inbox ||
			!family_same_name(package, best->package) ||
			!plan_is_newer(package, best->package) ||
			(!is_held(planning->input, package->id) &&
				!is_taken(planning, package->id)))
			continue;
		int rc = plan_kinship_of(planning->input, package, best->package, &kinship);
		if (rc < 0)
			return rc;
		if (kinship.is_family)
			best = other;
	}
	if (best == need->taken)
		return 0;
	if (need->passed == NULL)
		need->passed = need->taken;
	need->taken = best;
	*ret_raised = true;
	return 0;
}

/* Ends: what is taken gets newer with every round. */
static int raise_all(struct planning *planning)
{
	bool raised;
	do {
		raised = false;
		for (size_t i = 0; i < planning->n_rows; i++) {
			struct plan_row *row = &planning->rows[i];
			for (size_t k = 0; row->is_covered && k < row->n_needs; k++) {
				struct plan_need *need = &row->needs[k];
				int rc = need->taken->is_inbox
						 ? 0
						 : raise_need(planning, need, &raised);
				if (rc < 0)
					return rc;
			}
		}
	} while (raised);
	return 0;
}

static struct plan_need need_of(const struct device_match *match)
{
	const struct candidate *pick =
		match != NULL && match->pick >= 0 ? &match->candidates[match->pick] : NULL;
	return (struct plan_need){
		.match = match,
		.taken = pick != NULL && pick->state <= CANDIDATE_TOO_NEW ? pick : NULL,
	};
}

int plan_take(struct planning *planning)
{
	for (size_t i = 0; i < planning->n_rows; i++) {
		struct plan_row *row = &planning->rows[i];
		/* The first need, the device's own, is there already. */
		row->needs[0] = need_of(row->needs[0].match);
		row->n_needs = 1;
		for (size_t k = 0; row->tiers != NULL && k < row->tiers->n; k++)
			row->needs[row->n_needs++] = need_of(row->tiers->tiers[k].match);
		row->is_covered =
			row->tiers == NULL || row->tiers->n == 0 || row->tiers->is_complete;
		for (size_t k = 0; k < row->n_needs; k++)
			row->is_covered = row->is_covered && row->needs[k].taken != NULL;
	}
	int rc = raise_all(planning);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < planning->n_rows; i++) {
		struct plan_row *row = &planning->rows[i];
		for (size_t k = 0; row->is_covered && k < row->n_needs; k++)
			row->is_doubtful |= row->needs[k].taken->state == CANDIDATE_TOO_NEW;
	}
	return 0;
}
