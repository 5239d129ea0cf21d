/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prepare/plan.h"

#include "base/text.h"
#include "device/kind.h"
#include "prepare/plan_room.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void plan_outcome_clear(struct plan_outcome *outcome)
{
	free(outcome->packages);
	free(outcome->replaced);
	free(outcome->dropped);
	free(outcome->uncovered_nics);
	plan_record_clear(&outcome->plan);
	*outcome = (struct plan_outcome){.packages = NULL};
}

static int no_memory(struct error *err)
{
	return error_set(err, -ENOMEM, "no memory for the plan");
}

/* ---- which devices ---- */

static bool wants_all(const char *classes)
{
	return text_equal_nocase(classes, "all");
}

static bool wants_class(const char *class, const char *classes)
{
	return wants_all(classes) || text_is_in_list(class, classes);
}

bool plan_wants(const struct device *device, const char *classes)
{
	const char *class = device_setup_class(device);
	if (wants_all(classes))
		return true;
	if (device_is_software(device))
		return false;
	return class[0] == 0 || wants_class(class, classes) ||
	       (device_is_nic(device) && wants_class("Net", classes));
}

bool plan_wants_nics(const char *classes)
{
	return wants_class("Net", classes);
}

/* What nobody told before, the driver that comes nearest does. */
static const char *class_of(const struct device *device, const struct device_match *match)
{
	const char *class = device_setup_class(device);
	if (device_is_nic(device))
		return "Net";
	return class[0] == 0 ? match->class : class;
}

static int list_rows(struct planning *planning, size_t *n_left_out, struct error *err)
{
	const struct plan_input *input = planning->input;
	planning->rows = calloc(input->devices->n + 1, sizeof(*planning->rows));
	if (planning->rows == NULL)
		return no_memory(err);
	for (size_t i = 0; i < input->devices->n; i++) {
		const struct device *device = &input->devices->devices[i];
		const struct device_match *match = input->matches[i];
		if (match == NULL || !plan_wants(device, input->classes)) {
			*n_left_out += device_is_software(device) &&
				       wants_class(device->class, input->classes);
			continue;
		}
		const char *class = class_of(device, match);
		if (!wants_class(class, input->classes))
			continue;
		struct plan_row *row = &planning->rows[planning->n_rows++];
		row->device = device;
		row->tiers = &input->tiers[i];
		row->needs[0].match = match;
		(void)text_copy(row->class, sizeof(row->class), class);
	}
	if (planning->n_rows == 0 && !plan_wants_nics(input->classes))
		return error_set(err, -EINVAL,
			"no device is of class %s; leave out --class for network cards and disk "
			"controllers, or take --class all",
			input->classes);
	return 0;
}

static void planning_clear(struct planning *planning)
{
	free(planning->rows);
}

/* ---- the plan ---- */

static bool needs_eye(const struct plan_input *input, const struct plan_row *row)
{
	const char *classes = wants_all(input->classes) ? PLAN_CLASSES_DEFAULT : input->classes;
	return !row->is_covered && !device_is_nic(row->device) &&
	       !device_is_software(row->device) && text_is_in_list(row->class, classes);
}

static void describe(
	const struct plan_input *input, const struct plan_row *row, struct plan_outcome *outcome)
{
	struct plan_record *plan = &outcome->plan;
	size_t at = plan->n_devices++;
	struct plan_device *device = &plan->devices[at];
	(void)text_copy(
		device->hardware_id, sizeof(device->hardware_id), device_best_id(row->device));
	(void)text_copy(device->class, sizeof(device->class), row->class);
	(void)text_copy(device->name, sizeof(device->name), row->device->name);
	device->is_covered = row->is_covered;
	plan_words(row, device);
	if (device_is_nic(row->device) && !device_is_wireless(row->device)) {
		outcome->n_nics++;
		if (!row->is_covered)
			outcome->uncovered_nics[plan->n_uncovered_nics++] = at;
	}
	outcome->n_others_uncovered += needs_eye(input, row);
	outcome->n_doubtful += row->is_doubtful;
}

static int describe_all(const struct planning *planning, struct plan_outcome *outcome)
{
	struct plan_record *plan = &outcome->plan;
	plan->devices = calloc(planning->n_rows + 1, sizeof(*plan->devices));
	outcome->uncovered_nics = calloc(planning->n_rows + 1, sizeof(*outcome->uncovered_nics));
	if (plan->devices == NULL || outcome->uncovered_nics == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < planning->n_rows; i++)
		describe(planning->input, &planning->rows[i], outcome);
	(void)text_copy(plan->image, sizeof(plan->image), planning->input->image->name);
	(void)text_copy(plan->classes, sizeof(plan->classes), planning->input->classes);
	return 0;
}

int plan_make(const struct plan_input *input, struct plan_outcome *ret_outcome, struct error *err)
{
	CLEANUP(planning_clear) struct planning planning = {.input = input};
	CLEANUP(plan_outcome_clear) struct plan_outcome outcome = {.packages = NULL};
	int rc = list_rows(&planning, &outcome.n_left_out, err);
	if (rc < 0)
		return rc;
	if (plan_take(&planning) < 0 || plan_hold(&planning, &outcome) < 0 ||
		describe_all(&planning, &outcome) < 0)
		return no_memory(err);
	*ret_outcome = outcome;
	outcome = (struct plan_outcome){.packages = NULL};
	return 0;
}
