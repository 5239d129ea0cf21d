/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/marks.h"

#include "base/text.h"
#include "driver/rules.h"

#include <stdio.h>
#include <string.h>

/* '*' stands for anything, upper and lower case are alike. Goes back to the last star only: the
 * product of the lengths at worst. */
static bool fits(const char *glob, const char *text)
{
	const char *star = NULL, *resume = NULL;
	while (*text != 0) {
		if (*glob == '*') {
			star = ++glob;
			resume = text;
		} else if (text_lower(*glob) == text_lower(*text)) {
			glob++;
			text++;
		} else if (star != NULL) {
			glob = star;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return *glob == 0;
}

static bool any_fits(const struct rule_list *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++) {
		if (fits(list->texts[i], text))
			return true;
	}
	return list->n == 0;
}

/* Without a device it is asked of all devices that the package is for. */
static bool ids_fit(const struct rule_list *list, const struct driver_package *package,
	const char *const *ids, size_t n_ids)
{
	if (list->n == 0)
		return true;
	for (size_t i = 0; i < n_ids; i++) {
		if (any_fits(list, ids[i]))
			return true;
	}
	for (size_t i = 0; n_ids == 0 && i < package->n_models; i++) {
		const struct driver_model *model = &package->models[i];
		for (size_t k = 0; k < model->n_ids; k++) {
			if (any_fits(list, model->ids[k]))
				return true;
		}
	}
	return false;
}

static bool version_fits(const struct driver_rule *rule, const struct driver_package *package)
{
	struct version_number number = {.n = VERSION_PARTS};
	if (rule->version_text[0] == 0)
		return true;
	if (!package->has_version)
		return false;
	for (size_t i = 0; i < VERSION_PARTS; i++)
		number.parts[i] = (uint16_t)(package->version >> (48 - 16 * i));
	return version_range_holds(&rule->version, &number);
}

/* The first condition that holds, or NULL. */
static const char *holding(const struct rule_list *conditions, const struct target *target)
{
	for (size_t i = 0; i < conditions->n; i++) {
		if (mark_condition_holds(conditions->texts[i], target))
			return conditions->texts[i];
	}
	return NULL;
}

static bool rule_forbids(const struct driver_rule *rule, const struct driver_package *package,
	const char *const *ids, size_t n_ids, const struct target *target)
{
	return !rule->is_off && any_fits(&rule->infs, package->inf) &&
	       any_fits(&rule->providers, package->provider) &&
	       any_fits(&rule->classes, package->class) && version_fits(rule, package) &&
	       ids_fit(&rule->hardware_ids, package, ids, n_ids) &&
	       holding(&rule->conditions, target) != NULL;
}

/* "WHY (rule NAME)": of a long sentence the end goes, never the name of the rule. */
static void rule_reason(const struct driver_rule *rule, char *reason, size_t size)
{
	char tail[RULE_NAME_BYTES + 16];
	int n = snprintf(tail, sizeof(tail), " (rule %s)", rule->name);
	size_t room = size - (n > 0 ? (size_t)n : 0) - 1;
	size_t why = strlen(rule->why);
	if (why <= room) {
		(void)snprintf(reason, size, "%s%s", rule->why, tail);
		return;
	}
	why = room - 3;
	while (why > 0 && rule->why[why] != ' ')
		why--;
	(void)snprintf(reason, size, "%.*s...%s", (int)why, rule->why, tail);
}

bool driver_rules_forbid(const struct driver_rules *rules, const struct driver_package *package,
	const char *const *ids, size_t n_ids, const struct target *target,
	struct mark_verdict *ret_verdict)
{
	struct mark_verdict verdict = {0};
	/* What an administrator said of this very package goes before what is said of families. */
	for (size_t i = 0; i < rules->n_marks; i++) {
		const struct driver_mark *mark = &rules->marks[i];
		if (strcmp(mark->package, package->id) != 0 ||
			!mark_condition_holds(mark->condition, target))
			continue;
		(void)snprintf(verdict.reason, sizeof(verdict.reason),
			"marked as not for %.80s%s%.120s", mark->condition,
			mark->why[0] != 0 ? ": " : "", mark->why);
		(void)text_copy(verdict.instead, sizeof(verdict.instead), mark->instead);
		*ret_verdict = verdict;
		return true;
	}
	for (size_t i = 0; i < rules->n_rules; i++) {
		const struct driver_rule *rule = &rules->rules[i];
		if (!rule_forbids(rule, package, ids, n_ids, target))
			continue;
		rule_reason(rule, verdict.reason, sizeof(verdict.reason));
		(void)text_copy(verdict.instead, sizeof(verdict.instead), rule->instead);
		(void)text_copy(verdict.instead_family, sizeof(verdict.instead_family),
			rule->instead_family);
		*ret_verdict = verdict;
		return true;
	}
	return false;
}

bool driver_rules_forbid_wholly(const struct driver_rules *rules,
	const struct driver_package *package, const struct target *target,
	struct mark_verdict *ret_verdict)
{
	struct mark_verdict verdict;
	if (!driver_rules_forbid(rules, package, NULL, 0, target, &verdict))
		return false;
	for (size_t i = 0; i < package->n_models; i++) {
		const struct driver_model *model = &package->models[i];
		struct mark_verdict other;
		if (model->n_ids > 0 &&
			!driver_rules_forbid(rules, package, (const char *const *)model->ids,
				model->n_ids, target, &other))
			return false;
	}
	*ret_verdict = verdict;
	return true;
}
