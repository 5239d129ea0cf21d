/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the packed lists of a driver package: driver_pack.h says what they look like. The
 * database may have been damaged, or put there by somebody: nothing is read past the end.
 */
#include "store/driver_pack.h"

#include "base/text.h"
#include "store/packing.h"

#include <errno.h>
#include <string.h>

static int outcome(const struct reader *reader)
{
	return reader->failed ? -EBADMSG : 0;
}

static int take_texts(struct reader *reader, struct driver_texts *ret_texts)
{
	size_t n = unpack_count(reader);
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
	return text_of(unpacking, unpack_number(unpacking->reader));
}

static char *take_optional(struct unpacking *unpacking)
{
	uint64_t number = unpack_number(unpacking->reader);
	return number == 0 ? NULL : text_of(unpacking, number - 1);
}

static void take_word(struct unpacking *unpacking, char *out, size_t size)
{
	uint64_t number = unpack_number(unpacking->reader);
	if (number >= unpacking->texts->n)
		unpacking->reader->failed = true;
	else
		(void)text_copy(out, size, unpacking->texts->texts[number]);
}

/* As many zeroed items of that size as the next number says; NULL for none. */
static void *take_room(struct unpacking *unpacking, size_t item_size, size_t *ret_n)
{
	size_t n = unpack_count(unpacking->reader);
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
	section->manufacturer = unpack_u32(unpacking->reader);
	uint32_t flags = unpack_u32(unpacking->reader);
	section->exists = (flags & PACKED_EXISTS) != 0;
	section->is_empty = (flags & PACKED_IS_EMPTY) != 0;
	take_word(unpacking, section->decoration, sizeof(section->decoration));
	section->name = take_text(unpacking);
}

static void take_install(struct unpacking *unpacking, struct driver_install *install)
{
	install->name = take_text(unpacking);
	take_word(unpacking, install->arch, sizeof(install->arch));
	install->section = take_optional(unpacking);
	uint32_t flags = unpack_u32(unpacking->reader);
	install->is_nt = (flags & PACKED_IS_NT) != 0;
	install->has_version = (flags & PACKED_HAS_VERSION) != 0;
	install->is_boot_start = (flags & PACKED_IS_BOOT_START) != 0;
	install->feature_score = (uint8_t)unpack_number(unpacking->reader);
	install->date = unpack_u32(unpacking->reader);
	install->version = unpack_number(unpacking->reader);
	install->service = take_optional(unpacking);
	if ((flags & PACKED_HAS_BINARY) != 0)
		install->binary = take_text(unpacking);
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
	size_t n = unpack_count(reader), n_taken = 0;
	char **ids = calloc(n + 1, sizeof(*ids));
	const char *before = "";
	int rc = ids == NULL ? -ENOMEM : 0;
	while (rc == 0 && n_taken < n) {
		uint64_t shared = unpack_number(reader);
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
	model->section = unpack_u32(unpacking->reader);
	model->install = take_text(unpacking);
	model->description = take_text(unpacking);
	model->line = unpack_u32(unpacking->reader);
	model->ids = take_room(unpacking, sizeof(*model->ids), &model->n_ids);
	for (size_t i = 0; i < model->n_ids && goes_on(unpacking); i++) {
		uint64_t number = unpack_number(unpacking->reader);
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
	*ret_position = unpack_u32(reader);
	*ret_model = (struct driver_model){.section = unpack_u32(reader)};
	ret_model->install = take_text(&unpacking);
	ret_model->description = take_text(&unpacking);
	ret_model->line = unpack_u32(reader);
	return reader->failed ? -EBADMSG : 1;
}
