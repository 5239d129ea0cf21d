/* SPDX-License-Identifier: GPL-3.0-or-later */
/* References: "INF CopyFiles Directive", "INF SourceDisksFiles Section". */
#include "driver/files_walk.h"

#include <errno.h>

void files_walk_close(struct files_walk *walk)
{
	if (!walk)
		return;
	sources_clear(&walk->sources);
	section_walk_close(&walk->installs);
	section_walk_close(&walk->lists);
	free(walk);
}

int files_walk_open(const struct inf *inf, struct files_walk **ret_walk, struct error *err)
{
	/* On the heap: it holds several fields of full length. */
	CLEANUP(files_walk_closep) struct files_walk *walk = calloc(1, sizeof(*walk));
	if (!walk)
		return -ENOMEM;
	walk->inf = inf;
	walk->list = files_walk_read_list;
	walk->steps.left = LIMIT_DRIVER_STEPS;
	int rc = sources_read(inf, &walk->steps, &walk->sources, err);
	if (rc == 0)
		rc = section_walk_open(inf, &walk->installs);
	if (rc == 0)
		rc = section_walk_open(inf, &walk->lists);
	if (rc < 0)
		return rc;
	*ret_walk = TAKE(walk);
	return 0;
}

void files_walk_restart(struct files_walk *walk)
{
	section_walk_restart(&walk->installs);
	section_walk_restart(&walk->lists);
}

static int found_name(
	struct files_walk *walk, uint32_t line, struct inf_text name, struct error *err)
{
	if (name.length == 0)
		return 0;
	if (name.length >= FILE_NAME_BYTES ||
		!sources_locate(walk->inf, &walk->sources, walk->arch, name, &walk->path,
			&walk->cabinet, &walk->is_inbox))
		return error_set(err, -ENAMETOOLONG,
			"%u: the path of a file that is copied cannot be a path: longer than %u "
			"bytes, or empty",
			inf_line_place(walk->inf, line), LIMIT_PATH_BYTES);
	return walk->found(walk, err);
}

/* "destination-file-name[,[source-file-name][,[unused][,flag]]]" */
int files_walk_read_list(struct files_walk *walk, uint32_t section, struct error *err)
{
	const struct inf *inf = walk->inf;
	for (uint32_t line = inf_first_line(inf, section); line != INF_NONE;
		line = inf_next_line(inf, line)) {
		int rc = models_step(&walk->steps, 1, err);
		if (rc < 0)
			return rc;
		struct inf_text name = inf_field(inf, line, 2, &walk->scratch);
		if (name.length == 0)
			name = inf_field(inf, line, 1, &walk->scratch);
		rc = found_name(walk, line, name, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* "CopyFiles=@filename | file-list-section[,file-list-section] ..." */
static int read_copy_files(struct files_walk *walk, uint32_t line, struct error *err)
{
	uint32_t n_fields = inf_n_fields(walk->inf, line);
	int rc = models_step(&walk->steps, n_fields, err);
	for (uint32_t i = 1; rc == 0 && i <= n_fields; i++) {
		struct inf_text name = inf_field(walk->inf, line, i, &walk->scratch);
		if (name.length > 0 && name.text[0] == '@') {
			struct inf_text file = {name.text + 1, name.length - 1};
			rc = found_name(walk, line, file, err);
			continue;
		}
		uint32_t section = inf_find_section(walk->inf, name.text, name.length);
		if (section_walk_push(&walk->lists, section))
			rc = walk->list(walk, section, err);
	}
	return rc;
}

/* CopyFiles stands in DDInstall, DDInstall.CoInstallers and ClassInstall32, and in the sections
 * that AddInterface of DDInstall.Interfaces names. */
static int read_install_line(
	struct files_walk *walk, uint32_t line, struct inf_text key, struct error *err)
{
	const char *platform;
	if (inf_text_equal(key, "CopyFiles"))
		return read_copy_files(walk, line, err);
	if (inf_text_equal(key, "Needs"))
		return section_walk_push_needs(
			&walk->installs, walk->inf, line, &walk->scratch, &walk->steps, err);
	if (inf_text_equal(key, "AddInterface"))
		(void)section_walk_push(
			&walk->installs, models_actual_section(walk->inf,
						 inf_field(walk->inf, line, 3, &walk->scratch),
						 walk->arch, &platform));
	return 0;
}

int files_walk_run(struct files_walk *walk, struct error *err)
{
	uint32_t section;
	while ((section = section_walk_next(&walk->installs)) != INF_NONE) {
		for (uint32_t line = inf_first_line(walk->inf, section); line != INF_NONE;
			line = inf_next_line(walk->inf, line)) {
			int rc = models_step(&walk->steps, 1, err);
			if (rc < 0)
				return rc;
			if (!inf_has_key(walk->inf, line))
				continue;
			rc = read_install_line(
				walk, line, inf_field(walk->inf, line, 0, &walk->scratch), err);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

void files_walk_push_install(struct files_walk *walk, struct inf_text name)
{
	const char *platform;
	uint32_t section = models_actual_section(walk->inf, name, walk->arch, &platform);
	if (section == INF_NONE)
		return;
	(void)section_walk_push(&walk->installs, section);
	(void)section_walk_push(
		&walk->installs, models_find(walk->inf, name, platform, ".CoInstallers"));
	(void)section_walk_push(
		&walk->installs, models_find(walk->inf, name, platform, ".Interfaces"));
}
