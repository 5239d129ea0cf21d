/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/import.h"

#include "adapter/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/text.h"
#include "driver/batch.h"
#include "driver/package.h"
#include "driver/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ITEM_PATH_BYTES (2 * PATH_MAX)

/* A place on its way: its INFs first, then the archives in it, one by one. */
struct frame {
	struct place place;
	size_t next; /* file to look at for an archive */
	bool is_folder;
};

struct import {
	struct store *store;
	struct batch *batch;
	struct place_tools tools;
	import_visitor *visitor;
	void *context;
	/* The named folder or archive, and archives within: no recursion. */
	struct frame frames[LIMIT_ARCHIVE_DEPTH + 1];
	size_t n_frames;
	size_t n_infs; /* of setup or not, met so far */
	size_t n_skipped;
};

static void import_clear(struct import *import)
{
	/* The batch first: what is dropped from it lies in the places. */
	import->batch = batch_close(import->batch);
	while (import->n_frames > 0)
		place_clear(&import->frames[--import->n_frames].place);
	import->tools.scratch = scratch_close(import->tools.scratch);
}

static int tell_skipped(struct import *import, const char *path, const char *reason, bool is_fault)
{
	const struct import_item item = {
		.result = IMPORT_SKIPPED, .is_fault = is_fault, .path = path, .reason = reason};
	import->n_skipped++;
	return import->visitor(import->context, &item);
}

static void item_path(const struct place *place, size_t file, char path[static ITEM_PATH_BYTES])
{
	(void)snprintf(
		path, ITEM_PATH_BYTES, "%s%s", place->label, fileset_path(&place->files, file));
}

/* ---- packages ---- */

static int is_known(struct import *import, const char *id, bool *ret_is_known, struct error *err)
{
	*ret_is_known = batch_has(import->batch, id);
	return *ret_is_known ? 0 : store_driver_has(import->store, id, ret_is_known, err);
}

static int keep_package(
	struct import *import, struct package_draft *draft, const char *path, struct error *err)
{
	struct driver_package *package = &draft->package;
	bool is_there = false;
	(void)text_copy(package->source, sizeof(package->source), path);
	text_disarm(package->source, strlen(package->source));
	int rc = is_known(import, package->id, &is_there, err);
	if (rc < 0)
		return rc;
	if (is_there) {
		const struct import_item item = {
			.result = IMPORT_ALREADY, .path = path, .package = package};
		return import->visitor(import->context, &item);
	}
	rc = package_examine(draft, err);
	return rc != 0 ? rc : batch_add(import->batch, draft, path, err);
}

static int take_inf(struct import *import, struct place *place, size_t file, struct error *err)
{
	char path[ITEM_PATH_BYTES];
	struct package_draft draft = {.parts = NULL};
	struct error why = ERROR_NULL;
	item_path(place, file, path);
	import->n_infs++;
	int rc = package_read(place, &import->tools, file, &draft, &why);
	if (rc == 0)
		rc = keep_package(import, &draft, path, &why);
	package_draft_clear(&draft);
	if (rc < 0)
		return why.text[0] != 0 ? error_set(err, rc, "%s: %s", path, why.text) : rc;
	return rc > 0 ? tell_skipped(import, path, why.text, rc == PACKAGE_BROKEN) : 0;
}

static bool is_inf(const char *path)
{
	return text_equal_nocase(path_extension(path), ".inf");
}

static int take_infs(struct import *import, struct place *place, struct error *err)
{
	uint64_t total = 0, done = 0;
	int rc = 0;
	for (size_t i = 0; i < place->files.n; i++)
		total += is_inf(fileset_path(&place->files, i)) ? place->files.files[i].size : 0;
	for (size_t i = 0; rc == 0 && i < place->files.n; i++) {
		if (!is_inf(fileset_path(&place->files, i)))
			continue;
		rc = take_inf(import, place, i, err);
		done += place->files.files[i].size;
		progress_tell(import->tools.progress, "reading", done, total);
	}
	return rc;
}

/* ---- places ---- */

static void grant_budget(struct import *import)
{
	import->tools.budget = (struct archive_budget){
		.bytes = LIMIT_ARCHIVE_BYTES, .entries = LIMIT_ARCHIVE_ENTRIES};
}

/* The place is the frame's from now on. Of what is pushed all INFs are taken at once. */
static int push(struct import *import, struct place *place, bool is_folder, const char *label,
	struct error *err)
{
	struct frame *frame = &import->frames[import->n_frames++];
	*frame = (struct frame){.place = *place, .is_folder = is_folder};
	frame->place.label = strdup(label);
	if (frame->place.label == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	return take_infs(import, &frame->place, err);
}

static int open_nested(struct import *import, struct frame *frame, size_t file, struct place *place,
	struct error *err)
{
	CLEANUP(file_closep) int fd = -1;
	if (place_take_cabinet(&frame->place, file, &place->files))
		return 0;
	/* Of a folder each archive stands for itself. */
	if (frame->is_folder)
		grant_budget(import);
	int rc = fileset_open(&frame->place.files, file, &fd, err);
	return rc < 0 ? rc
		      : unpack_archive(fd, import->tools.scratch, &import->tools.budget,
				import->tools.progress, &place->files, err);
}

static int take_nested(struct import *import, struct frame *frame, size_t file, struct error *err)
{
	char path[ITEM_PATH_BYTES];
	struct place place = place_empty();
	struct error why = ERROR_NULL;
	item_path(&frame->place, file, path);
	int rc = open_nested(import, frame, file, &place, &why);
	if (rc == -EMEDIUMTYPE)
		return 0;
	if (place_is_our_fault(rc))
		return error_set(err, rc, "%s: %s", path, why.text);
	if (rc < 0)
		return tell_skipped(import, path, why.text, true);
	if (import->n_frames == ARRAY_SIZE(import->frames)) {
		place_clear(&place);
		return tell_skipped(import, path, "archives are nested too deep", true);
	}
	(void)strncat(path, ": ", sizeof(path) - strlen(path) - 1);
	return push(import, &place, false, path, err);
}

/* Until all that was pushed is done. */
static int take_frames(struct import *import, struct error *err)
{
	while (import->n_frames > 0) {
		struct frame *frame = &import->frames[import->n_frames - 1];
		size_t file = frame->next++;
		if (file == frame->place.files.n) {
			int rc = batch_retire(import->batch, &frame->place, err);
			if (rc < 0)
				return rc;
			import->n_frames--;
			continue;
		}
		if (!unpack_is_candidate(fileset_path(&frame->place.files, file)))
			continue;
		int rc = take_nested(import, frame, file, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- what was named ---- */

/* Walking: where unreadable things are told. */
struct walk_context {
	struct import *import;
	const char *root;
	const struct package_folders *folders; /* NULL: all */
};

static bool wants_folder(void *context, const char *folder)
{
	const struct walk_context *walk = context;
	return walk->folders == NULL || package_folders_want(walk->folders, folder);
}

static int skip_walked(void *context, const char *path, const char *reason)
{
	const struct walk_context *walk = context;
	char whole[ITEM_PATH_BYTES];
	/* Around an INF that was named alone much may lie that is nobody's business. */
	if (walk->folders != NULL)
		return 0;
	(void)snprintf(whole, sizeof(whole), "%s/%s", walk->root, path);
	return tell_skipped(walk->import, whole, reason, true);
}

static int walk_into(struct import *import, const char *path, const struct package_folders *folders,
	struct place *place, struct error *err)
{
	struct walk_context context = {.import = import, .root = path, .folders = folders};
	const struct walk walk = {
		.wants = wants_folder, .skipped = skip_walked, .context = &context};
	int rc = walk_folder(path, &walk, &place->files, err);
	return rc < 0 ? error_prefix(err, rc, "%s", path) : 0;
}

static int import_folder(struct import *import, const char *path, struct error *err)
{
	char label[PATH_MAX + 1];
	struct place place = place_empty();
	size_t n = strlen(path);
	int rc = walk_into(import, path, NULL, &place, err);
	if (rc < 0) {
		place_clear(&place);
		return rc;
	}
	(void)snprintf(label, sizeof(label), "%s%s", path, n > 0 && path[n - 1] == '/' ? "" : "/");
	rc = push(import, &place, true, label, err);
	return rc == 0 ? take_frames(import, err) : rc;
}

static int take_alone(
	struct import *import, struct place *place, const char *path, struct error *err)
{
	const char *name = path_name(path);
	ssize_t file = fileset_find(&place->files, name);
	while (file >= 0 && (size_t)file + 1 < place->files.n &&
		strcmp(fileset_path(&place->files, (size_t)file), name) != 0)
		file++;
	if (file < 0)
		return error_set(err, -EAGAIN, "%s: changed while it was read; try again", path);
	place->label = strndup(path, (size_t)(name - path));
	if (place->label == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	return take_inf(import, place, (size_t)file, err);
}

static int import_inf(struct import *import, const char *path, struct error *err)
{
	char folder[PATH_MAX];
	struct package_folders folders = {0};
	struct place place = place_empty();
	const char *name = path_name(path);
	(void)text_copy(folder, sizeof(folder), name > path ? path : ".");
	if (name > path && (size_t)(name - path) < sizeof(folder))
		folder[name - path] = 0;
	/* What is wrong with the INF is told when it is its turn. */
	if (place_is_our_fault(package_folders_read(path, &folders, err)))
		return -ENOMEM;
	int rc = walk_into(import, folder, &folders, &place, err);
	if (rc == 0)
		rc = take_alone(import, &place, path, err);
	if (rc == 0)
		rc = batch_flush(import->batch, err);
	place_clear(&place);
	package_folders_clear(&folders);
	return rc;
}

static int import_archive(struct import *import, const char *path, struct error *err)
{
	char label[PATH_MAX + 3];
	struct place place = place_empty();
	struct error why = ERROR_NULL;
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	int rc = unpack_archive(fd, import->tools.scratch, &import->tools.budget,
		import->tools.progress, &place.files, &why);
	if (rc == -EMEDIUMTYPE)
		return tell_skipped(import, path,
			"neither an INF nor an archive (.zip, .cab, .7z, .tar, .iso, or a "
			"self-extracting .exe of one of these)",
			true);
	if (place_is_our_fault(rc))
		return error_set(err, rc, "%s: %s", path, why.text);
	if (rc < 0)
		return tell_skipped(import, path, why.text, true);
	(void)snprintf(label, sizeof(label), "%s: ", path);
	rc = push(import, &place, false, label, err);
	return rc == 0 ? take_frames(import, err) : rc;
}

static int import_path(struct import *import, const char *path, struct error *err)
{
	struct stat status;
	if (stat(path, &status) < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	grant_budget(import);
	if (S_ISDIR(status.st_mode))
		return import_folder(import, path, err);
	if (!S_ISREG(status.st_mode))
		return error_set(err, -EINVAL, "%s is neither a file nor a folder", path);
	return is_inf(path) ? import_inf(import, path, err) : import_archive(import, path, err);
}

int driver_import(struct store *store, const char *path, import_visitor *visitor, void *context,
	const struct progress_sink *progress, struct error *err)
{
	CLEANUP(memory_freep) struct import *import = calloc(1, sizeof(*import));
	if (import == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	import->store = store;
	import->visitor = visitor;
	import->context = context;
	import->tools.progress = progress;
	int rc = scratch_open(store_directory(store), &import->tools.scratch, err);
	if (rc == 0)
		rc = batch_open(store, visitor, context, &import->batch, err);
	if (rc == 0)
		rc = import_path(import, path, err);
	if (rc == 0)
		rc = batch_flush(import->batch, err);
	if (rc == 0 && import->n_infs == 0 && import->n_skipped == 0)
		rc = tell_skipped(import, path, "holds no INF", true);
	import_clear(import);
	return rc;
}
