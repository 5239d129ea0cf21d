/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the drafts of a device's candidates to the candidates, and the pick. */
#include "driver/match.h"

#include "base/text.h"
#include "driver/match_room.h"
#include "device/kind.h"
#include "device/pci.h"
#include "driver/rank.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- opening, closing ---- */

static void match_free(struct device_match *match)
{
	for (size_t i = 0; match && i < match->n; i++) {
		free(match->candidates[i].section);
		free(match->candidates[i].service);
		free(match->candidates[i].description);
		free(match->candidates[i].reason);
	}
	if (match)
		free(match->candidates);
	free(match);
}
DEFINE_FREEP(struct device_match, match_free);

int matching_open(struct store *store, const struct driver_rules *rules,
	const struct target *target, const char *base, struct matching **ret_matching,
	struct error *err)
{
	CLEANUP(matching_closep) struct matching *matching = calloc(1, sizeof(*matching));
	if (!matching)
		return match_no_memory(err);
	matching->rules = rules;
	matching->target = *target;
	matching->has_base = base != NULL;
	int rc = driver_search_open(store, base, &matching->search, err);
	if (rc < 0)
		return rc;
	*ret_matching = TAKE(matching);
	return 0;
}

struct matching *matching_close(struct matching *matching)
{
	if (!matching)
		return NULL;
	for (size_t i = 0; i < matching->n_matches; i++)
		match_free(matching->matches[i]);
	for (size_t i = 0; i < matching->n_choices; i++)
		free(matching->choices[i].sections);
	free(matching->matches);
	free(matching->choices);
	driver_search_close(matching->search);
	free(matching);
	return NULL;
}

/* ---- in words ---- */

static char *words_of_usable(const struct draft *draft)
{
	if (draft->package->base[0])
		return match_words_of_inbox(draft->package);
	return strdup(draft->is_one_of_many
			      ? "the best of several lines of the INF that name this device"
			      : "");
}

static char *words_of_too_new(const struct query *query, const struct draft *draft)
{
	struct binary_version version;
	return query_binary_is_too_new(query, draft, &version, NULL) > 0
		       ? match_words_of_too_new(draft->install, &version)
		       : NULL;
}

static char *words_of(const struct query *query, const struct draft *draft)
{
	char *text = NULL;
	const struct driver_model *model = &draft->hit->model;
	const struct target *target = &query->matching->target;
	switch (draft->state) {
	case CANDIDATE_USABLE: return words_of_usable(draft);
	case CANDIDATE_TOO_NEW: return words_of_too_new(query, draft);
	case CANDIDATE_INCOMPLETE: return match_words_of_missing(draft->install);
	case CANDIDATE_NO_SECTION:
		return asprintf(&text,
			       "line %u of the INF names the install section [%s], which is not "
			       "there",
			       model->line, model->install) < 0
			       ? NULL
			       : text;
	case CANDIDATE_EXCLUDED:
		if (!draft->install)
			break;
		if (draft_is_extension(draft))
			return strdup(
				"an extension INF: it adds to a driver, and is none by itself");
		return asprintf(&text, "ExcludeID of [%s] names %s", draft->install->section,
			       query_excluded_id(query, draft->install)) < 0
			       ? NULL
			       : text;
	case CANDIDATE_MARKED:
	case CANDIDATE_OTHER_WINDOWS:
	case CANDIDATE_OTHER_ARCH: break;
	}
	return match_words_of_section(draft->package, model->section, &draft->choice, target);
}

static int describe(const struct query *query, const struct draft *draft,
	struct candidate *candidate, struct error *err)
{
	struct mark_verdict verdict;
	candidate->package = draft->package;
	candidate->state = draft->state;
	candidate->is_inbox = draft->package->base[0] != 0;
	candidate->rank = draft->rank;
	candidate->date = draft->date;
	candidate->version = draft->version;
	(void)text_copy(candidate->id, sizeof(candidate->id), query->ids[draft->hit->id]);
	candidate->description = strdup(draft->hit->model.description);
	if (draft->install)
		candidate->section = strdup(draft->install->section);
	bool has_service = draft->install && draft->install->service;
	if (has_service)
		candidate->service = strdup(draft->install->service);
	if (draft->state == CANDIDATE_MARKED && query_is_forbidden(query, draft, &verdict)) {
		candidate->reason = strdup(verdict.reason);
		(void)text_copy(candidate->instead, sizeof(candidate->instead), verdict.instead);
		(void)text_copy(candidate->instead_family, sizeof(candidate->instead_family),
			verdict.instead_family);
	} else {
		candidate->reason = words_of(query, draft);
	}
	bool is_whole = candidate->description && candidate->reason &&
			(!draft->install || candidate->section) &&
			(!has_service || candidate->service);
	return is_whole ? 0 : match_no_memory(err);
}

int matching_lend(
	struct matching *matching, const struct driver_package *package, struct error *err)
{
	return driver_search_lend(matching->search, package, err);
}

/* ---- the pick ---- */

static bool is_substitute(const struct candidate *marked, const struct candidate *other)
{
	if (marked->instead[0])
		return strncmp(other->package->id, marked->instead, strlen(marked->instead)) == 0;
	return marked->instead_family[0] &&
	       text_equal_nocase(other->package->inf, marked->instead_family);
}

static bool is_better(const struct candidate *a, const struct candidate *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	return driver_version_compare(a->date, a->version, b->date, b->version) > 0;
}

/*
 * The first that is usable, else the first that is too new or incomplete; but where a marked one
 * would have been taken before it, and names who stands in for it, that one.
 */
static void pick(const struct matching *matching, struct device_match *match)
{
	ssize_t instead_of = -1;
	match->pick = match->n > 0 && match->candidates[0].state <= CANDIDATE_INCOMPLETE ? 0 : -1;
	for (size_t i = 0; i < match->n && match->pick == 0 && instead_of < 0; i++) {
		const struct candidate *marked = &match->candidates[i];
		if (marked->state != CANDIDATE_MARKED || !is_better(marked, &match->candidates[0]))
			continue;
		for (size_t k = 0; k < match->n && instead_of < 0; k++) {
			if (match->candidates[k].state != match->candidates[0].state ||
				!is_substitute(marked, &match->candidates[k]))
				continue;
			match->pick = (ssize_t)k;
			instead_of = (ssize_t)i;
		}
	}
	match_words_of_pick(matching, match, instead_of);
}

/* A report that tells no class (an id alone, on a command line) leaves it to the drivers, as
 * Windows does: the best one's. */
static void find_class(const struct device *device, struct device_match *match)
{
	(void)text_copy(match->class, sizeof(match->class), device_setup_class(device));
	if (match->class[0] == 0 && match->pick >= 0)
		(void)text_copy(match->class, sizeof(match->class),
			match->candidates[match->pick].package->class);
	for (size_t i = 0; i < match->n && match->class[0] == 0; i++) {
		const char *class = match->candidates[i].package->class;
		if (!text_equal_nocase(class, "Extension"))
			(void)text_copy(match->class, sizeof(match->class), class);
	}
}

/* ---- a device ---- */

static int copy_device(const struct device *device, uint16_t major, struct device *copy)
{
	int rc = 0;
	for (size_t i = 0; i < device->n_hardware_ids && rc == 0; i++)
		rc = device_add_hardware_id(copy, device->hardware_ids[i]);
	for (size_t i = 0; i < device->n_compatible_ids && rc == 0; i++)
		rc = device_add_compatible_id(copy, device->compatible_ids[i]);
	return rc < 0 ? rc : pci_order_for_windows(copy, major);
}

static int begin_query(struct query *query, const struct device *device, struct error *err)
{
	int rc = copy_device(device, query->matching->target.major, &query->device);
	if (rc < 0)
		return error_set(err, rc, "a device has more or longer ids than devices have");
	const struct device *own = &query->device;
	query->n_ids = own->n_hardware_ids + own->n_compatible_ids;
	query->ids = calloc(query->n_ids + 1, sizeof(*query->ids));
	if (!query->ids)
		return match_no_memory(err);
	for (size_t i = 0; i < query->n_ids; i++)
		query->ids[i] = i < own->n_hardware_ids
					? own->hardware_ids[i]
					: own->compatible_ids[i - own->n_hardware_ids];
	return 0;
}

static void query_clear(struct query *query)
{
	device_clear(&query->device);
	free(query->ids);
	free(query->drafts);
}

static int find(struct query *query, struct device_match *match, struct error *err)
{
	int rc = query_find_drafts(query, err);
	if (rc < 0)
		return rc;
	match->candidates = calloc(query->n + 1, sizeof(*match->candidates));
	if (!match->candidates)
		return match_no_memory(err);
	for (size_t i = 0; i < query->n && rc == 0; i++)
		rc = describe(query, &query->drafts[i], &match->candidates[match->n++], err);
	return rc;
}

int matching_device(struct matching *matching, const struct device *device,
	const struct device_match **ret_match, struct error *err)
{
	CLEANUP(query_clear) struct query query = {.matching = matching};
	CLEANUP(match_freep) struct device_match *match = calloc(1, sizeof(*match));
	struct device_match **grown =
		reallocarray(matching->matches, matching->n_matches + 1, sizeof(*grown));
	if (grown)
		matching->matches = grown;
	if (!match || !grown)
		return match_no_memory(err);
	int rc = begin_query(&query, device, err);
	if (rc == 0)
		rc = find(&query, match, err);
	if (rc < 0)
		return rc;
	pick(matching, match);
	find_class(device, match);
	*ret_match = match;
	matching->matches[matching->n_matches++] = TAKE(match);
	return 0;
}
