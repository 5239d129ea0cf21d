/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that an INF copies. */
#include "driver/files_walk.h"
#include "base/name_table.h"

#include <errno.h>
#include <string.h>

/* ---- lists of files ---- */

void inf_file_list_clear(struct inf_file_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->files[i].path);
		free(list->files[i].cabinet);
	}
	free(list->files);
	*list = (struct inf_file_list){0};
}

struct collecting {
	struct name_table numbers; /* of paths */
	struct inf_file_list list;
};

static int add_file(struct files_walk *walk, struct collecting *collecting, struct error *err)
{
	struct inf_file_list *list = &collecting->list;
	if (list->n == LIMIT_DRIVER_FILES)
		return error_set(err, -E2BIG, "it copies more than %u files", LIMIT_DRIVER_FILES);
	struct inf_file *grown = models_grow(list->files, list->n, sizeof(*list->files));
	if (!grown)
		return -ENOMEM;
	list->files = grown;
	struct inf_file file = {.is_inbox = walk->is_inbox};
	file.path = strdup(walk->path.text);
	if (!file.path)
		return -ENOMEM;
	list->files[list->n++] = file;
	return 0;
}

static int collect(struct files_walk *walk, struct error *err)
{
	struct collecting *collecting = walk->context;
	uint32_t number;
	int rc = name_table_add(&collecting->numbers, walk->path.text, walk->path.length,
		(uint32_t)collecting->list.n, &number);
	if (rc == 0 && number == collecting->list.n)
		rc = add_file(walk, collecting, err);
	if (rc < 0)
		return rc;
	struct inf_file *file = &collecting->list.files[number];
	file->archs |= (uint8_t)(1U << walk->arch);
	file->is_inbox = file->is_inbox && walk->is_inbox;
	if (!file->cabinet && walk->cabinet.length > 0) {
		file->cabinet = strdup(walk->cabinet.text);
		if (!file->cabinet)
			return -ENOMEM;
	}
	return 0;
}

/* Hands the list over, or clears it. */
static int finish(
	struct collecting *collecting, int rc, struct inf_file_list *ret_files, struct error *err)
{
	name_table_clear(&collecting->numbers);
	if (rc == 0) {
		*ret_files = collecting->list;
		return 0;
	}
	inf_file_list_clear(&collecting->list);
	return rc == -ENOMEM ? error_set(err, rc, "no memory for the list of its files") : rc;
}

/* ---- of the whole INF ---- */

static int push_models_section(
	void *context, const struct models_section *section, struct error *err)
{
	struct files_walk *walk = context;
	if (section->arch != walk->arch || section->section == INF_NONE)
		return 0;
	for (uint32_t line = inf_first_line(walk->inf, section->section); line != INF_NONE;
		line = inf_next_line(walk->inf, line)) {
		int rc = models_step(&walk->steps, 1, err);
		if (rc < 0)
			return rc;
		if (inf_has_key(walk->inf, line))
			files_walk_push_install(
				walk, inf_field(walk->inf, line, 1, &walk->scratch));
	}
	return 0;
}

static int collect_all(struct files_walk *walk, struct error *err)
{
	static const char class_install[] = "ClassInstall32";
	int rc = 0;
	for (enum inf_arch arch = 0; arch < INF_N_ARCHS && rc == 0; arch++) {
		walk->arch = arch;
		files_walk_restart(walk);
		rc = models_each_section(walk->inf, push_models_section, walk, err);
		/* Without models there is nothing to install on that architecture. */
		if (rc < 0 || walk->installs.n == 0)
			continue;
		files_walk_push_install(
			walk, (struct inf_text){class_install, sizeof(class_install) - 1});
		rc = files_walk_run(walk, err);
	}
	return rc;
}

int models_files(const struct inf *inf, struct inf_file_list *ret_files, struct error *err)
{
	struct collecting collecting = {.numbers = name_table_empty()};
	CLEANUP(files_walk_closep) struct files_walk *walk = NULL;
	int rc = files_walk_open(inf, &walk, err);
	if (rc == 0) {
		walk->found = collect;
		walk->context = &collecting;
		rc = collect_all(walk, err);
	}
	return finish(&collecting, rc, ret_files, err);
}

/* ---- of one install section ---- */

int models_install_files(const struct inf *inf, const char *section, enum inf_arch arch,
	struct inf_file_list *ret_files, struct error *err)
{
	struct collecting collecting = {.numbers = name_table_empty()};
	CLEANUP(files_walk_closep) struct files_walk *walk = NULL;
	int rc = files_walk_open(inf, &walk, err);
	if (rc == 0) {
		walk->arch = arch;
		walk->found = collect;
		walk->context = &collecting;
		files_walk_push_install(walk, (struct inf_text){section, strlen(section)});
		rc = files_walk_run(walk, err);
	}
	return finish(&collecting, rc, ret_files, err);
}
