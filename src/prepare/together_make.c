/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one revision, and what becomes of its machines if it cannot be made. */
#include "image/layer.h"
#include "image/part.h"
#include "prepare/together_room.h"

#include <errno.h>
#include <stdio.h>

struct member *together_next(const struct together *together, size_t *at)
{
	while (*at < together->n) {
		struct member *member = together->members[(*at)++];
		if (member->is_open)
			return member;
	}
	return NULL;
}

/* ---- the revision ---- */

bool together_brings(const struct together *together, const struct member *member)
{
	const struct basis *basis = &together->basis;
	bool does = basis->request->own_revision;
	for (size_t i = 0; !does && i < basis->n_changes; i++)
		does = basis->changes[i].lasts && basis->changes[i].member == member->number;
	return does;
}

/* How many machines the revision has something for; one of them. */
static size_t count_bringers(const struct together *together, struct member **ret_one)
{
	struct member *member;
	size_t n = 0;
	for (size_t i = 0; (member = together_next(together, &i)) != NULL;) {
		if (!together_brings(together, member))
			continue;
		*ret_one = member;
		n++;
	}
	return n;
}

/* Its manifest says for whom it was made, and of one machine what is covered. */
static int make_revision(struct together *together, struct error *err)
{
	struct basis *basis = &together->basis;
	CLEANUP(nic_set_clear) struct nic_set nics = {.ids = NULL};
	CLEANUP(revision_record_clear) struct revision_record made = {.blobs = NULL};
	char why[sizeof(made.why)];
	struct plan_record many = {.revision = together->revision};
	struct member *one = NULL;
	size_t n = count_bringers(together, &one);
	(void)snprintf(many.client_name, sizeof(many.client_name), "%zu machines", n);
	const struct plan_record *plan = n == 1 ? &one->attempt.outcome.plan : &many;
	(void)snprintf(why, sizeof(why), "prepare %.64s%s", plan->client_name,
		together->request->own_revision ? " --own" : "");
	int rc = basis_nics(basis, &nics, err);
	if (rc < 0)
		return rc;
	const struct layer_request layer = {
		.store = together->request->store,
		.image = &basis->image,
		.before = &basis->newest,
		.is_own = together->request->own_revision,
		.packages = basis->next.packages,
		.n_packages = basis->next.n_packages,
		.files = basis->newest.files,
		.n_files = basis->newest.n_files,
		.nics = nics,
		.plan = plan,
		.why = why,
		.now_ms = together->request->now_ms,
		.progress = together->request->progress,
	};
	rc = layer_make(&layer, &made, err);
	return rc < 0 ? rc : basis_take_numbers(basis, &made, err);
}

/* ---- a revision that cannot be made ---- */

/* One of the packages that the machine brings cannot be put into an image. */
static int try_packages(const struct together *together, const struct member *member,
	enum wim_compression compression, struct error *err)
{
	const struct basis *basis = &together->basis;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < basis->n_changes; i++) {
		const struct basis_change *change = &basis->changes[i];
		CLEANUP(driver_package_clear) struct driver_package package = {.row = 0};
		CLEANUP(part_record_clear) struct part_record part = {.files = NULL};
		if (!change->lasts || change->member != member->number ||
			change->kind != CHANGE_ADDED)
			continue;
		rc = store_driver_get(
			together->request->store, change->gone.package.id, &package, err);
		if (rc == 0)
			rc = part_of_package(
				together->request->store, &package, compression, NULL, &part, err);
	}
	return rc;
}

/* Those that need what cannot be made fail; the others begin again without them. If it is nobody's
 * package, all fail that need the revision. */
static void blame(struct together *together, int rc, const struct error *err)
{
	struct member *member = NULL;
	enum wim_compression compression;
	struct error own = ERROR_NULL;
	size_t n_blamed = 0;
	bool tries = count_bringers(together, &member) > 1 &&
		     layer_compression(together->request->store, &together->basis.image,
			     &compression, &own) == 0;
	for (size_t i = 0; tries && (member = together_next(together, &i)) != NULL;) {
		int failed = try_packages(together, member, compression, &own);
		if (failed < 0)
			member_fail(member, failed, &own);
		n_blamed += failed < 0;
	}
	for (size_t i = 0; n_blamed == 0 && (member = together_next(together, &i)) != NULL;)
		if (together_brings(together, member))
			member_fail(member, rc, err);
}

int together_make(struct together *together, struct error *err)
{
	int rc = make_revision(together, err);
	if (rc == 0 || rc == -ESTALE)
		return rc;
	blame(together, rc, err);
	return 1;
}
