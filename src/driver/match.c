/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Candidates of a device. References: "Overview of the Driver Package Selection Process", "How
 * Windows Ranks Driver Packages", "INF Manufacturer Section", "INF DDInstall Section".
 */
#include "driver/match.h"

#include "base/text.h"
#include "driver/marks.h"
#include "driver/match_room.h"
#include "driver/pci.h"
#include "driver/rank.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What each section of a package means for the target, worked out when it is first met. */
struct package_choices {
	struct section_choice *sections; /* owned; NULL until then */
};

struct matching {
	struct driver_search *search;
	const struct driver_rules *rules;
	struct target target;
	struct package_choices *choices; /* by number of the package in the search */
	size_t n_choices;
	struct device_match **matches; /* one by one, so that they stay where they are */
	size_t n_matches;
};

static int no_memory(struct error *err)
{
	return error_set(err, -ENOMEM, "no memory for the candidates");
}

/* ---- opening, closing ---- */

static void match_free(struct device_match *match)
{
	for (size_t i = 0; match && i < match->n; i++) {
		free(match->candidates[i].section);
		free(match->candidates[i].description);
		free(match->candidates[i].reason);
	}
	if (match)
		free(match->candidates);
	free(match);
}
DEFINE_FREEP(struct device_match, match_free);

int matching_open(struct store *store, const struct driver_rules *rules,
	const struct target *target, struct matching **ret_matching, struct error *err)
{
	CLEANUP(matching_closep) struct matching *matching = calloc(1, sizeof(*matching));
	if (!matching)
		return no_memory(err);
	matching->rules = rules;
	matching->target = *target;
	int rc = driver_search_open(store, &matching->search, err);
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

/* ---- sections ---- */

static enum decoration_fit fit_of(const struct driver_section *section, const struct target *target)
{
	struct decoration decoration;
	return decoration_parse(section->decoration, &decoration) < 0
		       ? DECORATION_INVALID
		       : decoration_fit(&decoration, target);
}

/* "each line may have up to one applicable section": the sections of one line are neighbours. */
static void choose_of_line(const struct driver_package *package, size_t first, size_t end,
	const struct target *target, struct section_choice *choices)
{
	enum decoration_fit why;
	int taken = target_choose_section(&package->sections[first], end - first,
		package->sections[first].manufacturer, target, &why);
	for (size_t i = first; i < end; i++) {
		struct section_choice *choice = &choices[i];
		choice->fit = fit_of(&package->sections[i], target);
		choice->verdict = SECTION_MISFIT;
		if (taken < 0)
			continue;
		const struct driver_section *best = &package->sections[first + (size_t)taken];
		choice->taken = (uint32_t)(first + (size_t)taken);
		if (choice->taken == i)
			choice->verdict = SECTION_TAKEN;
		else if (choice->fit == DECORATION_FITS)
			choice->verdict = best->exists && !best->is_empty ? SECTION_OUTRANKED
									  : SECTION_EMPTIED;
	}
}

static int choices_of(struct matching *matching, size_t number,
	const struct section_choice **ret_choices, struct error *err)
{
	const struct driver_package *package = driver_search_package(matching->search, number);
	if (number >= matching->n_choices) {
		size_t n = 2 * number + 16;
		struct package_choices *grown =
			reallocarray(matching->choices, n, sizeof(*matching->choices));
		if (!grown)
			return no_memory(err);
		memset(grown + matching->n_choices, 0,
			(n - matching->n_choices) * sizeof(*matching->choices));
		matching->choices = grown;
		matching->n_choices = n;
	}
	struct package_choices *choices = &matching->choices[number];
	if (!choices->sections) {
		choices->sections = calloc(package->n_sections + 1, sizeof(*choices->sections));
		if (!choices->sections)
			return no_memory(err);
		for (size_t first = 0, end; first < package->n_sections; first = end) {
			end = first + 1;
			while (end < package->n_sections &&
				package->sections[end].manufacturer ==
					package->sections[first].manufacturer)
				end++;
			choose_of_line(package, first, end, &matching->target, choices->sections);
		}
	}
	*ret_choices = choices->sections;
	return 0;
}

/* ---- one hit ---- */

/* What a hit comes to, without words: a hostile package may have 200,000 for one device. */
struct draft {
	const struct driver_hit *hit;
	const struct driver_package *package;
	const struct driver_install *install; /* NULL unless its section is taken and there */
	struct section_choice choice;
	enum candidate_state state;
	uint32_t rank;
	uint32_t date;
	uint64_t version;
	bool is_one_of_many; /* other lines of the INF lead to the same install section */
};

/* A device while it is matched. */
struct query {
	struct matching *matching;
	struct device device; /* ids in the order of the target's Windows */
	const char **ids;     /* hardware ids, then compatible ids; the texts are the device's */
	size_t n_ids;
	struct draft *drafts;
	size_t n;
};

static uint32_t rank_of_hit(const struct query *query, const struct driver_hit *hit,
	const struct driver_package *package, const struct driver_install *install)
{
	size_t n_hardware = query->device.n_hardware_ids;
	bool is_compatible = hit->id >= n_hardware;
	const struct rank_facts facts = {
		.signature = package->signature,
		.is_nt = install->is_nt || package->sections[hit->model.section].decoration[0] != 0,
		/* "Supported in Windows Vista and later": INF FeatureScore Directive. */
		.feature_score = query->matching->target.major >= 6 ? install->feature_score : 0xFF,
		.is_device_compatible = is_compatible,
		.device_index = (uint32_t)(is_compatible ? hit->id - n_hardware : hit->id),
		.inf_position = hit->position,
	};
	return rank_of(&facts);
}

/* The id of the device that ExcludeID names, or NULL. Windows 2000 does not read it: "Windows XP
 * and later versions of Windows" (INF DDInstall Section). */
static const char *excluded_id(const struct query *query, const struct driver_install *install)
{
	const struct target *target = &query->matching->target;
	if (target->major < 5 || (target->major == 5 && target->minor < 1))
		return NULL;
	for (size_t i = 0; i < install->n_excluded; i++) {
		for (size_t k = 0; k < query->n_ids; k++) {
			if (text_equal_nocase(install->excluded[i], query->ids[k]))
				return query->ids[k];
		}
	}
	return NULL;
}

static bool is_extension(const struct driver_package *package)
{
	return text_equal_nocase(package->class, "Extension");
}

/* The line stands in the section that this Windows takes: what does its install section say? */
static int judge_taken(const struct query *query, struct draft *draft, struct error *err)
{
	const struct driver_install *install;
	int rc = driver_search_install(query->matching->search, draft->hit->package,
		draft->hit->model.install, query->matching->target.arch, &install, err);
	if (rc < 0)
		return rc;
	draft->state = CANDIDATE_NO_SECTION;
	if (!install || !install->section)
		return 0;
	draft->install = install;
	draft->rank = rank_of_hit(query, draft->hit, draft->package, install);
	/* "DriverVer directives in the DDInstall sections are more specific and take precedence" */
	if (install->date != 0 || install->has_version) {
		draft->date = install->date;
		draft->version = install->version;
	}
	if (is_extension(draft->package) || excluded_id(query, install))
		draft->state = CANDIDATE_EXCLUDED;
	else
		draft->state = install->n_missing > 0 ? CANDIDATE_INCOMPLETE : CANDIDATE_USABLE;
	return 0;
}

static int judge(const struct query *query, const struct driver_hit *hit, struct draft *draft,
	struct error *err)
{
	const struct section_choice *choices = NULL;
	int rc = choices_of(query->matching, hit->package, &choices, err);
	if (rc < 0)
		return rc;
	const struct driver_package *package =
		driver_search_package(query->matching->search, hit->package);
	*draft = (struct draft){
		.hit = hit,
		.package = package,
		.choice = choices[hit->model.section],
		.date = package->date,
		.version = package->version,
	};
	if (draft->choice.verdict == SECTION_TAKEN)
		return judge_taken(query, draft, err);
	if (draft->choice.verdict == SECTION_EMPTIED)
		draft->state = CANDIDATE_EXCLUDED;
	else
		draft->state = draft->choice.fit == DECORATION_OTHER_ARCH ? CANDIDATE_OTHER_ARCH
									  : CANDIDATE_OTHER_WINDOWS;
	return 0;
}

/* ---- from hits to candidates ---- */

static bool has_rank(enum candidate_state state)
{
	return state <= CANDIDATE_MARKED;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* The better one first; of equals ("Windows can select any") always the same one. */
static int compare_drafts(const void *left, const void *right)
{
	const struct draft *a = left, *b = right;
	int order = compare_numbers(a->state, b->state);
	if (order == 0 && has_rank(a->state))
		order = compare_numbers(a->rank, b->rank);
	if (order == 0)
		order = -driver_version_compare(a->date, a->version, b->date, b->version);
	if (order == 0)
		order = strcmp(a->package->id, b->package->id);
	if (order == 0)
		order = compare_numbers(a->hit->model.line, b->hit->model.line);
	return order != 0 ? order : compare_numbers(a->hit->id, b->hit->id);
}

static int compare_installs(const struct draft *a, const struct draft *b)
{
	if (!a->install || !b->install)
		return !a->install - !b->install;
	return text_compare_nocase(a->install->section, b->install->section);
}

/* By package and install section; those without one last, and of them those first that Windows
 * would look at. */
static int compare_drivers(const void *left, const void *right)
{
	const struct draft *a = left, *b = right;
	int order = compare_numbers(a->hit->package, b->hit->package);
	if (order == 0)
		order = compare_installs(a, b);
	if (order == 0)
		order = compare_numbers(
			a->choice.verdict != SECTION_TAKEN, b->choice.verdict != SECTION_TAKEN);
	return order != 0 ? order : compare_drafts(left, right);
}

/*
 * Leaves one for each install section of each package, the best; and of a package with none, the
 * one that comes nearest.
 */
static void leave_one_of_each(struct query *query)
{
	size_t n = 0;
	qsort(query->drafts, query->n, sizeof(*query->drafts), compare_drivers);
	for (size_t i = 0; i < query->n; i++) {
		const struct draft *draft = &query->drafts[i];
		struct draft *last = n > 0 ? &query->drafts[n - 1] : NULL;
		if (last && last->hit->package == draft->hit->package &&
			(!draft->install || compare_installs(last, draft) == 0)) {
			/* A line may name several ids of the device. */
			last->is_one_of_many |=
				draft->install && last->hit->model.line != draft->hit->model.line;
			continue;
		}
		query->drafts[n++] = *draft;
	}
	query->n = n;
}

static bool is_forbidden(
	const struct query *query, const struct draft *draft, struct mark_verdict *ret_verdict)
{
	const struct matching *matching = query->matching;
	return matching->rules && driver_rules_forbid(matching->rules, draft->package, query->ids,
					  query->n_ids, &matching->target, ret_verdict);
}

static void mark(struct query *query)
{
	for (size_t i = 0; i < query->n; i++) {
		struct mark_verdict verdict;
		struct draft *draft = &query->drafts[i];
		if (has_rank(draft->state) && is_forbidden(query, draft, &verdict))
			draft->state = CANDIDATE_MARKED;
	}
}

/* ---- in words ---- */

static char *words_of(const struct query *query, const struct draft *draft)
{
	char *text = NULL;
	const struct driver_model *model = &draft->hit->model;
	const struct target *target = &query->matching->target;
	switch (draft->state) {
	case CANDIDATE_USABLE:
		return strdup(draft->is_one_of_many
				      ? "the best of several lines of the INF that name this device"
				      : "");
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
		if (is_extension(draft->package))
			return strdup(
				"an extension INF: it adds to a driver, and is none by itself");
		return asprintf(&text, "ExcludeID of [%s] names %s", draft->install->section,
			       excluded_id(query, draft->install)) < 0
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
	candidate->rank = draft->rank;
	candidate->date = draft->date;
	candidate->version = draft->version;
	(void)text_copy(candidate->id, sizeof(candidate->id), query->ids[draft->hit->id]);
	candidate->description = strdup(draft->hit->model.description);
	if (draft->install)
		candidate->section = strdup(draft->install->section);
	if (draft->state == CANDIDATE_MARKED && is_forbidden(query, draft, &verdict)) {
		candidate->reason = strdup(verdict.reason);
		(void)text_copy(candidate->instead, sizeof(candidate->instead), verdict.instead);
		(void)text_copy(candidate->instead_family, sizeof(candidate->instead_family),
			verdict.instead_family);
	} else {
		candidate->reason = words_of(query, draft);
	}
	bool is_whole = candidate->description && candidate->reason &&
			(!draft->install || candidate->section);
	return is_whole ? 0 : no_memory(err);
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
 * The first that is usable, else the first that is incomplete; but where a marked one would have
 * been taken before it, and names who stands in for it, that one.
 */
static void pick(struct device_match *match)
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
	match_words_of_pick(match, instead_of);
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

static int prepare(struct query *query, const struct device *device, struct error *err)
{
	int rc = copy_device(device, query->matching->target.major, &query->device);
	if (rc < 0)
		return error_set(err, rc, "a device has more or longer ids than devices have");
	const struct device *own = &query->device;
	query->n_ids = own->n_hardware_ids + own->n_compatible_ids;
	query->ids = calloc(query->n_ids + 1, sizeof(*query->ids));
	if (!query->ids)
		return no_memory(err);
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
	const struct driver_hit *hits;
	size_t n_hits;
	int rc = driver_search_ids(
		query->matching->search, query->ids, query->n_ids, &hits, &n_hits, err);
	if (rc < 0)
		return rc;
	query->drafts = calloc(n_hits + 1, sizeof(*query->drafts));
	if (!query->drafts)
		return no_memory(err);
	for (size_t i = 0; i < n_hits && rc == 0; i++)
		rc = judge(query, &hits[i], &query->drafts[query->n++], err);
	if (rc < 0)
		return rc;
	leave_one_of_each(query);
	mark(query);
	qsort(query->drafts, query->n, sizeof(*query->drafts), compare_drafts);
	match->candidates = calloc(query->n + 1, sizeof(*match->candidates));
	if (!match->candidates)
		return no_memory(err);
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
		return no_memory(err);
	int rc = prepare(&query, device, err);
	if (rc == 0)
		rc = find(&query, match, err);
	if (rc < 0)
		return rc;
	pick(match);
	*ret_match = match;
	matching->matches[matching->n_matches++] = TAKE(match);
	return 0;
}
