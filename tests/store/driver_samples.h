/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Driver packages that were never an INF, for tests of the store and of what stands on it. */
#pragma once

#include "base/text.h"
#include "store/drivers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION(a, b, c, d)                                                                        \
	((uint64_t)(a) << 48 | (uint64_t)(b) << 32 | (uint64_t)(c) << 16 | (uint64_t)(d))

static inline char **sample_list(size_t n, const char *const *texts, size_t *ret_n)
{
	char **list = calloc(n + 1, sizeof(*list));
	assert_non_null(list);
	for (size_t i = 0; i < n; i++)
		list[i] = strdup(texts[i]);
	*ret_n = n;
	return list;
}

#define SAMPLE_LIST(ret_n, ...)                                                                    \
	sample_list(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),                   \
		(const char *const[]){__VA_ARGS__}, ret_n)

/* An empty package: id is 64 times that digit. */
static inline struct driver_package sample_package(
	char digit, const char *inf, const char *provider, uint32_t date, uint64_t version)
{
	struct driver_package package = {
		.date = date, .version = version, .has_version = version != 0};
	memset(package.id, digit, sizeof(package.id) - 1);
	(void)text_copy(package.inf, sizeof(package.inf), inf);
	(void)text_copy(package.class, sizeof(package.class), "Net");
	(void)text_copy(package.provider, sizeof(package.provider), provider);
	(void)text_copy(package.archs, sizeof(package.archs), "amd64");
	(void)text_copy(package.source, sizeof(package.source), "/drivers");
	package.added_ms = 1700000000000;
	return package;
}

static inline void sample_section(struct driver_package *package, uint32_t manufacturer,
	const char *name, const char *decoration)
{
	package->sections = reallocarray(
		package->sections, package->n_sections + 1, sizeof(*package->sections));
	assert_non_null(package->sections);
	struct driver_section *section = &package->sections[package->n_sections++];
	*section = (struct driver_section){
		.manufacturer = manufacturer, .name = strdup(name), .exists = true};
	(void)text_copy(section->decoration, sizeof(section->decoration), decoration);
}

/* The ids in one text, with blanks between them. */
static inline void sample_model(struct driver_package *package, uint32_t section,
	const char *description, const char *install, const char *ids)
{
	package->models =
		reallocarray(package->models, package->n_models + 1, sizeof(*package->models));
	assert_non_null(package->models);
	struct driver_model *model = &package->models[package->n_models++];
	*model = (struct driver_model){.section = section,
		.description = strdup(description),
		.install = strdup(install),
		.line = (uint32_t)(100 + package->n_models)};
	char *copy = strdup(ids), *rest = copy;
	for (char *id; (id = strsep(&rest, " ")) != NULL;) {
		model->ids = reallocarray(model->ids, model->n_ids + 1, sizeof(*model->ids));
		assert_non_null(model->ids);
		model->ids[model->n_ids++] = strdup(id);
	}
	free(copy);
}

static inline struct driver_install *sample_install(
	struct driver_package *package, const char *name, const char *arch, const char *section)
{
	package->installs = reallocarray(
		package->installs, package->n_installs + 1, sizeof(*package->installs));
	assert_non_null(package->installs);
	struct driver_install *install = &package->installs[package->n_installs++];
	*install = (struct driver_install){.name = strdup(name),
		.section = section != NULL ? strdup(section) : NULL,
		.feature_score = 0xff};
	(void)text_copy(install->arch, sizeof(install->arch), arch);
	return install;
}

static inline void sample_file(struct driver_package *package, const char *path,
	enum driver_file_kind kind, struct blob blob)
{
	package->files =
		reallocarray(package->files, package->n_files + 1, sizeof(*package->files));
	assert_non_null(package->files);
	package->files[package->n_files++] =
		(struct driver_file){.path = strdup(path), .kind = kind, .blob = blob};
	package->size += blob.size;
}
