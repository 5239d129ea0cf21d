/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that an INF copies, and where their sources lie. References: "INF CopyFiles Directive",
 * "INF SourceDisksFiles Section", "INF SourceDisksNames Section". */
#include "driver/models.h"

#include "base/text.h"
#include "driver/models_room.h"
#include "driver/models_sources.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DISK_FLAG_CABINET                                                                          \
	0x10                   /* "forces Windows to use tag-or-cab-file as a cabinet file name"   \
				*/
#define MISSING_PER_INSTALL 64 /* that many are named; one is enough to make it incomplete */

/* ---- following the sections ---- */

/* What one run finds is told to `found`, a file perhaps several times. */
struct files_walk {
	const struct inf *inf;
	struct sources sources;
	struct section_walk installs, lists;
	struct models_steps steps;
	enum inf_arch arch;
	struct inf_scratch scratch;
	int (*found)(struct files_walk *walk, struct error *err);
	void *context;
	/* of the file found */
	struct source_path path, cabinet;
	bool is_inbox;
};

static void files_walk_close(struct files_walk *walk)
{
	if (!walk)
		return;
	sources_clear(&walk->sources);
	section_walk_close(&walk->installs);
	section_walk_close(&walk->lists);
	free(walk);
}
DEFINE_FREEP(struct files_walk, files_walk_close);

static int files_walk_open(const struct inf *inf, struct files_walk **ret_walk, struct error *err)
{
	/* On the heap: it holds several fields of full length. */
	CLEANUP(files_walk_closep) struct files_walk *walk = calloc(1, sizeof(*walk));
	if (!walk)
		return -ENOMEM;
	walk->inf = inf;
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

static void files_walk_restart(struct files_walk *walk)
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
static int read_list(struct files_walk *walk, uint32_t section, struct error *err)
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
			rc = read_list(walk, section, err);
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

static int run(struct files_walk *walk, struct error *err)
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

static void push_install(struct files_walk *walk, struct inf_text name)
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
			push_install(walk, inf_field(walk->inf, line, 1, &walk->scratch));
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
		push_install(walk, (struct inf_text){class_install, sizeof(class_install) - 1});
		rc = run(walk, err);
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
		push_install(walk, (struct inf_text){section, strlen(section)});
		rc = run(walk, err);
	}
	return finish(&collecting, rc, ret_files, err);
}

/* ---- what is missing ---- */

struct checking {
	struct name_table absent; /* paths of files that are not there, to their numbers */
	struct driver_install *install;
	uint32_t *rounds; /* by number: the install section that named it last, from 1 */
	uint32_t round;
};

static int check(struct files_walk *walk, struct error *err)
{
	struct checking *checking = walk->context;
	struct driver_install *install = checking->install;
	uint32_t number;
	(void)err;
	if (!name_table_find(&checking->absent, walk->path.text, walk->path.length, &number) ||
		checking->rounds[number] == checking->round ||
		install->n_missing == MISSING_PER_INSTALL)
		return 0;
	checking->rounds[number] = checking->round;
	char **grown = models_grow(install->missing, install->n_missing, sizeof(*install->missing));
	if (!grown)
		return -ENOMEM;
	install->missing = grown;
	install->missing[install->n_missing] = strdup(walk->path.text);
	if (!install->missing[install->n_missing])
		return -ENOMEM;
	install->n_missing++;
	return 0;
}

static int note_absent(
	struct checking *checking, const struct inf_file_list *files, const bool *is_there)
{
	checking->rounds = calloc(files->n + 1, sizeof(*checking->rounds));
	if (!checking->rounds)
		return -ENOMEM;
	int rc = 0;
	for (size_t i = 0; i < files->n && rc == 0; i++) {
		uint32_t number;
		const char *path = files->files[i].path;
		if (!is_there[i] && !files->files[i].is_inbox)
			rc = name_table_add(
				&checking->absent, path, strlen(path), (uint32_t)i, &number);
	}
	return rc;
}

static enum inf_arch arch_number(const char *name)
{
	enum inf_arch arch = 0;
	while (arch < INF_N_ARCHS && strcmp(name, inf_arch_names[arch]) != 0)
		arch++;
	return arch;
}

static int check_installs(struct files_walk *walk, struct checking *checking,
	struct driver_package *package, struct error *err)
{
	int rc = 0;
	for (size_t i = 0; i < package->n_installs && rc == 0; i++) {
		struct driver_install *install = &package->installs[i];
		walk->arch = arch_number(install->arch);
		if (!install->section || walk->arch == INF_N_ARCHS)
			continue;
		checking->install = install;
		checking->round++;
		files_walk_restart(walk);
		push_install(walk, (struct inf_text){install->name, strlen(install->name)});
		rc = run(walk, err);
	}
	return rc;
}

int models_missing(const struct inf *inf, const struct inf_file_list *files, const bool *is_there,
	struct driver_package *package, struct error *err)
{
	struct checking checking = {.absent = name_table_empty()};
	CLEANUP(files_walk_closep) struct files_walk *walk = NULL;
	int rc = note_absent(&checking, files, is_there);
	/* Mostly all is there. */
	if (rc == 0 && checking.absent.n > 0) {
		rc = files_walk_open(inf, &walk, err);
		if (rc == 0) {
			walk->found = check;
			walk->context = &checking;
			rc = check_installs(walk, &checking, package, err);
		}
	}
	name_table_clear(&checking.absent);
	free(checking.rounds);
	return rc == -ENOMEM ? error_set(err, rc, "no memory for what is missing") : rc;
}
