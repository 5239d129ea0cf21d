/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/plan_words.h"

#include "base/text.h"
#include "cli/driver_words.h"
#include "cli/words.h"
#include "cli/wrap.h"
#include "prepare/plan.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PRINTED_BYTES (LIMIT_DEVICES * 1024)
#define INDENT        13 /* below the name of a device */

/* ---- JSON ---- */

static json_t *device_json(const struct plan_device *device)
{
	return json_pack("{s:o, s:o, s:o, s:b, s:s?, s:s?, s:o, s:o}", "hardware_id",
		json_text(device->hardware_id), "class", json_text(device->class), "name",
		json_text(device->name), "covered", device->is_covered, "by",
		device->by[0] != 0 ? device->by : NULL, "package",
		device->package[0] != 0 ? device->package : NULL, "inf",
		device->inf[0] != 0 ? json_text(device->inf) : json_null(), "reason",
		json_text(device->reason));
}

json_t *plan_json(const struct plan_record *plan)
{
	json_t *devices = json_array();
	int rc = 0;
	for (size_t i = 0; i < plan->n_devices; i++)
		rc |= json_array_append_new(devices, device_json(&plan->devices[i]));
	json_t *object = json_pack("{s:s, s:o, s:s, s:i, s:o, s:o, s:i, s:o}", "id", plan->id,
		"client", json_text(plan->client_name), "image", plan->image, "revision",
		(int)plan->revision, "classes", json_text(plan->classes), "made",
		json_time(plan->made_ms), "n_uncovered_nics", (int)plan->n_uncovered_nics,
		"devices", devices);
	if (rc == 0)
		return object;
	json_decref(object);
	return NULL;
}

json_t *plan_package_json(const struct revision_package *package, const char *why)
{
	char date[DRIVER_DATE_TEXT_BYTES], version[DRIVER_VERSION_TEXT_BYTES];
	driver_date_format(package->date, date);
	driver_version_format(package->version, version);
	json_t *object = json_pack("{s:s, s:o, s:o, s:o, s:s?, s:s?, s:o}", "package", package->id,
		"inf", json_text(package->inf), "class", json_text(package->class), "provider",
		json_text(package->provider), "date", package->date != 0 ? date : NULL, "version",
		package->has_version ? version : NULL, "number",
		package->number != 0 ? json_integer(package->number) : json_null());
	if (object != NULL && why != NULL &&
		json_object_set_new(object, "why", json_text(why)) < 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* ---- for people ---- */

static int add_device(struct buffer *out, const struct plan_device *device)
{
	char id[sizeof(device->hardware_id)];
	size_t start = out->size;
	plan_short_id(device->hardware_id, id, sizeof(id));
	int rc = buffer_printf(out, "%-12s %s%s%s%s, %s\n",
		device->is_covered ? "covered" : "NOT COVERED", device->name,
		device->name[0] != 0 ? " (" : "", id, device->name[0] != 0 ? ")" : "",
		device->class[0] != 0 ? device->class : "class unknown");
	if (rc == 0)
		rc = buffer_printf(out, "%*s%s\n", INDENT, "", device->reason);
	/* Names of devices and INFs come from strangers; the ends of lines are ours. */
	for (char *at = (char *)out->bytes + start; rc == 0 && *at != 0;) {
		size_t n = strcspn(at, "\n");
		text_disarm(at, n);
		at += n + (at[n] == '\n');
	}
	return rc;
}

int plan_print(const struct plan_record *plan)
{
	CLEANUP(buffer_free) struct buffer out = buffer_with_max(PRINTED_BYTES);
	int rc = 0;
	for (size_t i = 0; i < plan->n_devices && rc == 0; i++)
		rc = add_device(&out, &plan->devices[i]);
	if (rc < 0 || out.size == 0)
		return rc;
	return wrap_print(
		(const char *)out.bytes, out.size, terminal_columns(STDOUT_FILENO), INDENT, stdout);
}
