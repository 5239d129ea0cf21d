/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/package.h"

#include "adapter/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One package on its way. */
struct reading {
	struct place *place;
	struct place_tools *tools;
	char folder[LIMIT_PATH_BYTES]; /* of the INF, in the place */
	struct inf *inf;
	struct inf_file_list named;
	bool *is_there; /* of named */
	struct package_draft draft;
	size_t capacity; /* of files and parts */
};

static void reading_clear(struct reading *reading)
{
	package_draft_clear(&reading->draft);
	free(reading->is_there);
	inf_file_list_clear(&reading->named);
	inf_free(reading->inf);
}

void package_draft_clear(struct package_draft *draft)
{
	driver_package_clear(&draft->package);
	free(draft->parts);
	draft->parts = NULL;
}

static int add_text(char ***texts, size_t *n, const char *text)
{
	char **grown = reallocarray(*texts, *n + 1, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	*texts = grown;
	grown[*n] = strdup(text);
	if (grown[*n] == NULL)
		return -ENOMEM;
	(*n)++;
	return 0;
}

int package_warn(struct driver_package *package, const char *format, ...)
{
	char text[400];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return add_text(&package->warnings, &package->n_warnings, text);
}

/* ---- the INF ---- */

static int parse_file(int fd, struct inf **ret_inf, struct error *err)
{
	CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(LIMIT_INF_BYTES);
	int rc = file_read_all(fd, &bytes);
	if (rc == -EFBIG)
		return error_set(err, rc, "more than %u bytes", LIMIT_INF_BYTES);
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	return inf_parse(bytes.bytes, bytes.size, NULL, ret_inf, err);
}

static int read_inf(struct reading *reading, size_t file, struct error *err)
{
	CLEANUP(file_closep) int fd = -1;
	int rc = fileset_open(&reading->place->files, file, &fd, err);
	if (rc < 0)
		return package_outcome_of(rc, PACKAGE_BROKEN);
	rc = parse_file(fd, &reading->inf, err);
	if (rc == 0)
		rc = models_read(reading->inf, &reading->draft.package, err);
	if (rc < 0)
		return package_outcome_of(rc, rc == -EINVAL ? PACKAGE_NO_SETUP : PACKAGE_BROKEN);
	rc = models_files(reading->inf, &reading->named, err);
	return package_outcome_of(rc, PACKAGE_BROKEN);
}

/* ---- its files ---- */

static bool has_file(const struct driver_package *package, const char *path)
{
	for (size_t i = 0; i < package->n_files; i++) {
		if (text_equal_nocase(package->files[i].path, path))
			return true;
	}
	return false;
}

static int grow(struct reading *reading)
{
	struct package_draft *draft = &reading->draft;
	if (draft->package.n_files < reading->capacity)
		return 0;
	size_t capacity = reading->capacity == 0 ? 16 : reading->capacity * 2;
	struct driver_file *files =
		reallocarray(draft->package.files, capacity, sizeof(*draft->package.files));
	if (files == NULL)
		return -ENOMEM;
	draft->package.files = files;
	struct place_part *parts = reallocarray(draft->parts, capacity, sizeof(*draft->parts));
	if (parts == NULL)
		return -ENOMEM;
	draft->parts = parts;
	reading->capacity = capacity;
	return 0;
}

/* path: in the package. */
static int add_file(struct reading *reading, const char *path, enum driver_file_kind kind,
	const struct place_part *part, struct error *err)
{
	struct driver_package *package = &reading->draft.package;
	const struct fileset_file *file = &part->set->files[part->file];
	if (has_file(package, path))
		return 0;
	if (package->n_files >= LIMIT_DRIVER_FILES)
		return error_set(err, -E2BIG, "names more than %d files", LIMIT_DRIVER_FILES);
	if (file->size > LIMIT_DRIVER_PACKAGE_BYTES - package->size)
		return error_set(err, -E2BIG, "its files have more than %llu bytes together",
			LIMIT_DRIVER_PACKAGE_BYTES);
	char *name = strdup(path);
	if (name == NULL || grow(reading) < 0) {
		free(name);
		return error_set(err, -ENOMEM, "out of memory");
	}
	package->size += file->size;
	reading->draft.parts[package->n_files] = *part;
	package->files[package->n_files++] = (struct driver_file){.path = name, .kind = kind};
	return 0;
}

static int add_missing(struct reading *reading, const char *path, struct error *err)
{
	struct driver_package *package = &reading->draft.package;
	int rc = add_text(&package->missing, &package->n_missing, path);
	return rc < 0 ? error_set(err, rc, "out of memory") : 0;
}

/* A cabinet stays in the package, because the INF names it; what was in it lies beside it, so that
 * its binaries can be looked at. */
static int add_cabinet(struct reading *reading, const struct inf_file *wanted, struct error *err)
{
	char path[LIMIT_PATH_BYTES];
	if (wanted->cabinet == NULL ||
		!place_path(reading->folder, wanted->cabinet, path, sizeof(path)))
		return 0;
	ssize_t file = fileset_find(&reading->place->files, path);
	const struct place_part part = {&reading->place->files, (size_t)file, 0};
	return file < 0 ? 0 : add_file(reading, wanted->cabinet, DRIVER_FILE_OTHER, &part, err);
}

static int add_named(struct reading *reading, size_t i, struct error *err)
{
	const struct inf_file *wanted = &reading->named.files[i];
	struct place_part part;
	struct error why = ERROR_NULL;
	int rc = place_find(reading->place, reading->tools, reading->folder, wanted, &part, &why);
	if (rc < 0)
		return error_set(err, rc, "%s", why.text);
	if (rc == 0) {
		if (why.text[0] != 0 && package_warn(&reading->draft.package, "%s", why.text) < 0)
			return error_set(err, -ENOMEM, "out of memory");
		return wanted->is_inbox ? 0 : add_missing(reading, wanted->path, err);
	}
	reading->is_there[i] = true;
	part.archs = wanted->archs;
	rc = add_file(reading, wanted->path, DRIVER_FILE_OTHER, &part, err);
	return rc < 0 || part.set == &reading->place->files ? rc
							    : add_cabinet(reading, wanted, err);
}

static int add_all_named(struct reading *reading, struct error *err)
{
	if (reading->named.n == 0)
		return 0;
	reading->is_there = calloc(reading->named.n, sizeof(*reading->is_there));
	if (reading->is_there == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < reading->named.n; i++) {
		int rc = add_named(reading, i, err);
		if (rc < 0)
			return rc;
	}
	return models_missing(
		reading->inf, &reading->named, reading->is_there, &reading->draft.package, err);
}

static bool is_missing(const struct driver_package *package, const char *path)
{
	for (size_t i = 0; i < package->n_missing; i++) {
		if (text_equal_nocase(package->missing[i], path))
			return true;
	}
	return false;
}

static bool has_arch(const struct driver_package *package, enum inf_arch arch)
{
	const char *name = inf_arch_names[arch];
	size_t n = strlen(name);
	for (const char *at = package->archs; (at = strstr(at, name)) != NULL; at += n) {
		if ((at == package->archs || at[-1] == ' ') && (at[n] == 0 || at[n] == ' '))
			return true;
	}
	return false;
}

static int add_catalog(struct reading *reading, enum inf_arch arch, struct error *err)
{
	char name[256];
	char path[LIMIT_PATH_BYTES];
	const struct driver_package *package = &reading->draft.package;
	if (!has_arch(package, arch) || !models_catalog(reading->inf, arch, name, sizeof(name)) ||
		name[0] == 0)
		return 0;
	ssize_t file = -1;
	if (place_path(reading->folder, name, path, sizeof(path)))
		file = fileset_find(&reading->place->files, path);
	if (file < 0)
		return is_missing(package, name) ? 0 : add_missing(reading, name, err);
	const struct place_part part = {&reading->place->files, (size_t)file, 0};
	return add_file(reading, name, DRIVER_FILE_CATALOG, &part, err);
}

static int gather(struct reading *reading, size_t inf_file, struct error *err)
{
	const struct place_part inf = {&reading->place->files, inf_file, 0};
	const char *name = path_name(fileset_path(inf.set, inf_file));
	int rc = add_file(reading, name, DRIVER_FILE_INF, &inf, err);
	for (int arch = 0; rc == 0 && arch < INF_N_ARCHS; arch++)
		rc = add_catalog(reading, (enum inf_arch)arch, err);
	return rc == 0 ? add_all_named(reading, err) : rc;
}

/* ---- all ---- */

static int read_package(struct reading *reading, size_t inf_file, struct error *err)
{
	struct driver_package *package = &reading->draft.package;
	const char *path = fileset_path(&reading->place->files, inf_file);
	const char *name = path_name(path);
	if (strlen(path) >= sizeof(reading->folder) || strlen(name) >= sizeof(package->inf)) {
		(void)error_set(err, -ENAMETOOLONG, "its path is too long");
		return PACKAGE_BROKEN;
	}
	if (name > path)
		(void)text_copy(reading->folder, (size_t)(name - path), path);
	int rc = read_inf(reading, inf_file, err);
	if (rc != 0)
		return rc;
	(void)text_copy(package->inf, sizeof(package->inf), name);
	text_disarm(package->inf, strlen(package->inf)); /* people are shown it everywhere */
	rc = gather(reading, inf_file, err);
	if (rc == 0)
		rc = package_identify(&reading->draft, err);
	return package_outcome_of(rc, PACKAGE_BROKEN);
}

int package_read(struct place *place, struct place_tools *tools, size_t inf_file,
	struct package_draft *ret_draft, struct error *err)
{
	struct reading reading = {.place = place, .tools = tools};
	int rc = read_package(&reading, inf_file, err);
	if (rc == 0) {
		*ret_draft = reading.draft;
		reading.draft = (struct package_draft){.parts = NULL};
	}
	reading_clear(&reading);
	return rc;
}

/* ---- an INF alone ---- */

int package_folders_read(
	const char *inf_path, struct package_folders *ret_folders, struct error *err)
{
	struct inf_file_list files = {0};
	struct package_folders folders = {0};
	CLEANUP(inf_freep) struct inf *inf = NULL;
	CLEANUP(file_closep) int fd = open(inf_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int rc = fd < 0 ? error_set(err, -errno, "%s", strerror(errno)) : parse_file(fd, &inf, err);
	if (rc == 0)
		rc = models_files(inf, &files, err);
	for (size_t i = 0; rc == 0 && i < files.n; i++) {
		rc = add_text(&folders.paths, &folders.n, files.files[i].path);
		if (rc == 0 && files.files[i].cabinet != NULL)
			rc = add_text(&folders.paths, &folders.n, files.files[i].cabinet);
	}
	inf_file_list_clear(&files);
	if (rc < 0) {
		package_folders_clear(&folders);
		return rc;
	}
	*ret_folders = folders;
	return 0;
}

bool package_folders_want(const struct package_folders *folders, const char *folder)
{
	size_t n = strlen(folder);
	for (size_t i = 0; i < folders->n; i++) {
		if (text_starts_nocase(folders->paths[i], folder) && folders->paths[i][n] == '/')
			return true;
	}
	return false;
}

void package_folders_clear(struct package_folders *folders)
{
	for (size_t i = 0; i < folders->n; i++)
		free(folders->paths[i]);
	free(folders->paths);
	*folders = (struct package_folders){0};
}
