/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/place.h"

#include "adapter/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct place place_empty(void)
{
	return (struct place){.files = fileset_empty(), .expanded = fileset_empty()};
}

void place_clear(struct place *place)
{
	for (size_t i = 0; i < place->n_cabinets; i++)
		fileset_clear(&place->cabinets[i].files);
	free(place->cabinets);
	fileset_clear(&place->expanded);
	fileset_clear(&place->files);
	free(place->label);
	*place = place_empty();
}

void place_rest(struct place *place)
{
	fileset_forget(&place->files);
	fileset_forget(&place->expanded);
	for (size_t i = 0; i < place->n_cabinets; i++)
		fileset_forget(&place->cabinets[i].files);
}

bool place_is_our_fault(int rc)
{
	return rc == -ENOMEM || rc == -ENOSPC || rc == -EDQUOT || rc == -EMFILE || rc == -ENFILE ||
	       rc == -EROFS;
}

bool place_path(const char *folder, const char *name, char *path, size_t size)
{
	int n = snprintf(path, size, "%s%s%s", folder, folder[0] != 0 ? "/" : "", name);
	return n >= 0 && (size_t)n < size;
}

/* Of a folder every file stands for itself; what came out of an archive was paid for by that. */
static void count_packed(const struct place *place, struct place_tools *tools, size_t file)
{
	if (place->files.scratch == NULL)
		tools->budget.packed += place->files.files[file].size;
}

/* ---- compressed files ---- */

/* "x.sys" -> "x.sy_", "x.s" -> "x.s_", "x" -> "x._": as SetupAPI and MakeCab name them. */
static bool compressed_name(const char *path, char *name, size_t size)
{
	const char *extension = path_extension(path);
	size_t length = strlen(path);
	if (strlen(extension) == 4)
		length--;
	int n = snprintf(name, size, "%.*s%s_", (int)length, path, extension[0] == 0 ? "." : "");
	return n >= 0 && (size_t)n < size;
}

/* A new file in the set of expanded ones; its name is its number. */
static int new_expanded(struct place *place, struct place_tools *tools, char name[static 16],
	int *ret_fd, struct error *err)
{
	if (place->expanded.scratch == NULL) {
		int rc = fileset_make(&place->expanded, tools->scratch, err);
		if (rc < 0)
			return rc;
	}
	(void)snprintf(name, 16, "%zu", place->expanded.n);
	int fd = openat(place->expanded.root, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0440);
	if (fd < 0)
		return error_set(
			err, -errno, "%s/%s: %s", place->expanded.scratch, name, strerror(errno));
	*ret_fd = fd;
	return 0;
}

static int expand(struct place *place, struct place_tools *tools, size_t file,
	struct place_part *ret_part, struct error *err)
{
	char name[16];
	uint64_t size;
	CLEANUP(file_closep) int in = -1;
	CLEANUP(file_closep) int out = -1;
	struct fileset_file *packed = &place->files.files[file];
	if (packed->expanded == 0) {
		int rc = fileset_open(&place->files, file, &in, err);
		if (rc == 0)
			rc = new_expanded(place, tools, name, &out, err);
		if (rc < 0)
			return rc;
		count_packed(place, tools, file);
		rc = unpack_compressed(in, &tools->budget, out, &size, err);
		if (rc == -EMEDIUMTYPE)
			rc = error_set(err, -EINVAL, "not compressed by anything that is known");
		if (rc < 0) {
			(void)unlinkat(place->expanded.root, name, 0);
			return error_prefix(err, rc, "%s", fileset_path(&place->files, file));
		}
		rc = fileset_add(&place->expanded, name, size, err);
		if (rc < 0)
			return rc;
		packed->expanded = (uint32_t)place->expanded.n;
	}
	*ret_part = (struct place_part){&place->expanded, packed->expanded - 1, 0};
	return 0;
}

/* ---- cabinets ---- */

static int open_cabinet(struct place *place, struct place_tools *tools, size_t file,
	struct place_cabinet **ret_cabinet, struct error *err)
{
	for (size_t i = 0; i < place->n_cabinets; i++) {
		if (place->cabinets[i].file == file) {
			*ret_cabinet = &place->cabinets[i];
			return 0;
		}
	}
	/* Parts of packages point to the sets: room for all cabinets there can be. */
	if (place->cabinets == NULL)
		place->cabinets = calloc(LIMIT_PLACE_CABINETS, sizeof(*place->cabinets));
	if (place->cabinets == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	if (place->n_cabinets == LIMIT_PLACE_CABINETS)
		return error_set(err, -E2BIG, "INFs name more than %d cabinets of one pack",
			LIMIT_PLACE_CABINETS);
	struct place_cabinet *cabinet = &place->cabinets[place->n_cabinets];
	*cabinet = (struct place_cabinet){.file = file, .files = fileset_empty()};
	CLEANUP(file_closep) int fd = -1;
	struct error why = ERROR_NULL;
	int rc = fileset_open(&place->files, file, &fd, &why);
	count_packed(place, tools, file);
	if (rc == 0)
		rc = unpack_archive(
			fd, tools->scratch, &tools->budget, tools->progress, &cabinet->files, &why);
	if (place_is_our_fault(rc))
		return error_set(err, rc, "%s", why.text);
	if (rc < 0)
		text_copy_printable(cabinet->fault, sizeof(cabinet->fault),
			rc == -EMEDIUMTYPE ? "no cabinet" : why.text,
			rc == -EMEDIUMTYPE ? strlen("no cabinet") : strnlen(why.text, 159));
	fileset_rest(&cabinet->files);
	place->n_cabinets++;
	*ret_cabinet = cabinet;
	return 0;
}

bool place_take_cabinet(struct place *place, size_t file, struct fileset *ret_set)
{
	for (size_t i = 0; i < place->n_cabinets; i++) {
		struct place_cabinet *cabinet = &place->cabinets[i];
		if (cabinet->file != file || cabinet->files.scratch == NULL)
			continue;
		*ret_set = cabinet->files;
		cabinet->files = fileset_empty();
		return true;
	}
	return false;
}

/* ---- finding ---- */

/* As the INF says, then beside the INF: packs are often copied flat. */
static ssize_t find_plain(const struct place *place, const char *folder, const char *name)
{
	char path[LIMIT_PATH_BYTES];
	ssize_t file = -1;
	if (place_path(folder, name, path, sizeof(path)))
		file = fileset_find(&place->files, path);
	if (file < 0 && place_path(folder, path_name(name), path, sizeof(path)))
		file = fileset_find(&place->files, path);
	return file;
}

static int find_in_cabinet(struct place *place, struct place_tools *tools, size_t file,
	const char *name, struct place_part *ret_part, struct error *err)
{
	struct place_cabinet *cabinet = NULL;
	int rc = open_cabinet(place, tools, file, &cabinet, err);
	if (rc < 0)
		return rc;
	if (cabinet->fault[0] != 0)
		return error_set(
			err, -EINVAL, "%s: %s", fileset_path(&place->files, file), cabinet->fault);
	ssize_t member = fileset_find(&cabinet->files, name);
	if (member < 0)
		member = fileset_find(&cabinet->files, path_name(name));
	if (member < 0)
		return -ENOENT;
	*ret_part = (struct place_part){&cabinet->files, (size_t)member, 0};
	return 0;
}

static int find_anywhere(struct place *place, struct place_tools *tools, const char *folder,
	const struct inf_file *wanted, struct place_part *ret_part, struct error *err)
{
	char name[LIMIT_PATH_BYTES];
	ssize_t file = find_plain(place, folder, wanted->path);
	if (file >= 0) {
		*ret_part = (struct place_part){&place->files, (size_t)file, 0};
		return 0;
	}
	if (compressed_name(wanted->path, name, sizeof(name))) {
		file = find_plain(place, folder, name);
		if (file >= 0)
			return expand(place, tools, (size_t)file, ret_part, err);
	}
	file = wanted->cabinet != NULL ? find_plain(place, folder, wanted->cabinet) : -1;
	if (file >= 0)
		return find_in_cabinet(place, tools, (size_t)file, wanted->path, ret_part, err);
	return -ENOENT;
}

int place_find(struct place *place, struct place_tools *tools, const char *folder,
	const struct inf_file *wanted, struct place_part *ret_part, struct error *err)
{
	int rc = find_anywhere(place, tools, folder, wanted, ret_part, err);
	return rc == 0 ? 1 : place_is_our_fault(rc) ? rc : 0;
}
