/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the store knows of a device's ids becomes drafts of candidates, in order. References:
 * "Overview of the Driver Package Selection Process", "How Windows Ranks Driver Packages", "INF
 * Manufacturer Section", "INF DDInstall Section".
 */
#include "base/text.h"
#include "driver/match_room.h"
#include "driver/rank.h"

#include <errno.h>
#include <string.h>

int match_no_memory(struct error *err)
{
	return error_set(err, -ENOMEM, "no memory for the candidates");
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
			return match_no_memory(err);
		memset(grown + matching->n_choices, 0,
			(n - matching->n_choices) * sizeof(*matching->choices));
		matching->choices = grown;
		matching->n_choices = n;
	}
	struct package_choices *choices = &matching->choices[number];
	if (!choices->sections) {
		choices->sections = calloc(package->n_sections + 1, sizeof(*choices->sections));
		if (!choices->sections)
			return match_no_memory(err);
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
const char *query_excluded_id(const struct query *query, const struct driver_install *install)
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

bool draft_is_extension(const struct draft *draft)
{
	return text_equal_nocase(draft->package->class, "Extension");
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
	if (draft_is_extension(draft) || query_excluded_id(query, install))
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

/* ---- in order ---- */

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
	/* What the image has already: nothing has to be added for it. */
	if (order == 0)
		order = (a->package->base[0] == 0) - (b->package->base[0] == 0);
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

bool query_is_forbidden(
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
		if (has_rank(draft->state) && query_is_forbidden(query, draft, &verdict))
			draft->state = CANDIDATE_MARKED;
	}
}

/* ---- what the binary says ---- */

/*
 * Up to Windows 7 the version for which a driver was linked tells most of what its INF does not:
 * vendors offer one INF with sections for old and new Windows, and one .sys that needs functions of
 * the kernel (or of NDIS) that the old one lacks; it then does not load. But the number alone stops
 * nothing: the loader that refuses a higher one with 0x800700C1 is that of programs, and drivers
 * marked 6.1 are known to run on 6.0. So it is no verdict, and only sets such a driver behind those
 * about which there is no doubt. For Windows 8 and later nothing of the kind has been seen. The
 * image's own drivers are of its own Windows.
 */
int query_binary_is_too_new(const struct query *query, const struct draft *draft,
	struct binary_version *ret_version, struct error *err)
{
	const struct target *target = &query->matching->target;
	bool is_old = target->major < 6 || (target->major == 6 && target->minor <= 1);
	if (!is_old || !draft->install || !draft->install->binary || draft->package->base[0])
		return 0;
	int rc = driver_search_subsystem(query->matching->search, draft->hit->package,
		draft->install->binary, target->arch, &ret_version->major, &ret_version->minor,
		err);
	if (rc <= 0)
		return rc;
	return ret_version->major > target->major ||
	       (ret_version->major == target->major && ret_version->minor > target->minor);
}

static int demote_too_new(struct query *query, struct error *err)
{
	for (size_t i = 0; i < query->n; i++) {
		struct draft *draft = &query->drafts[i];
		struct binary_version version;
		int rc = draft->state == CANDIDATE_USABLE
				 ? query_binary_is_too_new(query, draft, &version, err)
				 : 0;
		if (rc < 0)
			return rc;
		if (rc > 0)
			draft->state = CANDIDATE_TOO_NEW;
	}
	return 0;
}

/* ---- all ---- */

int query_find_drafts(struct query *query, struct error *err)
{
	const struct driver_hit *hits;
	size_t n_hits;
	int rc = driver_search_ids(
		query->matching->search, query->ids, query->n_ids, &hits, &n_hits, err);
	if (rc < 0)
		return rc;
	query->drafts = calloc(n_hits + 1, sizeof(*query->drafts));
	if (!query->drafts)
		return match_no_memory(err);
	for (size_t i = 0; i < n_hits && rc == 0; i++)
		rc = judge(query, &hits[i], &query->drafts[query->n++], err);
	if (rc < 0)
		return rc;
	leave_one_of_each(query);
	rc = demote_too_new(query, err);
	if (rc < 0)
		return rc;
	mark(query);
	qsort(query->drafts, query->n, sizeof(*query->drafts), compare_drafts);
	return 0;
}
