/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prepare/attempt.h"

#include "base/text.h"
#include "driver/nics.h"
#include "image/layer.h"

#include <errno.h>
#include <string.h>

void attempt_clear(struct attempt *attempt)
{
	for (size_t i = 0; attempt->tiers != NULL && i < attempt->devices->n; i++)
		tiers_clear(&attempt->tiers[i]);
	free(attempt->tiers);
	free(attempt->matches);
	free(attempt->held);
	free(attempt->held_records);
	free(attempt->verdicts);
	/* Lent packages are the library's. */
	attempt->matching = matching_close(attempt->matching);
	attempt->library = library_close(attempt->library);
	revision_record_clear(&attempt->newest);
}

static int no_memory(struct error *err)
{
	return error_set(err, -ENOMEM, "out of memory");
}

/* ---- what the newest revision holds ---- */

/* An id that no device has: a rule about devices does not fit it, one about packages does. */
static const char *const no_device[] = {"?"};

static void know_held(struct attempt *attempt, size_t at)
{
	const struct revision_package *held = &attempt->newest.packages[at];
	struct driver_package *record = &attempt->held_records[at];
	const struct driver_rules *rules = attempt->request->rules;
	(void)text_copy(record->id, sizeof(record->id), held->id);
	(void)text_copy(record->inf, sizeof(record->inf), held->inf);
	(void)text_copy(record->class, sizeof(record->class), held->class);
	(void)text_copy(record->provider, sizeof(record->provider), held->provider);
	record->date = held->date;
	record->version = held->version;
	record->has_version = held->has_version;
	attempt->held[at].package = record;
	if (rules != NULL && driver_rules_forbid(rules, record, no_device, ARRAY_SIZE(no_device),
				     &attempt->target, &attempt->verdicts[at]))
		attempt->held[at].forbidden = attempt->verdicts[at].reason;
}

/* What the database has forgotten is a candidate as long as the revision holds it. */
static int lend_forgotten(struct attempt *attempt, const char *id, struct error *err)
{
	const struct driver_package *package;
	bool is_there;
	int rc = store_driver_has(attempt->request->store, id, &is_there, err);
	if (rc < 0 || is_there)
		return rc;
	rc = library_get(attempt->library, id, &package, err);
	return rc < 0 || package == NULL ? rc : matching_lend(attempt->matching, package, err);
}

static int read_held(struct attempt *attempt, struct error *err)
{
	size_t n = attempt->newest.n_packages;
	attempt->held = calloc(n + 1, sizeof(*attempt->held));
	attempt->held_records = calloc(n + 1, sizeof(*attempt->held_records));
	attempt->verdicts = calloc(n + 1, sizeof(*attempt->verdicts));
	if (attempt->held == NULL || attempt->held_records == NULL || attempt->verdicts == NULL)
		return no_memory(err);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		know_held(attempt, i);
		rc = lend_forgotten(attempt, attempt->newest.packages[i].id, err);
	}
	return rc;
}

/* ---- matching ---- */

static int match_device(struct attempt *attempt, size_t at, struct error *err)
{
	const struct device *device = &attempt->devices->devices[at];
	if (!plan_wants(device, attempt->classes))
		return 0;
	int rc = matching_device(attempt->matching, device, &attempt->matches[at], err);
	if (rc == 0)
		rc = tiers_find(
			attempt->matching, device, attempt->matches[at], &attempt->tiers[at], err);
	return rc;
}

static int match_all(struct attempt *attempt, struct error *err)
{
	size_t n = attempt->devices->n;
	attempt->matches = calloc(n + 1, sizeof(*attempt->matches));
	attempt->tiers = calloc(n + 1, sizeof(*attempt->tiers));
	if (attempt->matches == NULL || attempt->tiers == NULL)
		return no_memory(err);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = match_device(attempt, i, err);
	return rc;
}

static int open(struct attempt *attempt, struct error *err)
{
	struct store *store = attempt->request->store;
	int rc = image_target(attempt->image, &attempt->target, err);
	if (rc == 0)
		rc = store_revision_get(store, attempt->image->name, 0, &attempt->newest, err);
	if (rc == 0 && attempt->newest.revision != attempt->image->revision)
		rc = error_set(err, -ESTALE,
			"image \"%s\" has got revision %u meanwhile; try again",
			attempt->image->name, attempt->newest.revision);
	if (rc == 0)
		rc = library_open(
			store, &attempt->target, &attempt->newest, &attempt->library, err);
	if (rc == 0)
		rc = matching_open(store, attempt->request->rules, &attempt->target,
			attempt->image->base.sha256, &attempt->matching, err);
	if (rc == 0)
		rc = read_held(attempt, err);
	return rc == 0 ? match_all(attempt, err) : rc;
}

int attempt_open(const struct prepare_request *request, const struct client_record *client,
	const struct device_list *devices, const struct image_record *image,
	struct attempt *ret_attempt, struct error *err)
{
	*ret_attempt = (struct attempt){
		.request = request,
		.client = client,
		.devices = devices,
		.image = image,
		.classes = request->classes != NULL ? request->classes : PLAN_CLASSES_DEFAULT,
	};
	/* It asks for each package that the revision holds. */
	bool began;
	int rc = store_begin_reading(request->store, &began, err);
	if (rc < 0)
		return rc;
	rc = open(ret_attempt, err);
	store_end_reading(request->store, began);
	if (rc < 0)
		attempt_clear(ret_attempt);
	return rc;
}

/* ---- planning ---- */

static int ids_of(void *context, const struct driver_package *package, const char *const **ret_ids,
	size_t *ret_n)
{
	struct attempt *attempt = context;
	return library_ids(attempt->library, package->id, ret_ids, ret_n, NULL);
}

int attempt_plan(struct attempt *attempt, struct plan_outcome *ret_outcome, struct error *err)
{
	const struct plan_input input = {
		.devices = attempt->devices,
		.matches = attempt->matches,
		.tiers = attempt->tiers,
		.held = attempt->held,
		.image = attempt->image,
		.newest = &attempt->newest,
		.classes = attempt->classes,
		.is_own = attempt->request->own_revision,
		.ids_of = ids_of,
		.context = attempt,
	};
	return plan_make(&input, ret_outcome, err);
}

/* What the newest revision's packages drive is known: unless one of them goes without one that
 * drives all the same, only the new ones are looked at. */
int attempt_nics(struct attempt *attempt, const struct plan_outcome *outcome,
	struct nic_set *ret_nics, struct error *err)
{
	CLEANUP(nic_set_clear) struct nic_set nics = {.ids = NULL};
	const struct nic_set *known = &attempt->newest.nics;
	bool adds = !attempt->request->own_revision && outcome->n_dropped == 0;
	if (adds && known->n > 0) {
		nics.ids = calloc(known->n, sizeof(*nics.ids));
		if (nics.ids == NULL)
			return no_memory(err);
		memcpy(nics.ids, known->ids, known->n * sizeof(*nics.ids));
		nics.n = known->n;
	}
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < outcome->n_packages; i++) {
		const struct driver_package *package;
		if (adds && outcome->packages[i].number != 0)
			continue;
		rc = library_get(attempt->library, outcome->packages[i].id, &package, err);
		if (rc == 0 && package != NULL)
			rc = nics_add_package(&nics, package, &attempt->target, err);
	}
	nics_finish(&nics);
	if (rc < 0)
		return rc;
	*ret_nics = nics;
	nics = (struct nic_set){.ids = NULL};
	return 0;
}
