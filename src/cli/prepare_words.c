/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/prepare_words.h"

#include "base/text.h"
#include "cli/plan_words.h"
#include "cli/words.h"

#include <stdio.h>
#include <string.h>

/* ---- what needs an eye ---- */

static void warn(json_t *warnings, const char *format, ...) PRINTF_LIKE(2, 3);
static void warn(json_t *warnings, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_disarm(text, strlen(text));
	(void)json_array_append_new(warnings, json_pack("{s:o}", "text", json_text(text)));
}

static void warn_of_nics(json_t *warnings, const struct plan_outcome *outcome)
{
	const struct plan_record *plan = &outcome->plan;
	bool is_only = plan->n_uncovered_nics == outcome->n_nics;
	for (uint32_t i = 0; i < plan->n_uncovered_nics; i++) {
		char words[PLAN_FAILURE_BYTES];
		plan_failure_words(plan->devices[outcome->uncovered_nics[i]].hardware_id, words);
		warn(warnings,
			"%s%s would fail with: %s; give it a driver with `pewter driver add PATH`, "
			"then `pewter prepare %s` again",
			plan->client_name, is_only ? "" : ", over that one of its network cards,",
			words, plan->client_name);
	}
	if (outcome->n_nics == 0)
		warn(warnings,
			"%s has no network card among its devices, so nothing can be said of its "
			"network; `pewter client import` a report that has one",
			plan->client_name);
}

json_t *prepare_warnings(const struct prepare_request *request, const struct prepare_result *result)
{
	json_t *warnings = json_array();
	const struct plan_outcome *outcome = &result->outcome;
	const char *classes = request->classes != NULL ? request->classes : PLAN_CLASSES_DEFAULT;
	if (plan_wants_nics(classes))
		warn_of_nics(warnings, outcome);
	if (outcome->n_others_uncovered == 1)
		warn(warnings,
			"one device of %s, no network card, is not covered: Windows PE will not "
			"see what is behind it",
			outcome->plan.client_name);
	else if (outcome->n_others_uncovered > 1)
		warn(warnings,
			"%zu devices of %s, no network cards, are not covered: Windows PE will not "
			"see what is behind them",
			outcome->n_others_uncovered, outcome->plan.client_name);
	if (outcome->n_doubtful > 0)
		warn(warnings,
			"%zu device%s a driver that was made for a later Windows, and may not load",
			outcome->n_doubtful, outcome->n_doubtful == 1 ? " gets" : "s get");
	/* Where all is covered without it nobody needs to know. */
	if (!result->knows_inbox && json_array_size(warnings) > 0)
		warn(warnings,
			"what image %s drives by itself is not known: it was imported before "
			"Pewter looked for that; `pewter image import` it again, with --replace",
			outcome->plan.image);
	return warnings;
}

/* ---- JSON ---- */

static json_t *packages_json(const struct revision_package *packages, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, plan_package_json(&packages[i], NULL));
	return list;
}

static json_t *gone_json(const struct plan_gone *gone, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, plan_package_json(&gone[i].package, gone[i].why));
	return list;
}

/* What prepare knows of the plan beyond what is kept. */
static json_t *whole_plan_json(const struct plan_outcome *outcome)
{
	const struct plan_record *plan = &outcome->plan;
	json_t *object = plan_json(plan);
	json_t *nics = json_array();
	char words[PLAN_FAILURE_BYTES] = "";
	for (uint32_t i = 0; i < plan->n_uncovered_nics; i++) {
		const char *id = plan->devices[outcome->uncovered_nics[i]].hardware_id;
		(void)json_array_append_new(nics, json_pack("{s:o}", "hardware_id", json_text(id)));
		if (i == 0)
			plan_failure_words(id, words);
	}
	int rc = json_object_set_new(object, "uncovered_nics", nics);
	rc |= json_object_set_new(
		object, "would_fail_with", words[0] != 0 ? json_text(words) : json_null());
	rc |= json_object_set_new(
		object, "packages", packages_json(outcome->packages, outcome->n_packages));
	if (rc == 0)
		return object;
	json_decref(object);
	return NULL;
}

json_t *prepare_json(const struct prepare_request *request, const struct prepare_result *result,
	json_t *warnings)
{
	const struct plan_outcome *outcome = &result->outcome;
	return json_pack("{s:o, s:b, s:b, s:i, s:s, s:o, s:o, s:o, s:o, s:O}", "plan",
		whole_plan_json(outcome), "made_revision",
		result->made_revision && !request->dry_run, "dry_run", request->dry_run,
		"revision_before", (int)result->revision_before, "why_image", result->why_image,
		"added", packages_json(result->added, result->n_added), "replaced",
		gone_json(outcome->replaced, outcome->n_replaced), "dropped",
		gone_json(outcome->dropped, outcome->n_dropped), "removed",
		json_revision_names(result->gone, result->n_gone), "warnings", warnings);
}

/* ---- for people ---- */

static void print_package(const char *what, const struct revision_package *package, const char *why)
{
	char words[PLAN_PACKAGE_WORDS_BYTES];
	plan_package_words(package->id, package->inf, package->date, package->version,
		package->has_version, words);
	(void)printf(
		"%-12s %s%s%s\n", what, words, why != NULL ? ": " : "", why != NULL ? why : "");
}

static bool is_all_covered(const struct plan_record *plan)
{
	for (size_t i = 0; i < plan->n_devices; i++)
		if (!plan->devices[i].is_covered)
			return false;
	return true;
}

static void print_revision(
	const struct prepare_request *request, const struct prepare_result *result)
{
	const struct plan_outcome *outcome = &result->outcome;
	const struct plan_record *plan = &outcome->plan;
	for (size_t i = 0; i < result->n_added; i++)
		print_package("added", &result->added[i], NULL);
	for (size_t i = 0; i < outcome->n_replaced; i++)
		print_package("replaced", &outcome->replaced[i].package, outcome->replaced[i].why);
	for (size_t i = 0; i < outcome->n_dropped; i++)
		print_package("dropped", &outcome->dropped[i].package, outcome->dropped[i].why);
	if (!result->made_revision) {
		(void)printf("%s boots %s@%u, which holds all that %s\n", plan->client_name,
			plan->image, plan->revision,
			is_all_covered(plan) ? "it needs" : "there is for it");
	} else if (request->dry_run) {
		(void)printf("%s would boot a new revision, %s@%u; nothing was changed "
			     "(--dry-run)\n",
			plan->client_name, plan->image, plan->revision);
	} else {
		(void)printf("%s boots %s@%u, a new revision%s\n", plan->client_name, plan->image,
			plan->revision, request->own_revision ? " of its own" : "");
		(void)printf("media made%s%s from %s@%u or before are stale now: `pewter media "
			     "check FILE` tells, `pewter media iso` makes a new one\n",
			request->own_revision ? " for " : "",
			request->own_revision ? plan->client_name : "", plan->image,
			result->revision_before);
	}
	print_gone_revisions(result->gone, result->n_gone, request->dry_run);
}

int prepare_print(const struct cli *cli, const struct prepare_request *request,
	const struct prepare_result *result)
{
	const struct plan_outcome *outcome = &result->outcome;
	(void)printf("%s, prepared for image %s (%s):\n", outcome->plan.client_name,
		outcome->plan.image, result->why_image);
	int rc = plan_print(&outcome->plan);
	if (rc < 0)
		return cli_fail_errno(cli, rc);
	if (outcome->n_left_out > 0)
		(void)printf("%-12s %zu that Windows makes by itself, on no bus\n", "left out",
			outcome->n_left_out);
	print_revision(request, result);
	return EXIT_DONE;
}
