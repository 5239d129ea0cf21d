/* SPDX-License-Identifier: GPL-3.0-or-later */
/* [Manufacturer] and Models sections. References: "INF Manufacturer Section", "INF Models Section".
 */
#include "driver/models.h"

#include "base/text.h"
#include "driver/models_room.h"
#include "base/name_table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_WARNINGS 8 /* of sections that are not there, and of ids that are too long */

/* ---- Models ---- */

/* Install sections that models name, each once. */
struct install_names {
	struct name_table numbers;
	struct install_name {
		uint32_t at, length; /* in numbers.names, which moves while it grows */
		uint8_t archs;
	} * names;
	size_t n;
};

struct reading {
	const struct inf *inf;
	struct driver_package *package;
	struct install_names installs;
	struct models_steps steps;
	size_t n_ids;
	uint8_t archs;
	char unreadable[64]; /* the first decoration that is none, and its place */
	uint32_t unreadable_place;
	struct inf_scratch scratch;
};

static int note_install(struct reading *reading, struct inf_text name, enum inf_arch arch)
{
	struct install_names *installs = &reading->installs;
	uint32_t number;
	size_t at = installs->numbers.names.size;
	int rc = name_table_add(
		&installs->numbers, name.text, name.length, (uint32_t)installs->n, &number);
	if (rc < 0)
		return rc;
	if (number == installs->n) {
		struct install_name *grown =
			models_grow(installs->names, installs->n, sizeof(*installs->names));
		if (!grown)
			return -ENOMEM;
		installs->names = grown;
		installs->names[installs->n++] =
			(struct install_name){(uint32_t)at, (uint32_t)name.length, 0};
	}
	installs->names[number].archs |= (uint8_t)(1U << arch);
	return 0;
}

static int too_many(const struct reading *reading, uint32_t line, unsigned limit, const char *what,
	struct error *err)
{
	return error_set(err, -E2BIG, "%u: more than %u %s in one INF",
		inf_line_place(reading->inf, line), limit, what);
}

static PRINTF_LIKE(2, 3) int warn(struct reading *reading, const char *format, ...)
{
	struct driver_package *package = reading->package;
	char *text;
	va_list args;
	if (package->n_warnings >= MAX_WARNINGS)
		return 0;
	char **grown =
		models_grow(package->warnings, package->n_warnings, sizeof(*package->warnings));
	if (!grown)
		return -ENOMEM;
	package->warnings = grown;
	va_start(args, format);
	int n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		return -ENOMEM;
	package->warnings[package->n_warnings++] = text;
	return 0;
}

static int warn_of_long_id(struct reading *reading, uint32_t line, struct inf_text id)
{
	char begin[48];
	text_copy_printable(begin, sizeof(begin), id.text, sizeof(begin) - 1);
	return warn(reading,
		"line %u: an id of %zu bytes is left out, as no device has one of more than %u: "
		"\"%s...\"",
		inf_line_place(reading->inf, line), id.length, LIMIT_HARDWARE_ID_BYTES, begin);
}

/* ids[0] is the hardware id, also where the line has none ("sec,,ID"). */
static int read_ids(
	struct reading *reading, uint32_t line, struct driver_model *model, struct error *err)
{
	uint32_t n_fields = inf_n_fields(reading->inf, line);
	for (uint32_t i = 2; i <= n_fields; i++) {
		struct inf_text id = inf_field(reading->inf, line, i, &reading->scratch);
		if (id.length > LIMIT_HARDWARE_ID_BYTES) {
			int warned = warn_of_long_id(reading, line, id);
			if (warned < 0)
				return warned;
			id.length = 0;
		}
		if (id.length == 0 && i > 2)
			continue;
		if (++reading->n_ids > LIMIT_DRIVER_MODEL_IDS)
			return too_many(reading, line, LIMIT_DRIVER_MODEL_IDS, "hardware ids", err);
		char **grown = models_grow(model->ids, model->n_ids, sizeof(*model->ids));
		if (!grown)
			return -ENOMEM;
		model->ids = grown;
		int rc = models_keep_id(&reading->steps, id, &model->ids[model->n_ids], err);
		if (rc < 0)
			return rc;
		model->n_ids++;
	}
	return 0;
}

static bool names_an_id(const struct driver_model *model)
{
	return model->n_ids > 1 || (model->n_ids == 1 && model->ids[0][0]);
}

static void clear_model(struct driver_model *model)
{
	for (size_t i = 0; i < model->n_ids; i++)
		free(model->ids[i]);
	free(model->ids);
	free(model->description);
	free(model->install);
	*model = (struct driver_model){0};
}

/* "device-description=install-section-name,[hw-id][,compatible-id...]". One without any id is for
 * lists that people choose from; nothing can match it. */
static int read_model(struct reading *reading, uint32_t line, uint32_t section, enum inf_arch arch,
	struct error *err)
{
	struct driver_package *package = reading->package;
	struct inf_scratch *scratch = &reading->scratch;
	if (!inf_has_key(reading->inf, line) || inf_n_fields(reading->inf, line) < 2 ||
		inf_field(reading->inf, line, 1, scratch).length == 0)
		return 0;
	struct driver_model *grown =
		models_grow(package->models, package->n_models, sizeof(*package->models));
	if (!grown)
		return -ENOMEM;
	package->models = grown;
	struct driver_model *model = &package->models[package->n_models];
	*model = (struct driver_model){
		.section = section, .line = inf_line_place(reading->inf, line)};
	package->n_models++;
	int rc = read_ids(reading, line, model, err);
	if (rc < 0)
		return rc;
	if (!names_an_id(model)) {
		clear_model(model);
		package->n_models--;
		return 0;
	}
	if (package->n_models > LIMIT_DRIVER_MODELS)
		return too_many(reading, line, LIMIT_DRIVER_MODELS, "models", err);
	rc = models_keep_text(&reading->steps, inf_field(reading->inf, line, 0, scratch),
		&model->description, err);
	if (rc < 0)
		return rc;
	struct inf_text install = inf_field(reading->inf, line, 1, scratch);
	rc = models_keep_text(&reading->steps, install, &model->install, err);
	if (rc < 0)
		return rc;
	reading->archs |= (uint8_t)(1U << arch);
	return note_install(reading, install, arch);
}

static int warn_of_missing(struct reading *reading, const struct models_section *section)
{
	char name[128];
	text_copy_printable(name, sizeof(name), section->name.text, section->name.length);
	return warn(reading, "line %u: [Manufacturer] names [%s], which is not there",
		section->place, name);
}

static int read_section(void *context, const struct models_section *found, struct error *err)
{
	struct reading *reading = context;
	struct driver_package *package = reading->package;
	struct driver_section *grown =
		models_grow(package->sections, package->n_sections, sizeof(*package->sections));
	if (!grown)
		return -ENOMEM;
	package->sections = grown;
	uint32_t number = (uint32_t)package->n_sections;
	struct driver_section *section = &package->sections[number];
	*section = (struct driver_section){.manufacturer = found->manufacturer};
	models_text_copy(found->decoration, section->decoration, sizeof(section->decoration));
	int rc = models_keep_text(&reading->steps, found->name, &section->name, err);
	if (rc < 0)
		return rc;
	package->n_sections++;
	if (found->arch == INF_N_ARCHS && reading->unreadable_place == 0) {
		text_copy_printable(reading->unreadable, sizeof(reading->unreadable),
			found->decoration.text, found->decoration.length);
		reading->unreadable_place = found->place;
	}
	section->exists = found->section != INF_NONE;
	if (!section->exists)
		return warn_of_missing(reading, found);
	section->is_empty = inf_section_n_lines(reading->inf, found->section) == 0;
	/* No Windows takes it. */
	if (found->arch == INF_N_ARCHS)
		return 0;
	for (uint32_t line = inf_first_line(reading->inf, found->section); line != INF_NONE;
		line = inf_next_line(reading->inf, line)) {
		rc = models_step(&reading->steps, 1, err);
		if (rc == 0)
			rc = read_model(reading, line, number, found->arch, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_installs(struct reading *reading, struct section_walk *walk, struct error *err)
{
	struct driver_package *package = reading->package;
	for (size_t i = 0; i < reading->installs.n; i++) {
		const struct install_name *name = &reading->installs.names[i];
		struct inf_text text = {
			(const char *)reading->installs.numbers.names.bytes + name->at,
			name->length};
		for (enum inf_arch arch = 0; arch < INF_N_ARCHS; arch++) {
			if (!(name->archs >> arch & 1))
				continue;
			if (package->n_installs == LIMIT_DRIVER_INSTALLS)
				return error_set(err, -E2BIG,
					"more than %u install sections in one INF",
					LIMIT_DRIVER_INSTALLS);
			struct driver_install *grown = models_grow(
				package->installs, package->n_installs, sizeof(*package->installs));
			if (!grown)
				return -ENOMEM;
			package->installs = grown;
			struct driver_install *install = &package->installs[package->n_installs++];
			*install = (struct driver_install){0};
			int rc = models_read_install(
				reading->inf, text, arch, walk, &reading->steps, install, err);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

static void write_archs(uint8_t archs, char *text, size_t size)
{
	size_t length = 0;
	text[0] = 0;
	for (enum inf_arch arch = 0; arch < INF_N_ARCHS; arch++) {
		if (archs >> arch & 1)
			length += (size_t)snprintf(text + length, size - length, "%s%s",
				length ? " " : "", inf_arch_names[arch]);
	}
}

static int read_all(struct reading *reading, struct error *err)
{
	struct section_walk walk = {0};
	struct driver_package *package = reading->package;
	int rc = models_read_version(reading->inf, package, err);
	if (rc == 0)
		rc = models_each_section(reading->inf, read_section, reading, err);
	if (rc < 0)
		return rc;
	if (package->n_sections == 0)
		return error_set(err, -EINVAL,
			"[Manufacturer] names no Models section: it installs no device");
	if (package->n_models == 0 && reading->unreadable_place > 0)
		return error_set(err, -EINVAL,
			"%u: \"%s\" is no TargetOS decoration (like NTamd64.10.0), so no Windows "
			"takes its models",
			reading->unreadable_place, reading->unreadable);
	if (package->n_models == 0)
		return error_set(err, -EINVAL,
			"no line of its Models sections names a hardware id: it installs no "
			"device");
	write_archs(reading->archs, package->archs, sizeof(package->archs));
	rc = section_walk_open(reading->inf, &walk);
	if (rc == 0)
		rc = read_installs(reading, &walk, err);
	section_walk_close(&walk);
	return rc;
}

/* What was read, into the package, whose other fields are the importer's. */
static void hand_over(const struct driver_package *found, struct driver_package *package)
{
	(void)text_copy(package->class, sizeof(package->class), found->class);
	package->class_guid = found->class_guid;
	(void)text_copy(package->provider, sizeof(package->provider), found->provider);
	package->date = found->date;
	package->version = found->version;
	package->has_version = found->has_version;
	(void)text_copy(package->archs, sizeof(package->archs), found->archs);
	package->sections = found->sections;
	package->n_sections = found->n_sections;
	package->models = found->models;
	package->n_models = found->n_models;
	package->installs = found->installs;
	package->n_installs = found->n_installs;
	package->warnings = found->warnings;
	package->n_warnings = found->n_warnings;
}

int models_read(const struct inf *inf, struct driver_package *package, struct error *err)
{
	struct driver_package found = {0};
	struct reading reading = {
		.inf = inf,
		.package = &found,
		.installs = {.numbers = name_table_empty()},
		.steps = {LIMIT_DRIVER_STEPS, LIMIT_DRIVER_TEXT_BYTES},
	};
	int rc = read_all(&reading, err);
	name_table_clear(&reading.installs.numbers);
	free(reading.installs.names);
	if (rc < 0) {
		driver_package_clear(&found);
		return rc == -ENOMEM ? error_set(err, rc, "no memory for its models") : rc;
	}
	hand_over(&found, package);
	return 0;
}
