/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/driver_pack.h"

#include "base/text.h"
#include "store/internal.h"

#include <errno.h>
#include <string.h>

enum section_flag { SECTION_EXISTS = 1, SECTION_IS_EMPTY = 2 };
enum install_flag { INSTALL_IS_NT = 1, INSTALL_HAS_VERSION = 2, INSTALL_IS_BOOT_START = 4 };

/* ---- writing ---- */

static int add_number(struct buffer *out, uint64_t number)
{
	uint8_t bytes[10];
	size_t n = 0;
	for (; number > 0x7f; number >>= 7)
		bytes[n++] = (uint8_t)(number | 0x80);
	bytes[n++] = (uint8_t)number;
	return buffer_add(out, bytes, n);
}

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
	size_t max = 2 * package->n_sections + 2 * package->n_models + 4 * package->n_installs +
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
	int rc = add_number(out, table->n);
	for (size_t i = 0; rc == 0 && i < table->n; i++)
		rc = buffer_add(out, table->texts[i], strlen(table->texts[i]) + 1);
	return rc;
}

static int add_text_number(struct buffer *out, const struct table *table, const char *text)
{
	return add_number(out, number_of(table, text));
}

static int add_optional(struct buffer *out, const struct table *table, const char *text)
{
	return add_number(out, text != NULL ? number_of(table, text) + 1 : 0);
}

static int add_list(struct buffer *out, const struct table *table, char *const *texts, size_t n)
{
	int rc = add_number(out, n);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = add_text_number(out, table, texts[i]);
	return rc;
}

static int add_section(
	struct buffer *out, const struct table *table, const struct driver_section *section)
{
	unsigned flags = (section->exists ? SECTION_EXISTS : 0U) |
			 (section->is_empty ? SECTION_IS_EMPTY : 0U);
	int rc = add_number(out, section->manufacturer);
	if (rc == 0)
		rc = add_number(out, flags);
	if (rc == 0)
		rc = add_text_number(out, table, section->decoration);
	return rc == 0 ? add_text_number(out, table, section->name) : rc;
}

static int add_install(
	struct buffer *out, const struct table *table, const struct driver_install *install)
{
	unsigned flags = (install->is_nt ? INSTALL_IS_NT : 0U) |
			 (install->has_version ? INSTALL_HAS_VERSION : 0U) |
			 (install->is_boot_start ? INSTALL_IS_BOOT_START : 0U);
	int rc = add_text_number(out, table, install->name);
	if (rc == 0)
		rc = add_text_number(out, table, install->arch);
	if (rc == 0)
		rc = add_optional(out, table, install->section);
	const uint64_t numbers[] = {flags, install->feature_score, install->date, install->version};
	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(numbers); i++)
		rc = add_number(out, numbers[i]);
	if (rc == 0)
		rc = add_optional(out, table, install->service);
	if (rc == 0)
		rc = add_list(out, table, install->excluded, install->n_excluded);
	return rc == 0 ? add_list(out, table, install->missing, install->n_missing) : rc;
}

static int pack_content(
	const struct driver_package *package, const struct table *texts, struct buffer *out)
{
	int rc = add_texts(out, texts);
	if (rc == 0)
		rc = add_number(out, package->n_sections);
	for (size_t i = 0; rc == 0 && i < package->n_sections; i++)
		rc = add_section(out, texts, &package->sections[i]);
	if (rc == 0)
		rc = add_number(out, package->n_installs);
	for (size_t i = 0; rc == 0 && i < package->n_installs; i++)
		rc = add_install(out, texts, &package->installs[i]);
	if (rc == 0)
		rc = add_list(out, texts, package->missing, package->n_missing);
	return rc == 0 ? add_list(out, texts, package->warnings, package->n_warnings) : rc;
}

static int add_ids(struct buffer *out, const struct table *ids)
{
	const char *before = "";
	int rc = add_number(out, ids->n);
	for (size_t i = 0; rc == 0 && i < ids->n; i++) {
		const char *id = ids->texts[i];
		size_t shared = 0;
		while (id[shared] != 0 && id[shared] == before[shared])
			shared++;
		rc = add_number(out, shared);
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
		rc = add_number(out, package->n_models);
	for (size_t i = 0; rc == 0 && i < package->n_models; i++) {
		const struct driver_model *model = &package->models[i];
		size_t install = number_of(texts, model->install);
		size_t description = number_of(texts, model->description);
		const uint64_t numbers[] = {
			model->section, install, description, model->line, model->n_ids};
		for (size_t k = 0; rc == 0 && k < ARRAY_SIZE(numbers); k++)
			rc = add_number(out, numbers[k]);
		for (size_t k = 0; rc == 0 && k < model->n_ids; k++) {
			size_t id = number_of(ids, model->ids[k]);
			mentions[n++] = (struct mention){id, i, k, install, description};
			rc = add_number(out, id);
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
		rc = add_number(out, numbers[i]);
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

/* ---- reading ---- */

static uint64_t take_number(struct reader *reader)
{
	uint64_t number = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = reader_u8(reader);
		number |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return number;
	}
	reader->failed = true;
	return 0;
}

/* A count of things that take at least a byte each: more than there are bytes is damage. */
static size_t take_count(struct reader *reader)
{
	uint64_t n = take_number(reader);
	if (n > reader_left(reader)) {
		reader->failed = true;
		return 0;
	}
	return reader->failed ? 0 : (size_t)n;
}

static uint32_t take_u32(struct reader *reader)
{
	return (uint32_t)take_number(reader);
}

static int outcome(const struct reader *reader)
{
	return reader->failed ? -EBADMSG : 0;
}

static int take_texts(struct reader *reader, struct driver_texts *ret_texts)
{
	size_t n = take_count(reader);
	const char **texts = calloc(n + 1, sizeof(*texts));
	if (texts == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n && !reader->failed; i++)
		texts[i] = reader_string(reader, NULL);
	*ret_texts = (struct driver_texts){texts, n};
	return outcome(reader);
}

void driver_texts_clear(struct driver_texts *texts)
{
	free(texts->texts);
	*texts = (struct driver_texts){NULL, 0};
}

/* What every taker of texts needs to know. rc keeps the first failure. */
struct unpacking {
	struct reader *reader;
	const struct driver_texts *texts;
	enum unpack_ownership ownership;
	int rc;
};

static char *text_of(struct unpacking *unpacking, uint64_t number)
{
	if (number >= unpacking->texts->n || unpacking->reader->failed) {
		unpacking->reader->failed = true;
		return NULL;
	}
	const char *text = unpacking->texts->texts[number];
	/* Borrowed ones are never written to: they live in const packages only. */
	if (unpacking->ownership == UNPACK_BORROWED)
		return (char *)(uintptr_t)text;
	char *copy = strdup(text);
	if (copy == NULL)
		unpacking->rc = -ENOMEM;
	return copy;
}

static char *take_text(struct unpacking *unpacking)
{
	return text_of(unpacking, take_number(unpacking->reader));
}

static char *take_optional(struct unpacking *unpacking)
{
	uint64_t number = take_number(unpacking->reader);
	return number == 0 ? NULL : text_of(unpacking, number - 1);
}

static void take_word(struct unpacking *unpacking, char *out, size_t size)
{
	uint64_t number = take_number(unpacking->reader);
	if (number >= unpacking->texts->n)
		unpacking->reader->failed = true;
	else
		(void)text_copy(out, size, unpacking->texts->texts[number]);
}

/* As many zeroed items of that size as the next number says; NULL for none. */
static void *take_room(struct unpacking *unpacking, size_t item_size, size_t *ret_n)
{
	size_t n = take_count(unpacking->reader);
	void *items = n > 0 ? calloc(n, item_size) : NULL;
	if (n > 0 && items == NULL)
		unpacking->rc = -ENOMEM;
	*ret_n = items != NULL ? n : 0;
	return items;
}

static bool goes_on(const struct unpacking *unpacking)
{
	return unpacking->rc == 0 && !unpacking->reader->failed;
}

static void take_list(struct unpacking *unpacking, char ***ret_texts, size_t *ret_n)
{
	*ret_texts = take_room(unpacking, sizeof(**ret_texts), ret_n);
	for (size_t i = 0; i < *ret_n && goes_on(unpacking); i++)
		(*ret_texts)[i] = take_text(unpacking);
}

static void take_section(struct unpacking *unpacking, struct driver_section *section)
{
	section->manufacturer = take_u32(unpacking->reader);
	uint32_t flags = take_u32(unpacking->reader);
	section->exists = (flags & SECTION_EXISTS) != 0;
	section->is_empty = (flags & SECTION_IS_EMPTY) != 0;
	take_word(unpacking, section->decoration, sizeof(section->decoration));
	section->name = take_text(unpacking);
}

static void take_install(struct unpacking *unpacking, struct driver_install *install)
{
	install->name = take_text(unpacking);
	take_word(unpacking, install->arch, sizeof(install->arch));
	install->section = take_optional(unpacking);
	uint32_t flags = take_u32(unpacking->reader);
	install->is_nt = (flags & INSTALL_IS_NT) != 0;
	install->has_version = (flags & INSTALL_HAS_VERSION) != 0;
	install->is_boot_start = (flags & INSTALL_IS_BOOT_START) != 0;
	install->feature_score = (uint8_t)take_number(unpacking->reader);
	install->date = take_u32(unpacking->reader);
	install->version = take_number(unpacking->reader);
	install->service = take_optional(unpacking);
	take_list(unpacking, &install->excluded, &install->n_excluded);
	take_list(unpacking, &install->missing, &install->n_missing);
}

static int end_of(const struct unpacking *unpacking)
{
	return unpacking->rc < 0 ? unpacking->rc : outcome(unpacking->reader);
}

int driver_unpack_installs(struct reader *reader, enum unpack_ownership ownership,
	const struct driver_texts *texts, struct driver_package *package)
{
	struct unpacking unpacking = {reader, texts, ownership, 0};
	package->installs = take_room(&unpacking, sizeof(*package->installs), &package->n_installs);
	for (size_t i = 0; i < package->n_installs && goes_on(&unpacking); i++)
		take_install(&unpacking, &package->installs[i]);
	take_list(&unpacking, &package->missing, &package->n_missing);
	take_list(&unpacking, &package->warnings, &package->n_warnings);
	return end_of(&unpacking);
}

int driver_unpack_content(struct reader *reader, enum unpack_ownership ownership,
	enum unpack_what what, struct driver_texts *ret_texts, struct driver_package *package)
{
	int rc = take_texts(reader, ret_texts);
	if (rc < 0)
		return rc;
	struct unpacking unpacking = {reader, ret_texts, ownership, 0};
	package->sections = take_room(&unpacking, sizeof(*package->sections), &package->n_sections);
	for (size_t i = 0; i < package->n_sections && goes_on(&unpacking); i++)
		take_section(&unpacking, &package->sections[i]);
	rc = end_of(&unpacking);
	if (rc == 0 && what == UNPACK_ALL)
		rc = driver_unpack_installs(reader, ownership, ret_texts, package);
	return rc;
}

void driver_package_clear_borrowed(struct driver_package *package)
{
	for (size_t i = 0; i < package->n_installs; i++) {
		free(package->installs[i].excluded);
		free(package->installs[i].missing);
	}
	free(package->sections);
	free(package->installs);
	free(package->missing);
	free(package->warnings);
	*package = (struct driver_package){.row = 0};
}

/* The id that shares a number of bytes with the one before, and then goes on with rest. */
static char *join_id(const char *before, size_t shared, const char *rest, size_t length)
{
	char *id = malloc(shared + length + 1);
	if (id == NULL)
		return NULL;
	if (shared > 0)
		memcpy(id, before, shared);
	memcpy(id + shared, rest, length + 1);
	return id;
}

static int take_ids(struct reader *reader, char ***ret_ids, size_t *ret_n)
{
	size_t n = take_count(reader), n_taken = 0;
	char **ids = calloc(n + 1, sizeof(*ids));
	const char *before = "";
	int rc = ids == NULL ? -ENOMEM : 0;
	while (rc == 0 && n_taken < n) {
		uint64_t shared = take_number(reader);
		size_t length = 0;
		const char *rest = reader_string(reader, &length);
		if (rest == NULL || shared > strlen(before)) {
			rc = -EBADMSG;
			break;
		}
		ids[n_taken] = join_id(before, (size_t)shared, rest, length);
		if (ids[n_taken] == NULL)
			rc = -ENOMEM;
		else
			before = ids[n_taken++];
	}
	if (rc < 0) {
		driver_ids_free(ids, n_taken);
		return rc;
	}
	*ret_ids = ids;
	*ret_n = n;
	return 0;
}

void driver_ids_free(char **ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(ids[i]);
	free(ids);
}

static void take_model(
	struct unpacking *unpacking, char *const *ids, size_t n_ids, struct driver_model *model)
{
	model->section = take_u32(unpacking->reader);
	model->install = take_text(unpacking);
	model->description = take_text(unpacking);
	model->line = take_u32(unpacking->reader);
	model->ids = take_room(unpacking, sizeof(*model->ids), &model->n_ids);
	for (size_t i = 0; i < model->n_ids && goes_on(unpacking); i++) {
		uint64_t number = take_number(unpacking->reader);
		if (number >= n_ids) {
			unpacking->reader->failed = true;
			return;
		}
		model->ids[i] = strdup(ids[number]);
		if (model->ids[i] == NULL)
			unpacking->rc = -ENOMEM;
	}
}

int driver_unpack_models(const void *bytes, size_t n, const struct driver_texts *texts,
	struct driver_package *package, char ***ret_ids, size_t *ret_n_ids)
{
	struct reader reader = reader_over(bytes, n);
	char **ids;
	size_t n_ids;
	int rc = take_ids(&reader, &ids, &n_ids);
	if (rc < 0)
		return rc;
	if (texts != NULL) {
		struct unpacking unpacking = {&reader, texts, UNPACK_OWNED, 0};
		package->models =
			take_room(&unpacking, sizeof(*package->models), &package->n_models);
		for (size_t i = 0; i < package->n_models && goes_on(&unpacking); i++)
			take_model(&unpacking, ids, n_ids, &package->models[i]);
		rc = end_of(&unpacking);
	}
	if (rc < 0) {
		driver_ids_free(ids, n_ids);
		return rc;
	}
	*ret_ids = ids;
	*ret_n_ids = n_ids;
	return 0;
}

int driver_unpack_line(struct reader *reader, const struct driver_texts *texts,
	struct driver_model *ret_model, uint32_t *ret_position)
{
	struct unpacking unpacking = {reader, texts, UNPACK_BORROWED, 0};
	if (reader_left(reader) == 0)
		return 0;
	*ret_position = take_u32(reader);
	*ret_model = (struct driver_model){.section = take_u32(reader)};
	ret_model->install = take_text(&unpacking);
	ret_model->description = take_text(&unpacking);
	ret_model->line = take_u32(reader);
	return reader->failed ? -EBADMSG : 1;
}
