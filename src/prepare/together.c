/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prepare/together.h"

#include "base/text.h"
#include "prepare/together_room.h"

#include <errno.h>
#include <string.h>

/* Turns until nothing changes: one to bring what is needed, one to see that it is enough, and more
 * where what one machine brings is better for another. */
#define ROUNDS 4

static void close_all(struct together *together)
{
	for (size_t i = 0; i < together->n; i++)
		if (together->members[i]->is_open) {
			attempt_clear(&together->members[i]->attempt);
			together->members[i]->is_open = false;
		}
	basis_clear(&together->basis);
}

/* ---- turns ---- */

static int open_all(struct together *together, struct error *err)
{
	const struct prepare_request *request = together->request;
	int rc = basis_open(request, together->members[0]->image, &together->basis, err);
	for (size_t i = 0; rc == 0 && i < together->n; i++) {
		struct member *member = together->members[i];
		struct error own = ERROR_NULL;
		if (member->state == MEMBER_DONE)
			continue;
		int failed = attempt_open(&together->basis, member->client, &member->attempt, &own);
		if (failed < 0)
			member_fail(member, failed, &own);
		else
			member->is_open = true;
		if (together->n > 1)
			progress_tell(request->progress, PREPARE_MATCHING, i + 1, together->n);
	}
	return rc;
}

/* Whoever changes what others came to rest with, round after round, has to be left to itself: what
 * one needs is known not to work for the other. */
static int take_turn(struct together *together, struct member *member, int round, bool *ret_changed,
	struct error *err)
{
	struct error own = ERROR_NULL;
	int rc = attempt_plan(&member->attempt, &own);
	if (rc < 0) {
		member_fail(member, rc, &own);
		together->begins_again |= round > 0;
		return 0;
	}
	if (!member->attempt.outcome.needs_revision)
		return 0;
	if (round + 1 == ROUNDS && together->n > 1) {
		member->is_alone = true;
		together->begins_again = true;
		return 0;
	}
	*ret_changed = true;
	return basis_hold(&together->basis, member->number, &member->attempt.outcome, err);
}

static int take_turns(struct together *together, struct error *err)
{
	bool changed = true;
	int rc = 0;
	for (int round = 0; rc == 0 && round < ROUNDS && changed; round++) {
		struct member *member;
		changed = false;
		for (size_t i = 0; rc == 0 && (member = together_next(together, &i)) != NULL;)
			rc = take_turn(together, member, round, &changed, err);
		/* What it needs is there now. */
		if (together->n == 1)
			break;
	}
	basis_settle(&together->basis);
	return rc;
}

static int plan_all(struct together *together, struct error *err)
{
	bool began;
	int rc = store_begin_reading(together->request->store, &began, err);
	if (rc < 0)
		return rc;
	rc = open_all(together, err);
	if (rc == 0)
		rc = take_turns(together, err);
	store_end_reading(together->request->store, began);
	return rc;
}

/* ---- plans ---- */

static void clear_plan(struct plan_record *plan)
{
	plan_record_clear(plan);
}

static bool has_same_files(const struct revision_record *a, const struct revision_record *b)
{
	bool same = a->n_files == b->n_files;
	for (size_t i = 0; same && i < a->n_files; i++)
		same = strcmp(a->files[i].part, b->files[i].part) == 0;
	return same;
}

/* Is it just what would be made now? */
static bool serves_again(const struct together *together, const struct revision_record *revision)
{
	const struct basis *basis = &together->basis;
	bool is_own = together->request->own_revision;
	return revision->is_own == is_own && basis_is_next(basis, revision) &&
	       (is_own || has_same_files(revision, &basis->newest));
}

/* The revision that the machine boots already, if it is what it needs again: its own, or one that
 * was made for it since the newest one cannot be right for it. 0 if not. */
static int find_present(struct together *together, const struct member *member,
	uint32_t *ret_revision, struct error *err)
{
	CLEANUP(clear_plan) struct plan_record before = {.devices = NULL};
	CLEANUP(revision_record_clear) struct revision_record present = {.blobs = NULL};
	struct store *store = together->request->store;
	int rc = store_plan_get(store, member->attempt.client.id, &before, err);
	if (rc == 0 && strcmp(before.image, together->basis.image.name) != 0)
		return 0;
	if (rc == 0)
		rc = store_revision_get(store, before.image, before.revision, &present, err);
	if (rc < 0 || !serves_again(together, &present))
		return rc == -ENOENT ? 0 : rc;
	*ret_revision = present.revision;
	return basis_take_numbers(&together->basis, &present, err);
}

/* Which revision the plans name, and whether it has to be made; then they have their identity. */
static int sign_all(struct together *together, struct error *err)
{
	struct basis *basis = &together->basis;
	struct member *member;
	uint32_t present = 0;
	size_t at = 0;
	int rc = 0;
	together->makes_revision = !basis_is_next(basis, &basis->newest);
	if (together->makes_revision && together->n == 1 &&
		(member = together_next(together, &at)) != NULL)
		rc = find_present(together, member, &present, err);
	if (present != 0)
		together->makes_revision = false;
	together->revision = together->makes_revision ? basis->image.last_revision + 1
			     : present != 0           ? present
						      : basis->newest.revision;
	for (size_t i = 0; rc == 0 && (member = together_next(together, &i)) != NULL;)
		rc = attempt_sign(&member->attempt, together->revision, err);
	return rc;
}

static int keep_plan(struct together *together, struct member *member, struct error *err)
{
	CLEANUP(clear_plan) struct plan_record before = {.devices = NULL};
	const struct plan_record *plan = &member->attempt.outcome.plan;
	struct prepare_result *result = &member->result;
	struct store *store = together->request->store;
	int rc = store_plan_get(store, plan->client, &before, err);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	result->had_plan = rc == 0;
	result->changed_plan = strcmp(before.id, plan->id) != 0;
	result->revision_before = strcmp(before.image, plan->image) == 0
					  ? before.revision
					  : together->basis.newest.revision;
	return (together->request->dry_run ? store_plan_would_free : store_plan_replace)(
		store, plan, &result->gone, &result->n_gone, err);
}

/* A machine that has been removed meanwhile is no reason to lose the others' plans. */
static int keep_each(struct together *together, struct error *err)
{
	struct member *member;
	int rc = 0;
	for (size_t i = 0; rc == 0 && (member = together_next(together, &i)) != NULL;) {
		rc = keep_plan(together, member, err);
		if (rc == -ENOENT) {
			member_fail(member, rc, err);
			rc = 0;
		}
	}
	return rc;
}

/* All at once, so that the disk is waited for once. What a client alone has booted until now goes
 * with its plan. */
static int keep_all(struct together *together, struct error *err)
{
	struct store *store = together->request->store;
	struct member *member;
	size_t n_gone = 0, n_blobs;
	if (together->request->dry_run)
		return keep_each(together, err);
	int rc = store_begin_durable(store, err);
	if (rc < 0)
		return rc;
	rc = keep_each(together, err);
	if (rc < 0)
		store_rollback(store);
	else
		rc = store_commit(store, err);
	for (size_t i = 0; rc == 0 && (member = together_next(together, &i)) != NULL;)
		n_gone += member->result.n_gone;
	return rc == 0 && n_gone > 0 ? store_blob_sweep(store, &n_blobs, err) : rc;
}

/* ---- results ---- */

static int list_changes(
	const struct basis *basis, const struct member *member, struct prepare_result *result)
{
	struct plan_outcome *outcome = &result->outcome;
	size_t n = basis->n_changes + 1;
	result->added = calloc(n, sizeof(*result->added));
	outcome->replaced = calloc(n, sizeof(*outcome->replaced));
	outcome->dropped = calloc(n, sizeof(*outcome->dropped));
	if (result->added == NULL || outcome->replaced == NULL || outcome->dropped == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < basis->n_changes; i++) {
		const struct basis_change *change = &basis->changes[i];
		if (!change->lasts || change->member != member->number)
			continue;
		switch (change->kind) {
		case CHANGE_ADDED: result->added[result->n_added++] = change->gone.package; break;
		case CHANGE_REPLACED:
			outcome->replaced[outcome->n_replaced++] = change->gone;
			break;
		case CHANGE_DROPPED: outcome->dropped[outcome->n_dropped++] = change->gone; break;
		}
	}
	return 0;
}

static int finish(struct together *together, struct member *member, struct error *err)
{
	const struct basis *basis = &together->basis;
	struct prepare_result *result = &member->result;
	struct plan_outcome *outcome = &result->outcome;
	*outcome = member->attempt.outcome;
	member->attempt.outcome = (struct plan_outcome){.packages = NULL};
	free(outcome->packages);
	free(outcome->replaced);
	free(outcome->dropped);
	outcome->packages = calloc(basis->next.n_packages + 1, sizeof(*outcome->packages));
	outcome->replaced = outcome->dropped = NULL;
	outcome->n_packages = outcome->n_replaced = outcome->n_dropped = 0;
	int rc = outcome->packages == NULL ? -ENOMEM : 0;
	if (rc == 0 && together->makes_revision)
		rc = list_changes(basis, member, result);
	if (rc < 0)
		return error_set(err, rc, "out of memory");
	if (basis->next.n_packages > 0)
		memcpy(outcome->packages, basis->next.packages,
			basis->next.n_packages * sizeof(*outcome->packages));
	outcome->n_packages = basis->next.n_packages;
	result->made_revision = together->makes_revision && together_brings(together, member);
	result->knows_inbox = basis->knows_inbox;
	(void)text_copy(result->why_image, sizeof(result->why_image), member->why_image);
	return 0;
}

static int finish_all(struct together *together, struct error *err)
{
	struct member *member;
	int rc = 0;
	for (size_t i = 0; rc == 0 && (member = together_next(together, &i)) != NULL;) {
		rc = finish(together, member, err);
		if (rc < 0)
			return rc;
		member->state = MEMBER_DONE;
		rc = together->told(together->context, member->number, 0, &member->result, NULL);
		member_clear(member);
	}
	return rc;
}

static int prepare_them(struct together *together, struct error *err)
{
	int rc = plan_all(together, err);
	if (rc < 0 || together->begins_again)
		return rc;
	rc = sign_all(together, err);
	if (rc < 0)
		return rc;
	if (together->makes_revision && !together->request->dry_run) {
		rc = together_make(together, err);
		if (rc != 0)
			return rc < 0 ? rc : 0;
	}
	rc = keep_all(together, err);
	return rc == 0 ? finish_all(together, err) : rc;
}

int together_prepare(const struct prepare_request *request, struct member *const *members, size_t n,
	prepare_told *told, void *context, struct error *err)
{
	CLEANUP(close_all)
	struct together together = {
		.request = request,
		.members = members,
		.n = n,
		.told = told,
		.context = context,
	};
	return prepare_them(&together, err);
}
