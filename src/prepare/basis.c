/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prepare/basis.h"

#include "base/text.h"
#include "driver/nics.h"
#include "image/layer.h"

#include <errno.h>
#include <string.h>

static void forget_held(struct basis *basis)
{
	free(basis->held);
	free(basis->held_records);
	free(basis->verdicts);
	basis->held = NULL;
	basis->held_records = NULL;
	basis->verdicts = NULL;
}

void basis_clear(struct basis *basis)
{
	forget_held(basis);
	free(basis->changes);
	revision_record_clear(&basis->next);
	/* Lent packages are the library's. */
	basis->matching = matching_close(basis->matching);
	basis->library = library_close(basis->library);
	revision_record_clear(&basis->newest);
	image_record_clear(&basis->image);
	*basis = (struct basis){.request = NULL};
}

static int no_memory(struct error *err)
{
	return error_set(err, -ENOMEM, "out of memory");
}

const struct revision_package *basis_find(const struct revision_record *revision, const char *id)
{
	for (size_t i = 0; i < revision->n_packages; i++)
		if (strcmp(revision->packages[i].id, id) == 0)
			return &revision->packages[i];
	return NULL;
}

/* ---- what the next revision holds ---- */

/* An id that no device has: a rule about devices does not fit it, one about packages does. */
static const char *const no_device[] = {"?"};

static void know_held(struct basis *basis, size_t at)
{
	const struct revision_package *held = &basis->next.packages[at];
	struct driver_package *record = &basis->held_records[at];
	const struct driver_rules *rules = basis->request->rules;
	(void)text_copy(record->id, sizeof(record->id), held->id);
	(void)text_copy(record->inf, sizeof(record->inf), held->inf);
	(void)text_copy(record->class, sizeof(record->class), held->class);
	(void)text_copy(record->provider, sizeof(record->provider), held->provider);
	record->date = held->date;
	record->version = held->version;
	record->has_version = held->has_version;
	basis->held[at].package = record;
	if (rules != NULL && driver_rules_forbid(rules, record, no_device, ARRAY_SIZE(no_device),
				     &basis->target, &basis->verdicts[at]))
		basis->held[at].forbidden = basis->verdicts[at].reason;
}

static int know_all_held(struct basis *basis, struct error *err)
{
	size_t n = basis->next.n_packages;
	forget_held(basis);
	basis->held = calloc(n + 1, sizeof(*basis->held));
	basis->held_records = calloc(n + 1, sizeof(*basis->held_records));
	basis->verdicts = calloc(n + 1, sizeof(*basis->verdicts));
	if (basis->held == NULL || basis->held_records == NULL || basis->verdicts == NULL)
		return no_memory(err);
	for (size_t i = 0; i < n; i++)
		know_held(basis, i);
	return 0;
}

static int copy_packages(struct basis *basis, const struct revision_record *from, struct error *err)
{
	struct revision_package *packages = calloc(from->n_packages + 1, sizeof(*packages));
	if (packages == NULL)
		return no_memory(err);
	if (from->n_packages > 0)
		memcpy(packages, from->packages, from->n_packages * sizeof(*packages));
	free(basis->next.packages);
	basis->next.packages = packages;
	basis->next.n_packages = from->n_packages;
	return 0;
}

/* ---- opening ---- */

/* What the database has forgotten is a candidate as long as the revision holds it. */
static int lend_forgotten(struct basis *basis, const char *id, struct error *err)
{
	const struct driver_package *package;
	bool is_there;
	int rc = store_driver_has(basis->request->store, id, &is_there, err);
	if (rc < 0 || is_there)
		return rc;
	rc = library_get(basis->library, id, &package, err);
	return rc < 0 || package == NULL ? rc : matching_lend(basis->matching, package, err);
}

static int read_image(struct basis *basis, const char *name, struct error *err)
{
	struct store *store = basis->request->store;
	struct nic_set inbox = {.ids = NULL};
	int rc = store_image_get(store, name, &basis->image, err);
	if (rc == 0 && basis->image.is_sdi)
		rc = error_set(err, -EOPNOTSUPP,
			"%s is an SDI image: it carries no layers, so no drivers can be put into "
			"it; import a boot.wim, and prepare with --image",
			basis->image.name);
	if (rc == 0)
		rc = store_revision_get(store, basis->image.name, 0, &basis->newest, err);
	if (rc == 0)
		rc = image_target(&basis->image, &basis->target, err);
	if (rc < 0)
		return rc;
	basis->knows_inbox =
		store_image_inbox_nics_get(store, basis->image.name, &inbox, NULL) == 0;
	nic_set_clear(&inbox);
	return 0;
}

int basis_open(const struct prepare_request *request, const char *image, struct basis *ret_basis,
	struct error *err)
{
	struct basis *basis = ret_basis;
	struct store *store = request->store;
	*basis = (struct basis){
		.request = request,
		.classes = request->classes != NULL ? request->classes : PLAN_CLASSES_DEFAULT,
	};
	int rc = read_image(basis, image, err);
	if (rc == 0)
		rc = library_open(store, &basis->target, &basis->newest, &basis->library, err);
	if (rc == 0)
		rc = matching_open(store, request->rules, &basis->target, basis->image.base.sha256,
			&basis->matching, err);
	for (size_t i = 0; rc == 0 && i < basis->newest.n_packages; i++)
		rc = lend_forgotten(basis, basis->newest.packages[i].id, err);
	if (rc == 0)
		rc = copy_packages(basis, &basis->newest, err);
	return rc == 0 ? know_all_held(basis, err) : rc;
}

/* ---- turns ---- */

static int note(struct basis *basis, size_t member, int kind, const struct plan_gone *gone)
{
	struct basis_change *grown =
		reallocarray(basis->changes, basis->n_changes + 1, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	basis->changes = grown;
	grown[basis->n_changes] = (struct basis_change){.member = member, .gone = *gone};
	grown[basis->n_changes++].kind = (typeof(grown->kind))kind;
	return 0;
}

static int note_all(struct basis *basis, size_t member, struct plan_outcome *outcome)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < outcome->n_replaced; i++)
		rc = note(basis, member, CHANGE_REPLACED, &outcome->replaced[i]);
	for (size_t i = 0; rc == 0 && i < outcome->n_dropped; i++)
		rc = note(basis, member, CHANGE_DROPPED, &outcome->dropped[i]);
	for (size_t i = 0; rc == 0 && i < outcome->n_packages; i++) {
		struct revision_package *package = &outcome->packages[i];
		if (package->number != 0 || basis_find(&basis->next, package->id) != NULL)
			continue;
		rc = note(basis, member, CHANGE_ADDED, &(struct plan_gone){.package = *package});
		/* A turn before took it out: it stays where it was. */
		const struct revision_package *was = basis_find(&basis->newest, package->id);
		if (was != NULL)
			*package = *was;
	}
	return rc;
}

int basis_hold(struct basis *basis, size_t member, struct plan_outcome *outcome, struct error *err)
{
	if (note_all(basis, member, outcome) < 0)
		return no_memory(err);
	free(basis->next.packages);
	basis->next.packages = TAKE(outcome->packages);
	basis->next.n_packages = outcome->n_packages;
	outcome->n_packages = 0;
	return know_all_held(basis, err);
}

/* The last word about a package counts, if it is not what the newest revision says anyway. */
void basis_settle(struct basis *basis)
{
	for (size_t i = 0; i < basis->n_changes; i++) {
		struct basis_change *change = &basis->changes[i];
		const char *id = change->gone.package.id;
		bool was_there = basis_find(&basis->newest, id) != NULL;
		change->lasts = was_there != (change->kind == CHANGE_ADDED);
		for (size_t k = i + 1; change->lasts && k < basis->n_changes; k++)
			change->lasts = strcmp(basis->changes[k].gone.package.id, id) != 0;
	}
}

bool basis_is_next(const struct basis *basis, const struct revision_record *revision)
{
	bool same = basis->next.n_packages == revision->n_packages;
	for (size_t i = 0; same && i < revision->n_packages; i++)
		same = basis_find(&basis->next, revision->packages[i].id) != NULL;
	return same;
}

int basis_take_numbers(struct basis *basis, const struct revision_record *made, struct error *err)
{
	for (size_t i = 0; i < basis->n_changes; i++) {
		struct revision_package *package = &basis->changes[i].gone.package;
		const struct revision_package *numbered = basis_find(made, package->id);
		if (numbered != NULL)
			*package = *numbered;
	}
	return copy_packages(basis, made, err);
}

/* ---- network cards ---- */

/* What the newest revision's packages drive is known: unless one of them goes without one that
 * drives all the same, only the new ones are looked at. */
static bool adds_to_newest(const struct basis *basis)
{
	bool adds = !basis->request->own_revision;
	for (size_t i = 0; adds && i < basis->n_changes; i++)
		adds = !basis->changes[i].lasts || basis->changes[i].kind != CHANGE_DROPPED;
	return adds;
}

int basis_nics(struct basis *basis, struct nic_set *ret_nics, struct error *err)
{
	CLEANUP(nic_set_clear) struct nic_set nics = {.ids = NULL};
	const struct nic_set *known = &basis->newest.nics;
	bool adds = adds_to_newest(basis);
	if (adds && known->n > 0) {
		nics.ids = calloc(known->n, sizeof(*nics.ids));
		if (nics.ids == NULL)
			return no_memory(err);
		memcpy(nics.ids, known->ids, known->n * sizeof(*nics.ids));
		nics.n = known->n;
	}
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < basis->next.n_packages; i++) {
		const struct driver_package *package;
		if (adds && basis->next.packages[i].number != 0)
			continue;
		rc = library_get(basis->library, basis->next.packages[i].id, &package, err);
		if (rc == 0 && package != NULL)
			rc = nics_add_package(&nics, package, &basis->target, err);
	}
	nics_finish(&nics);
	if (rc < 0)
		return rc;
	*ret_nics = nics;
	nics = (struct nic_set){.ids = NULL};
	return 0;
}
