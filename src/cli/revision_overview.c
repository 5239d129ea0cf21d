/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/revision_overview.h"

#include "cli/driver_words.h"
#include "cli/table.h"
#include "cli/words.h"
#include "store/drivers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void revision_overview_clear(struct revision_overview *overview)
{
	(void)revision_records_free(overview->revisions, overview->n_revisions);
	(void)plan_records_free(overview->plans, overview->n_plans);
	revision_record_clear(&overview->shown);
	free(overview->is_known);
	*overview = (struct revision_overview){.revisions = NULL};
}

static int load_known(struct store *store, struct revision_overview *overview, struct error *err)
{
	int rc = 0;
	overview->is_known = calloc(overview->shown.n_packages + 1, sizeof(bool));
	if (overview->is_known == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; rc == 0 && i < overview->shown.n_packages; i++)
		rc = store_driver_has(
			store, overview->shown.packages[i].id, &overview->is_known[i], err);
	return rc;
}

int revision_overview_load(struct store *store, const char *image, uint32_t revision,
	struct revision_overview *ret_overview, struct error *err)
{
	struct revision_overview overview = {.revisions = NULL};
	int rc = store_revision_list(store, image, &overview.revisions, &overview.n_revisions, err);
	if (rc == 0)
		rc = store_plan_list(store, image, &overview.plans, &overview.n_plans, err);
	if (rc == 0)
		rc = store_revision_get(store, image, revision, &overview.shown, err);
	if (rc == 0)
		rc = load_known(store, &overview, err);
	if (rc < 0)
		revision_overview_clear(&overview);
	else
		*ret_overview = overview;
	return rc;
}

/* ---- words ---- */

/* "pc1, pc2, pc3 and 97 others" */
static void plans_text(
	const struct revision_overview *overview, uint32_t revision, char *out, size_t size)
{
	size_t n = 0, at = 0;
	out[0] = 0;
	for (size_t i = 0; i < overview->n_plans; i++) {
		if (overview->plans[i].revision != revision)
			continue;
		if (n++ < 3 && at < size) {
			int length = snprintf(out + at, size - at, "%s%s", at > 0 ? ", " : "",
				overview->plans[i].client_name);
			at += length > 0 ? (size_t)length : 0;
		}
	}
	if (n > 3 && at < size)
		(void)snprintf(out + at, size - at, " and %zu other%s", n - 3, n == 4 ? "" : "s");
}

static int print_revisions(const struct revision_overview *overview)
{
	CLEANUP(table_free)
	struct table table = table_with(7, (const char *[]){">REVISION", "MADE", "BY", ">PACKAGES",
						   ">LAYER", ">SIZE", "PREPARED FOR"});
	for (size_t i = 0; i < overview->n_revisions; i++) {
		const struct revision_record *record = &overview->revisions[i];
		char number[12], made[LOCAL_TIME_TEXT_BYTES], n_packages[24],
			layer[SIZE_TEXT_BYTES], size[SIZE_TEXT_BYTES], plans[400];
		(void)snprintf(number, sizeof(number), "%u", record->revision);
		(void)snprintf(n_packages, sizeof(n_packages), "%zu", record->n_packages);
		local_time_format(record->created_ms, made);
		size_format(record->layer.size, layer);
		size_format(record->size, size);
		plans_text(overview, record->revision, plans, sizeof(plans));
		table_add(&table, number, made, record->why, n_packages,
			record->layer.size > 0 ? layer : "-", size, plans);
	}
	return table_print(&table, stdout);
}

static int print_packages(const struct revision_overview *overview)
{
	CLEANUP(table_free)
	struct table table = table_with(7, (const char *[]){">FOLDER", "PACKAGE", "INF", "CLASS",
						   "PROVIDER", "DATE", "VERSION"});
	for (size_t i = 0; i < overview->shown.n_packages; i++) {
		const struct revision_package *package = &overview->shown.packages[i];
		char number[12], id[DRIVER_SHORT_ID_BYTES], date[DRIVER_DATE_TEXT_BYTES],
			version[DRIVER_VERSION_TEXT_BYTES] = "-", shown[24];
		(void)snprintf(number, sizeof(number), "%u", package->number);
		driver_short_id(package->id, id);
		driver_date_format(package->date, date);
		if (package->has_version)
			driver_version_format(package->version, version);
		/* A package that the database has forgotten is still in the revision. */
		(void)snprintf(shown, sizeof(shown), "%s%s", id,
			overview->is_known[i] ? "" : " (removed)");
		table_add(&table, number, shown, package->inf, package->class, package->provider,
			date, version);
	}
	return table_print(&table, stdout);
}

int revision_overview_print(const struct revision_overview *overview)
{
	(void)printf("\n");
	int rc = print_revisions(overview);
	if (rc == 0 && overview->shown.n_packages > 0) {
		(void)printf("\nDriver packages of revision %u, in \\pewter\\drivers\\FOLDER:\n",
			overview->shown.revision);
		rc = print_packages(overview);
	}
	for (size_t i = 0; rc == 0 && i < overview->shown.n_files; i++)
		(void)printf("%s%s\n",
			i == 0 ? "\nFiles that were added, the later over the earlier ones:\n" : "",
			overview->shown.files[i].source);
	return rc;
}

/* ---- JSON ---- */

static json_t *json_of_plans(const struct revision_overview *overview, uint32_t revision)
{
	json_t *clients = json_array();
	for (size_t i = 0; i < overview->n_plans; i++)
		if (overview->plans[i].revision == revision)
			(void)json_array_append_new(clients, json_plan(&overview->plans[i]));
	return clients;
}

static json_t *json_of_revisions(const struct revision_overview *overview)
{
	json_t *list = json_array();
	bool failed = false;
	for (size_t i = 0; i < overview->n_revisions; i++) {
		const struct revision_record *record = &overview->revisions[i];
		json_t *layer = record->layer.size == 0
					? json_null()
					: json_pack("{s:s, s:I}", "sha256", record->layer.sha256,
						  "size", (json_int_t)record->layer.size);
		failed |= json_array_append_new(list,
				  json_pack("{s:I, s:o, s:o, s:b, s:I, s:o, s:I, s:o}", "revision",
					  (json_int_t)record->revision, "created",
					  json_time(record->created_ms), "why",
					  json_text(record->why), "own", record->is_own, "size",
					  (json_int_t)record->size, "layer", layer, "n_packages",
					  (json_int_t)record->n_packages, "plans",
					  json_of_plans(overview, record->revision))) < 0;
	}
	if (failed) {
		json_decref(list);
		return NULL;
	}
	return list;
}

static json_t *json_of_package(const struct revision_package *package, bool is_known)
{
	char date[DRIVER_DATE_TEXT_BYTES], version[DRIVER_VERSION_TEXT_BYTES];
	driver_date_format(package->date, date);
	driver_version_format(package->version, version);
	return json_pack("{s:I, s:s, s:o, s:o, s:o, s:s?, s:s?, s:b, s:s}", "folder",
		(json_int_t)package->number, "id", package->id, "inf", json_text(package->inf),
		"class", json_text(package->class), "provider", json_text(package->provider),
		"date", package->date != 0 ? date : NULL, "version",
		package->has_version ? version : NULL, "in_database", is_known, "part",
		package->part);
}

int revision_overview_json(const struct revision_overview *overview, json_t *image)
{
	const struct revision_record *shown = &overview->shown;
	json_t *packages = json_array(), *added = json_array();
	int rc = 0;
	for (size_t i = 0; i < shown->n_packages; i++)
		rc |= json_array_append_new(
			packages, json_of_package(&shown->packages[i], overview->is_known[i]));
	for (size_t i = 0; i < shown->n_files; i++)
		rc |= json_array_append_new(
			added, json_pack("{s:o, s:s}", "source", json_text(shown->files[i].source),
				       "part", shown->files[i].part));
	rc |= json_object_set_new(image, "packages", packages);
	rc |= json_object_set_new(image, "added_files", added);
	rc |= json_object_set_new(image, "shown_revision", json_integer(shown->revision));
	rc |= json_object_set_new(image, "size", json_integer((json_int_t)shown->size));
	rc |= json_object_set_new(image, "revisions", json_of_revisions(overview));
	return rc == 0 ? 0 : -ENOMEM;
}
