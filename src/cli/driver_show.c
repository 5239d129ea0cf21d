/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter driver show: all that is known of one driver package. */
#include "cli/commands.h"

#include "cli/driver_words.h"
#include "cli/table.h"
#include "cli/words.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct details {
	struct driver_package package;
	struct driver_mark *marks;
	size_t n_marks;
};

static void details_clear(struct details *details)
{
	driver_package_clear(&details->package);
	free(details->marks);
}

static const char *kind_word(enum driver_file_kind kind)
{
	switch (kind) {
	case DRIVER_FILE_INF: return "inf";
	case DRIVER_FILE_CATALOG: return "catalog";
	case DRIVER_FILE_OTHER: break;
	}
	return "other";
}

/* ---- words ---- */

static void print_table(struct table *table, const char *title, int *rc)
{
	if (table->n_rows <= 1 || *rc < 0)
		return;
	(void)printf("\n%s\n", title);
	*rc = table_print(table, stdout);
}

static void print_facts(const struct driver_package *package, int *rc)
{
	/* A table also for what has one line each: it makes control bytes of strangers harmless. */
	CLEANUP(table_free)
	struct table table = table_with(2, (const char *const[]){"id", package->id});
	char date[DRIVER_DATE_TEXT_BYTES], version[DRIVER_VERSION_TEXT_BYTES],
		size[SIZE_TEXT_BYTES];
	char added[LOCAL_TIME_TEXT_BYTES], signed_at[LOCAL_TIME_TEXT_BYTES], line[256];
	driver_date_format(package->date, date);
	driver_version_format(package->version, version);
	size_format(package->size, size);
	table_add(&table, "inf", package->inf);
	table_add(&table, "class", package->class);
	table_add(&table, "provider", package->provider);
	(void)snprintf(line, sizeof(line), "%s%s%s", package->has_version ? version : "none",
		date[0] != 0 ? " of " : "", date);
	table_add(&table, "version", line);
	table_add(&table, "arch", package->archs);
	if (package->signed_ms != 0) {
		local_time_format(package->signed_ms, signed_at);
		(void)snprintf(line, sizeof(line), "%.180s, %s", driver_signature_words(package),
			signed_at);
	} else {
		(void)snprintf(line, sizeof(line), "%.180s", driver_signature_words(package));
	}
	table_add(&table, "signed by", line);
	table_add(&table, "source", package->source);
	local_time_format(package->added_ms, added);
	table_add(&table, "added", added);
	(void)snprintf(line, sizeof(line), "%zu, %s%s%s", package->n_files, size,
		package->n_files == 1 ? "" : " together",
		package->is_incomplete ? "; some that the INF names are missing" : "");
	table_add(&table, "files", line);
	(void)snprintf(line, sizeof(line), "%zu, in %zu model%s", package->n_ids, package->n_models,
		package->n_models == 1 ? "" : "s");
	table_add(&table, "hardware ids", line);
	*rc = table_print(&table, stdout);
}

static void print_sections(const struct driver_package *package, int *rc)
{
	CLEANUP(table_free)
	struct table table =
		table_with(4, (const char *const[]){"TARGET", "SECTION", ">MODELS", "NOTE"});
	for (size_t i = 0; i < package->n_sections; i++) {
		const struct driver_section *section = &package->sections[i];
		char n_models[24];
		size_t n = 0;
		for (size_t k = 0; k < package->n_models; k++)
			n += package->models[k].section == i;
		(void)snprintf(n_models, sizeof(n_models), "%zu", n);
		table_add(&table, section->decoration[0] != 0 ? section->decoration : "any",
			section->name, n_models,
			!section->exists    ? "is not in the INF"
			: section->is_empty ? "empty: not for these Windows"
					    : "");
	}
	print_table(&table, "Models sections", rc);
}

static void print_models(const struct driver_package *package, int *rc)
{
	CLEANUP(table_free)
	struct table table = table_with(
		5, (const char *const[]){">LINE", "TARGET", "INSTALLS", "DESCRIPTION", "ID"});
	for (size_t i = 0; i < package->n_models; i++) {
		const struct driver_model *model = &package->models[i];
		const char *target = model->section < package->n_sections
					     ? package->sections[model->section].decoration
					     : "";
		char line[12];
		(void)snprintf(line, sizeof(line), "%u", model->line);
		table_add(&table, line, target[0] != 0 ? target : "any", model->install,
			model->description, model->n_ids > 0 ? model->ids[0] : "");
		/* Its compatible ids, below the hardware id. */
		for (size_t k = 1; k < model->n_ids; k++)
			table_add(&table, "", "", "", "", model->ids[k]);
	}
	print_table(&table, "Models", rc);
}

static void print_installs(const struct driver_package *package, int *rc)
{
	CLEANUP(table_free)
	struct table table = table_with(
		5, (const char *const[]){"INSTALLS", "ARCH", "SECTION", "SERVICE", "NOTE"});
	for (size_t i = 0; i < package->n_installs; i++) {
		const struct driver_install *install = &package->installs[i];
		char note[160] = "";
		if (install->section == NULL)
			(void)snprintf(note, sizeof(note), "no such section");
		else if (install->n_missing > 0)
			(void)snprintf(note, sizeof(note), "missing: %.100s%s", install->missing[0],
				install->n_missing > 1 ? ", ..." : "");
		else if (install->is_boot_start)
			(void)snprintf(note, sizeof(note), "starts with Windows");
		table_add(&table, install->name, install->arch, install->section, install->service,
			note);
	}
	print_table(&table, "Install sections", rc);
}

static void print_files(const struct driver_package *package, int *rc)
{
	CLEANUP(table_free)
	struct table table = table_with(
		6, (const char *const[]){"FILE", "KIND", ">SIZE", "ARCH", "WINDOWS", "IN CATALOG"});
	for (size_t i = 0; i < package->n_files; i++) {
		const struct driver_file *file = &package->files[i];
		char size[SIZE_TEXT_BYTES], subsystem[16] = "";
		size_format(file->blob.size, size);
		if (file->arch[0] != 0)
			(void)snprintf(subsystem, sizeof(subsystem), "%u.%u", file->subsystem_major,
				file->subsystem_minor);
		table_add(&table, file->path, kind_word(file->kind), size, file->arch, subsystem,
			file->is_listed ? "yes" : "no");
	}
	print_table(&table, "Files", rc);
}

static void print_texts(char *const *texts, size_t n, const char *header, int *rc)
{
	CLEANUP(table_free) struct table table = table_with(1, &header);
	for (size_t i = 0; i < n; i++)
		table_add(&table, texts[i]);
	if (n == 0 || *rc < 0)
		return;
	(void)putchar('\n');
	*rc = table_print(&table, stdout);
}

static void print_marks(const struct details *details, int *rc)
{
	CLEANUP(table_free)
	struct table table =
		table_with(4, (const char *const[]){"NOT FOR", "INSTEAD", "MARKED", "WHY"});
	for (size_t i = 0; i < details->n_marks; i++) {
		const struct driver_mark *mark = &details->marks[i];
		char instead[DRIVER_SHORT_ID_BYTES], made[LOCAL_TIME_TEXT_BYTES];
		driver_short_id(mark->instead, instead);
		local_time_format(mark->made_ms, made);
		table_add(&table, mark->condition, instead, made, mark->why);
	}
	print_table(&table, "Marks", rc);
}

static int print_words(const struct cli *cli, const struct details *details)
{
	const struct driver_package *package = &details->package;
	int rc = 0;
	print_facts(package, &rc);
	print_marks(details, &rc);
	print_texts(package->missing, package->n_missing, "Missing files", &rc);
	print_texts(package->warnings, package->n_warnings, "Warnings", &rc);
	print_files(package, &rc);
	print_sections(package, &rc);
	print_installs(package, &rc);
	print_models(package, &rc);
	return rc < 0 ? cli_fail_errno(cli, rc) : EXIT_DONE;
}

/* ---- JSON ---- */

static json_t *texts_json(char *const *texts, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, json_text(texts[i]));
	return list;
}

static json_t *optional_json(const char *text)
{
	return text != NULL ? json_text(text) : json_null();
}

static json_t *sections_json(const struct driver_package *package)
{
	json_t *list = json_array();
	for (size_t i = 0; i < package->n_sections; i++) {
		const struct driver_section *section = &package->sections[i];
		(void)json_array_append_new(list,
			json_pack("{s:i, s:o, s:o, s:b, s:b}", "manufacturer",
				(int)section->manufacturer, "target",
				json_text(section->decoration), "name", json_text(section->name),
				"exists", section->exists, "empty", section->is_empty));
	}
	return list;
}

static json_t *models_json(const struct driver_package *package)
{
	json_t *list = json_array();
	for (size_t i = 0; i < package->n_models; i++) {
		const struct driver_model *model = &package->models[i];
		(void)json_array_append_new(list,
			json_pack("{s:i, s:i, s:o, s:o, s:o}", "section", (int)model->section,
				"line", (int)model->line, "install", json_text(model->install),
				"description", json_text(model->description), "ids",
				texts_json(model->ids, model->n_ids)));
	}
	return list;
}

static json_t *installs_json(const struct driver_package *package)
{
	json_t *list = json_array();
	for (size_t i = 0; i < package->n_installs; i++) {
		const struct driver_install *install = &package->installs[i];
		char date[DRIVER_DATE_TEXT_BYTES], version[DRIVER_VERSION_TEXT_BYTES];
		driver_date_format(install->date, date);
		driver_version_format(install->version, version);
		(void)json_array_append_new(list,
			json_pack("{s:o, s:s, s:o, s:i, s:b, s:s?, s:s?, s:o, s:o, s:b, s:o, s:o}",
				"name", json_text(install->name), "arch", install->arch, "section",
				optional_json(install->section), "feature_score",
				(int)install->feature_score, "nt", install->is_nt, "date",
				install->has_version && install->date != 0 ? date : NULL, "version",
				install->has_version ? version : NULL, "service",
				optional_json(install->service), "binary",
				optional_json(install->binary), "boot_start",
				install->is_boot_start, "excluded",
				texts_json(install->excluded, install->n_excluded), "missing",
				texts_json(install->missing, install->n_missing)));
	}
	return list;
}

static json_t *files_json(const struct driver_package *package)
{
	json_t *list = json_array();
	for (size_t i = 0; i < package->n_files; i++) {
		const struct driver_file *file = &package->files[i];
		char subsystem[16];
		(void)snprintf(subsystem, sizeof(subsystem), "%u.%u", file->subsystem_major,
			file->subsystem_minor);
		bool is_pe = file->arch[0] != 0;
		(void)json_array_append_new(list,
			json_pack("{s:o, s:s, s:s, s:I, s:s?, s:s?, s:b}", "path",
				json_text(file->path), "kind", kind_word(file->kind), "sha256",
				file->blob.sha256, "size", (json_int_t)file->blob.size, "arch",
				is_pe ? file->arch : NULL, "subsystem", is_pe ? subsystem : NULL,
				"listed", file->is_listed));
	}
	return list;
}

static json_t *details_json(const struct details *details)
{
	const struct driver_package *package = &details->package;
	char guid[GUID_TEXT_BYTES];
	guid_format(&package->class_guid, guid);
	json_t *more = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "class_guid", guid,
		"sections", sections_json(package), "models", models_json(package), "installs",
		installs_json(package), "files", files_json(package), "missing",
		texts_json(package->missing, package->n_missing), "warnings",
		texts_json(package->warnings, package->n_warnings), "marks",
		driver_marks_json(details->marks, details->n_marks, package->id));
	json_t *object = driver_package_json(package);
	if (more == NULL || object == NULL || json_object_update(object, more) < 0) {
		json_decref(object);
		object = NULL;
	}
	json_decref(more);
	return json_pack("{s:o}", "package", object);
}

int cmd_driver_show(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(details_clear) struct details details = {.n_marks = 0};
	struct error err = ERROR_NULL;

	if (getopt(argc, argv, "") != -1 || optind + 1 != argc)
		return cli_usage(cli, "name one package; `pewter driver list` lists them");
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		store_driver_get(store, argv[optind], &details.package, &err) < 0 ||
		store_driver_marks(
			store, details.package.id, &details.marks, &details.n_marks, &err) < 0)
		return cli_fail(cli, &err);
	if (!cli->json)
		return print_words(cli, &details);
	return cli_print_json(cli, details_json(&details));
}
