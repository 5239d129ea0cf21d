/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing the packed lists of a driver package: driver_pack.h says what they look like. */
#include "store/driver_pack.h"

#include "store/packing.h"

#include <errno.h>
#include <string.h>

/* Texts, each once, sorted: no hashing that a stranger's INF could choose collisions for. */
struct table {
	const char **texts;
	size_t n;
};

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_table(struct table *table)
{
	size_t n = 0;
	if (table->n > 0)
		qsort(table->texts, table->n, sizeof(*table->texts), compare_texts);
	for (size_t i = 0; i < table->n; i++)
		if (n == 0 || strcmp(table->texts[n - 1], table->texts[i]) != 0)
			table->texts[n++] = table->texts[i];
	table->n = n;
}

/* Every text was put into the table before; NULL counts as the empty one. */
static size_t number_of(const struct table *table, const char *text)
{
	text = text != NULL ? text : "";
	const char **found =
		bsearch(&text, table->texts, table->n, sizeof(*table->texts), compare_texts);
	return (size_t)(found - table->texts);
}

static void note(struct table *table, const char *text)
{
	if (text != NULL)
		table->texts[table->n++] = text;
}

static void note_list(struct table *table, char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		note(table, texts[i]);
}

static int gather_texts(const struct driver_package *package, struct table *table)
{
	size_t max = 2 * package->n_sections + 2 * package->n_models + 5 * package->n_installs +
		     package->n_missing + package->n_warnings;
	for (size_t i = 0; i < package->n_installs; i++)
		max += package->installs[i].n_excluded + package->installs[i].n_missing;
	table->texts = calloc(max + 1, sizeof(*table->texts));
	if (table->texts == NULL)
		return -ENOMEM;
	note(table, "");
	for (size_t i = 0; i < package->n_sections; i++) {
		note(table, package->sections[i].decoration);
		note(table, package->sections[i].name);
	}
	for (size_t i = 0; i < package->n_models; i++) {
		note(table, package->models[i].description);
		note(table, package->models[i].install);
	}
	for (size_t i = 0; i < package->n_installs; i++) {
		const struct driver_install *install = &package->installs[i];
		note(table, install->name);
		note(table, install->arch);
		note(table, install->section);
		note(table, install->service);
		note(table, install->binary);
		note_list(table, install->excluded, install->n_excluded);
		note_list(table, install->missing, install->n_missing);
	}
	note_list(table, package->missing, package->n_missing);
	note_list(table, package->warnings, package->n_warnings);
	sort_table(table);
	return 0;
}

static int gather_ids(const struct driver_package *package, struct table *table)
{
	size_t max = 0;
	for (size_t i = 0; i < package->n_models; i++)
		max += package->models[i].n_ids;
	table->texts = calloc(max + 1, sizeof(*table->texts));
	if (table->texts == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < package->n_models; i++)
		note_list(table, package->models[i].ids, package->models[i].n_ids);
	sort_table(table);
	return 0;
}

static int add_texts(struct buffer *out, const struct table *table)
{
	int rc = pack_number(out, table->n);
	for (size_t i = 0; rc == 0 && i < table->n; i++)
		rc = buffer_add(out, table->texts[i], strlen(table->texts[i]) + 1);
	return rc;
}

static int add_text_number(struct buffer *out, const struct table *table, const char *text)
{
	return pack_number(out, number_of(table, text));
}

static int add_optional(struct buffer *out, const struct table *table, const char *text)
{
	return pack_number(out, text != NULL ? number_of(table, text) + 1 : 0);
}

static int add_list(struct buffer *out, const struct table *table, char *const *texts, size_t n)
{
	int rc = pack_number(out, n);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = add_text_number(out, table, texts[i]);
	return rc;
}

static int add_section(
	struct buffer *out, const struct table *table, const struct driver_section *section)
{
	unsigned flags =
		(section->exists ? PACKED_EXISTS : 0U) | (section->is_empty ? PACKED_IS_EMPTY : 0U);
	int rc = pack_number(out, section->manufacturer);
	if (rc == 0)
		rc = pack_number(out, flags);
	if (rc == 0)
		rc = add_text_number(out, table, section->decoration);
	return rc == 0 ? add_text_number(out, table, section->name) : rc;
}

static int add_install(
	struct buffer *out, const struct table *table, const struct driver_install *install)
{
	unsigned flags = (install->is_nt ? PACKED_IS_NT : 0U) |
			 (install->has_version ? PACKED_HAS_VERSION : 0U) |
			 (install->is_boot_start ? PACKED_IS_BOOT_START : 0U) |
			 (install->binary != NULL ? PACKED_HAS_BINARY : 0U);
	int rc = add_text_number(out, table, install->name);
	if (rc == 0)
		rc = add_text_number(out, table, install->arch);
	if (rc == 0)
		rc = add_optional(out, table, install->section);
	const uint64_t numbers[] = {flags, install->feature_score, install->date, install->version};
	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(numbers); i++)
		rc = pack_number(out, numbers[i]);
	if (rc == 0)
		rc = add_optional(out, table, install->service);
	if (rc == 0 && install->binary != NULL)
		rc = add_text_number(out, table, install->binary);
	if (rc == 0)
		rc = add_list(out, table, install->excluded, install->n_excluded);
	return rc == 0 ? add_list(out, table, install->missing, install->n_missing) : rc;
}

static int pack_content(
	const struct driver_package *package, const struct table *texts, struct buffer *out)
{
	int rc = add_texts(out, texts);
	if (rc == 0)
		rc = pack_number(out, package->n_sections);
	for (size_t i = 0; rc == 0 && i < package->n_sections; i++)
		rc = add_section(out, texts, &package->sections[i]);
	if (rc == 0)
		rc = pack_number(out, package->n_installs);
	for (size_t i = 0; rc == 0 && i < package->n_installs; i++)
		rc = add_install(out, texts, &package->installs[i]);
	if (rc == 0)
		rc = add_list(out, texts, package->missing, package->n_missing);
	return rc == 0 ? add_list(out, texts, package->warnings, package->n_warnings) : rc;
}

static int add_ids(struct buffer *out, const struct table *ids)
{
	const char *before = "";
	int rc = pack_number(out, ids->n);
	for (size_t i = 0; rc == 0 && i < ids->n; i++) {
		const char *id = ids->texts[i];
		size_t shared = 0;
		while (id[shared] != 0 && id[shared] == before[shared])
			shared++;
		rc = pack_number(out, shared);
		if (rc == 0)
			rc = buffer_add(out, id + shared, strlen(id + shared) + 1);
		before = id;
	}
	return rc;
}

/* One id of one model, with the numbers of all that the packed forms say of it. */
struct mention {
	size_t id, model, position, install, description;
};

static int compare_mentions(const void *a, const void *b)
{
	const struct mention *x = a, *y = b;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	if (x->model != y->model)
		return x->model < y->model ? -1 : 1;
	return (x->position > y->position) - (x->position < y->position);
}

/* Packs the models and makes the list of what they mention: max is room for all ids. */
static int pack_models(const struct driver_package *package, const struct table *texts,
	const struct table *ids, struct buffer *out, struct mention *mentions)
{
	size_t n = 0;
	int rc = add_ids(out, ids);
	if (rc == 0)
		rc = pack_number(out, package->n_models);
	for (size_t i = 0; rc == 0 && i < package->n_models; i++) {
		const struct driver_model *model = &package->models[i];
		size_t install = number_of(texts, model->install);
		size_t description = number_of(texts, model->description);
		const uint64_t numbers[] = {
			model->section, install, description, model->line, model->n_ids};
		for (size_t k = 0; rc == 0 && k < ARRAY_SIZE(numbers); k++)
			rc = pack_number(out, numbers[k]);
		for (size_t k = 0; rc == 0 && k < model->n_ids; k++) {
			size_t id = number_of(ids, model->ids[k]);
			mentions[n++] = (struct mention){id, i, k, install, description};
			rc = pack_number(out, id);
		}
	}
	if (rc == 0 && n > 0)
		qsort(mentions, n, sizeof(*mentions), compare_mentions);
	return rc;
}

static int add_line(
	struct buffer *out, const struct driver_package *package, const struct mention *mention)
{
	const struct driver_model *model = &package->models[mention->model];
	const uint64_t numbers[] = {mention->position, model->section, mention->install,
		mention->description, model->line};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(numbers); i++)
		rc = pack_number(out, numbers[i]);
	return rc;
}

static int pack_lines(const struct driver_package *package, const struct table *ids,
	const struct mention *mentions, size_t n_mentions, struct packed_package *packed)
{
	int rc = 0;
	size_t at = 0;
	packed->ids = calloc(ids->n + 1, sizeof(*packed->ids));
	if (packed->ids == NULL)
		return -ENOMEM;
	for (size_t id = 0; id < ids->n; id++) {
		size_t begin = packed->lines.size;
		for (; rc == 0 && at < n_mentions && mentions[at].id == id; at++)
			if (ids->texts[id][0] != 0)
				rc = add_line(&packed->lines, package, &mentions[at]);
		if (rc < 0)
			return rc;
		if (ids->texts[id][0] != 0)
			packed->ids[packed->n_ids++] =
				(struct packed_lines){ids->texts[id], begin, packed->lines.size};
	}
	return 0;
}

int driver_pack(const struct driver_package *package, struct packed_package *ret_packed)
{
	CLEANUP(packed_package_clear)
	struct packed_package packed = {
		.content = buffer_with_max(LIMIT_DRIVER_RECORD_BYTES),
		.models = buffer_with_max(LIMIT_DRIVER_RECORD_BYTES),
		.lines = buffer_with_max(LIMIT_DRIVER_RECORD_BYTES),
	};
	struct table texts = {.n = 0}, ids = {.n = 0};
	size_t n_mentions = 0;
	for (size_t i = 0; i < package->n_models; i++)
		n_mentions += package->models[i].n_ids;
	CLEANUP(memory_freep)
	struct mention *mentions = calloc(n_mentions + 1, sizeof(*mentions));
	int rc = mentions == NULL ? -ENOMEM : gather_texts(package, &texts);
	if (rc == 0)
		rc = gather_ids(package, &ids);
	if (rc == 0)
		rc = pack_content(package, &texts, &packed.content);
	if (rc == 0)
		rc = pack_models(package, &texts, &ids, &packed.models, mentions);
	if (rc == 0)
		rc = pack_lines(package, &ids, mentions, n_mentions, &packed);
	free(texts.texts);
	free(ids.texts);
	if (rc < 0)
		return rc;
	*ret_packed = packed;
	packed = (struct packed_package){.n_ids = 0};
	return 0;
}

void packed_package_clear(struct packed_package *packed)
{
	buffer_free(&packed->content);
	buffer_free(&packed->models);
	buffer_free(&packed->lines);
	free(packed->ids);
	*packed = (struct packed_package){.n_ids = 0};
}
