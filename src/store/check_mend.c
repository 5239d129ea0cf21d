/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Blobs that are missing or damaged: whose they are, where the same bytes may still be, what to do.
 */
#include "store/check_room.h"

#include "adapter/file.h"
#include "base/text.h"
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define DAMAGED_FOLDER "damaged"
#define USES_NAMED     3

/* ---- whose it is ---- */

static void read_use(struct sql_query *query, void *item)
{
	struct check_use *use = item;
	sql_get_text(query, use->kind, sizeof(use->kind));
	sql_get_text(query, use->name, sizeof(use->name));
	sql_get_text(query, use->words, sizeof(use->words));
	sql_get_text(query, use->path, sizeof(use->path));
	sql_get_text(query, use->source, sizeof(use->source));
}

static int list_uses(struct store *store, const struct blob *blob, struct check_use **ret_uses,
	size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"SELECT 'base', name, name, '', source FROM image WHERE base = ?1"
		" UNION ALL SELECT 'outline', name, name, '', source FROM image WHERE outline = ?1"
		" UNION ALL SELECT 'file', image, image, image_file.name, source FROM image_file"
		"  JOIN image ON image.name = image WHERE blob = ?1"
		" UNION ALL SELECT 'driver', id, inf || ' ' || substr(id, 1, 12), path, source"
		"  FROM driver_file JOIN driver_package ON number = package WHERE blob = ?1"
		" UNION ALL SELECT 'layer', image || '@' || revision, '', '', '' FROM "
		"image_revision"
		"  WHERE layer = ?1"
		" UNION ALL SELECT 'part', part.id, coalesce((SELECT inf || ' ' || substr(package, "
		"1, 12)"
		"  FROM layer_item WHERE layer_item.part = part.id),"
		"  (SELECT inf || ' ' || substr(package, 1, 12) FROM package_part"
		"  JOIN driver_package ON driver_package.id = package"
		"  WHERE package_part.part = part.id), substr(part.id, 1, 12)),"
		"  coalesce((SELECT package FROM package_part WHERE package_part.part = part.id), "
		"''), '' FROM part WHERE blob = ?1");
	sql_put_text(&query, blob->sha256);
	void *uses;
	int rc = sql_collect(&query, read_use, sizeof(struct check_use), &uses, ret_n, err);
	if (rc == 0)
		*ret_uses = uses;
	return rc;
}

static void name_use(const struct check_use *use, char *out, size_t size)
{
	if (strcmp(use->kind, "base") == 0)
		(void)snprintf(out, size, "the base of image %s", use->words);
	else if (strcmp(use->kind, "outline") == 0)
		(void)snprintf(out, size, "the outline of image %s", use->words);
	else if (strcmp(use->kind, "file") == 0)
		(void)snprintf(out, size, "%s of image %s", use->path, use->words);
	else if (strcmp(use->kind, "driver") == 0)
		(void)snprintf(out, size, "%s of driver %s", use->path, use->words);
	else
		(void)snprintf(out, size, "%s as images hold it", use->words);
}

/* "the base of image win11, bootx64.efi of image win11 and 3 more" */
static void name_uses(const struct check_use *uses, size_t n, char *out, size_t size)
{
	size_t at = 0;
	out[0] = 0;
	for (size_t i = 0; i < n && i < USES_NAMED && at < size; i++) {
		char one[400];
		name_use(&uses[i], one, sizeof(one));
		int length = snprintf(out + at, size - at, "%s%s", i > 0 ? ", " : "", one);
		at += length > 0 ? (size_t)length : 0;
	}
	if (n > USES_NAMED && at < size)
		(void)snprintf(out + at, size - at, " and %zu more", n - USES_NAMED);
}

static void advise(const struct check_use *uses, size_t n, char *out, size_t size)
{
	for (size_t i = 0; i < n; i++) {
		const struct check_use *use = &uses[i];
		if (strcmp(use->kind, "base") == 0 || strcmp(use->kind, "file") == 0)
			(void)snprintf(out, size,
				"`pewter image import %s --name %s --replace` brings it back",
				use->source[0] != 0 ? use->source : "SOURCE", use->name);
		else if (strcmp(use->kind, "driver") == 0)
			(void)snprintf(out, size,
				"`pewter driver add %s` brings it back, after `pewter driver "
				"remove %.12s`",
				use->source[0] != 0 ? use->source : "PATH", use->name);
		else
			continue;
		return;
	}
	(void)snprintf(out, size, "`pewter check --repair` makes it anew from what it was made of");
}

/* ---- the same bytes elsewhere ---- */

/* A file that may hold the blob's content becomes the blob if it does. */
static int take_back(struct store *store, int root, const char *path, const struct blob *blob)
{
	struct stat status;
	struct error ignored = ERROR_NULL;
	struct blob found;
	CLEANUP(file_closep)
	int fd = openat(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
		(uint64_t)status.st_size != blob->size)
		return -ENOENT;
	int copy;
	int rc = store_blob_create(store, &copy, &ignored);
	if (rc < 0)
		return rc;
	/* Hashed on the way in: what is not the same gets no name. */
	rc = file_copy(fd, copy, blob->size, NULL);
	if (rc == 0)
		rc = store_blob_hash(copy, NULL, &found);
	if (rc == 0 && strcmp(found.sha256, blob->sha256) != 0)
		rc = -ENOENT;
	if (rc < 0) {
		blob_drop(store, copy);
		(void)close(copy);
		return rc;
	}
	return store_blob_restore(store, copy, blob);
}

/* source: the pack or folder as it was given; path: of the file in its package. */
static int take_from_folder(
	struct store *store, const char *source, const char *path, const struct blob *blob)
{
	CLEANUP(file_closep) int root = open(source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -ENOENT;
	return take_back(store, root, path, blob);
}

static int take_from_source(
	struct store *store, const struct check_use *use, const struct blob *blob)
{
	char folder[256];
	if (use->source[0] != '/')
		return -ENOENT;
	if (strcmp(use->kind, "base") == 0) {
		int rc = take_back(store, AT_FDCWD, use->source, blob);
		return rc == 0 ? 0 : take_from_folder(store, use->source, "sources/boot.wim", blob);
	}
	if (strcmp(use->kind, "driver") != 0)
		return -ENOENT;
	int rc = take_from_folder(store, use->source, use->path, blob);
	if (rc == 0 || !text_copy(folder, sizeof(folder), use->source))
		return rc;
	*strrchr(folder, '/') = 0; /* an .inf was named */
	return take_from_folder(store, folder, use->path, blob);
}

static bool restore(const struct checking *checking, const struct blob *blob,
	const struct check_use *uses, size_t n, char *how, size_t size)
{
	const struct check_request *request = checking->request;
	for (size_t i = 0; i < n; i++) {
		if (take_from_source(checking->store, &uses[i], blob) == 0) {
			(void)snprintf(how, size, "taken again from %s", uses[i].source);
			return true;
		}
		if (request->remake != NULL &&
			request->remake(request->remake_context, &uses[i], blob, how, size) == 0)
			return true;
	}
	return false;
}

/* ---- mending ---- */

/* Out of the way, so that its content can be brought back; kept, because of a damaged image most is
 * still good. */
static int move_damaged(struct store *store, const struct blob *blob, struct error *err)
{
	char folder[4096], from[80], to[80];
	(void)snprintf(folder, sizeof(folder), "%s/" DAMAGED_FOLDER, store->directory);
	if (mkdir(folder, 0750) < 0 && errno != EEXIST)
		return error_set(err, -errno, "%s: %s", folder, strerror(errno));
	CLEANUP(file_closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(from, sizeof(from), "%.2s/%s", blob->sha256, blob->sha256);
	(void)snprintf(to, sizeof(to), "%s", blob->sha256);
	if (fd < 0 || renameat(store->blobs_fd, from, fd, to) < 0)
		return error_set(err, -errno, "%s: %s", folder, strerror(errno));
	return store_adopt(store, fd) < 0
		       ? error_set(err, -errno, "%s: %s", folder, strerror(errno))
		       : 0;
}

/* A kill in the middle of a sweep takes the file and leaves the record. Nobody misses it. */
static int mend_unused(struct checking *checking, const struct blob *blob, struct error *err)
{
	struct check_finding finding = {
		.kind = CHECK_IMPORT_BROKEN, .is_repaired = checking->request->repair};
	if (checking->request->repair) {
		CLEANUP(sql_done)
		struct sql_query query = sql_query(checking->store->sql,
			"DELETE FROM blob WHERE sha256 = ? AND pending_until_ms < ?");
		sql_put_text(&query, blob->sha256);
		sql_put_i64(&query, store_now_ms());
		int rc = sql_execute(&query, err);
		if (rc < 0)
			return rc;
		finding.is_repaired = sql_n_changed(checking->store->sql) == 1;
	}
	(void)text_copy(finding.subject, sizeof(finding.subject), blob->sha256);
	(void)snprintf(finding.what, sizeof(finding.what),
		"%.2s/%.16s... has a record and no whole file, and nothing needs it", blob->sha256,
		blob->sha256);
	(void)text_copy(finding.remedy, sizeof(finding.remedy),
		finding.is_repaired ? "the record is removed"
		: checking->request->repair
			? "an import may be about to bring it; it goes within a day"
			: "`pewter check --repair` removes the record");
	return check_tell(checking, &finding, err);
}

int check_mend_blob(struct checking *checking, const struct blob *blob, int fault, const char *why,
	struct error *err)
{
	CLEANUP(memory_freep) struct check_use *uses = NULL;
	struct check_finding finding = {
		.kind = fault == -ENOENT ? CHECK_BLOB_MISSING : CHECK_BLOB_DAMAGED};
	size_t n;
	char names[280];
	int rc = list_uses(checking->store, blob, &uses, &n, err);
	if (rc < 0)
		return rc;
	/* Its record may have gone since it was listed, with an image that was removed meanwhile.
	 */
	int is_known = blob_is_recorded(checking->store, blob->sha256, err);
	if (is_known <= 0)
		return is_known;
	if (n == 0)
		return mend_unused(checking, blob, err);
	bool is_layer = n == 1 && strcmp(uses[0].kind, "layer") == 0;
	name_uses(uses, n, names, sizeof(names));
	(void)text_copy(finding.subject, sizeof(finding.subject), blob->sha256);
	(void)snprintf(finding.what, sizeof(finding.what), "%.2s/%.16s... (%s) %s%s", blob->sha256,
		blob->sha256, names,
		fault == -ENOENT ? "is not there" : "is damaged: ", fault == -ENOENT ? "" : why);
	if (checking->request->repair && fault != -ENOENT)
		rc = move_damaged(checking->store, blob, err);
	if (is_layer)
		return rc; /* image_check() tells of the revision */
	if (rc == 0 && checking->request->repair)
		finding.is_repaired =
			restore(checking, blob, uses, n, finding.remedy, sizeof(finding.remedy));
	if (rc == 0 && !finding.is_repaired)
		advise(uses, n, finding.remedy, sizeof(finding.remedy));
	return rc < 0 ? rc : check_tell(checking, &finding, err);
}
