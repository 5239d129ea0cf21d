/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files that install sections copy are not there. Install sections share lists of files: what
 * a list lacks is worked out once for each architecture. */
#include "driver/files_walk.h"
#include "base/name_table.h"

#include <errno.h>
#include <string.h>

#define NAMED_MAX 64 /* of one install section; one is enough to make it incomplete */

struct list_lacks {
	uint32_t first, n; /* in checking.lacking */
	bool is_known;
};

struct checking {
	struct name_table absent; /* paths of files that are not there, to their numbers */
	const struct inf_file_list *files;
	/* By number: the install section, and the list, that named it last, from 1. */
	uint32_t *named_by, *listed_by;
	uint32_t n_installs, n_lists;
	struct driver_install *install;
	struct list_lacks *lists; /* by section, of the walk's architecture */
	uint32_t *lacking;        /* numbers */
	size_t n_lacking;
	size_t first_lacking; /* of the list that is read now */
};

static void checking_clear(struct checking *checking)
{
	name_table_clear(&checking->absent);
	free(checking->named_by);
	free(checking->listed_by);
	free(checking->lists);
	free(checking->lacking);
}

static bool is_absent(
	const struct files_walk *walk, const struct checking *checking, uint32_t *ret_number)
{
	return name_table_find(&checking->absent, walk->path.text, walk->path.length, ret_number);
}

/* ---- install sections ---- */

static int name_missing(struct checking *checking, uint32_t number)
{
	struct driver_install *install = checking->install;
	if (checking->named_by[number] == checking->n_installs || install->n_missing == NAMED_MAX)
		return 0;
	checking->named_by[number] = checking->n_installs;
	char **grown = models_grow(install->missing, install->n_missing, sizeof(*install->missing));
	if (!grown)
		return -ENOMEM;
	install->missing = grown;
	install->missing[install->n_missing] = strdup(checking->files->files[number].path);
	if (!install->missing[install->n_missing])
		return -ENOMEM;
	install->n_missing++;
	return 0;
}

/* "CopyFiles=@file" */
static int check_file(struct files_walk *walk, struct error *err)
{
	uint32_t number;
	(void)err;
	return is_absent(walk, walk->context, &number) ? name_missing(walk->context, number) : 0;
}

/* ---- lists ---- */

static int note_lacking(struct files_walk *walk, struct error *err)
{
	struct checking *checking = walk->context;
	uint32_t number;
	(void)err;
	if (!is_absent(walk, checking, &number) ||
		checking->listed_by[number] == checking->n_lists ||
		checking->n_lacking - checking->first_lacking == NAMED_MAX)
		return 0;
	checking->listed_by[number] = checking->n_lists;
	uint32_t *grown =
		models_grow(checking->lacking, checking->n_lacking, sizeof(*checking->lacking));
	if (!grown)
		return -ENOMEM;
	checking->lacking = grown;
	checking->lacking[checking->n_lacking++] = number;
	return 0;
}

static int work_out(struct files_walk *walk, uint32_t section, struct error *err)
{
	struct checking *checking = walk->context;
	checking->n_lists++;
	checking->first_lacking = checking->n_lacking;
	walk->found = note_lacking;
	int rc = files_walk_read_list(walk, section, err);
	walk->found = check_file;
	checking->lists[section] = (struct list_lacks){(uint32_t)checking->first_lacking,
		(uint32_t)(checking->n_lacking - checking->first_lacking), true};
	return rc;
}

static int check_list(struct files_walk *walk, uint32_t section, struct error *err)
{
	struct checking *checking = walk->context;
	const struct list_lacks *list = &checking->lists[section];
	int rc = list->is_known ? 0 : work_out(walk, section, err);
	if (rc == 0)
		rc = models_step(&walk->steps, list->n, err);
	for (uint32_t i = 0; rc == 0 && i < list->n; i++)
		rc = name_missing(checking, checking->lacking[list->first + i]);
	return rc;
}

/* ---- all ---- */

static int note_absent(struct checking *checking, const bool *is_there)
{
	const struct inf_file_list *files = checking->files;
	checking->named_by = calloc(files->n + 1, sizeof(*checking->named_by));
	checking->listed_by = calloc(files->n + 1, sizeof(*checking->listed_by));
	if (!checking->named_by || !checking->listed_by)
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

static int check_installs_of_arch(struct files_walk *walk, struct checking *checking,
	struct driver_package *package, struct error *err)
{
	size_t n_sections = inf_n_sections(walk->inf);
	int rc = 0;
	/* Where a file of a list lies depends on the architecture. */
	free(checking->lists);
	checking->lists = calloc(n_sections + 1, sizeof(*checking->lists));
	if (!checking->lists)
		return -ENOMEM;
	checking->n_lacking = 0;
	for (size_t i = 0; i < package->n_installs && rc == 0; i++) {
		struct driver_install *install = &package->installs[i];
		if (!install->section || strcmp(install->arch, inf_arch_names[walk->arch]) != 0)
			continue;
		checking->install = install;
		checking->n_installs++;
		files_walk_restart(walk);
		files_walk_push_install(
			walk, (struct inf_text){install->name, strlen(install->name)});
		rc = files_walk_run(walk, err);
	}
	return rc;
}

static int check_installs(struct checking *checking, const struct inf *inf,
	struct driver_package *package, struct error *err)
{
	CLEANUP(files_walk_closep) struct files_walk *walk = NULL;
	int rc = files_walk_open(inf, &walk, err);
	if (rc < 0)
		return rc;
	walk->found = check_file;
	walk->list = check_list;
	walk->context = checking;
	for (enum inf_arch arch = 0; arch < INF_N_ARCHS && rc == 0; arch++) {
		walk->arch = arch;
		rc = check_installs_of_arch(walk, checking, package, err);
	}
	return rc;
}

int models_missing(const struct inf *inf, const struct inf_file_list *files, const bool *is_there,
	struct driver_package *package, struct error *err)
{
	CLEANUP(checking_clear)
	struct checking checking = {.absent = name_table_empty(), .files = files};
	int rc = note_absent(&checking, is_there);
	/* Mostly all is there. */
	if (rc == 0 && checking.absent.n > 0)
		rc = check_installs(&checking, inf, package, err);
	return rc == -ENOMEM ? error_set(err, rc, "no memory for what is missing") : rc;
}
