/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What nothing names any more goes. */
#include "store/store.h"

#include "adapter/file.h"
#include "store/internal.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_folderp(DIR **folder)
{
	if (*folder != NULL)
		(void)closedir(*folder);
}

#define FROM_UNNAMED                                                                               \
	" FROM blob WHERE pending_until_ms < ?"                                                    \
	" AND NOT EXISTS (SELECT 1 FROM image WHERE base = blob.sha256)"                           \
	" AND NOT EXISTS (SELECT 1 FROM image WHERE outline = blob.sha256)"                        \
	" AND NOT EXISTS (SELECT 1 FROM image_file WHERE blob = blob.sha256)"                      \
	" AND NOT EXISTS (SELECT 1 FROM driver_file WHERE blob = blob.sha256)"                     \
	" AND NOT EXISTS (SELECT 1 FROM part WHERE blob = blob.sha256)"                            \
	" AND NOT EXISTS (SELECT 1 FROM image_revision WHERE layer = blob.sha256)"

/* What revisions held that are gone; then parts that neither a revision holds nor a package of the
 * database may need again. A part whose bytes an import may still be about to name stays. */
static int forget_parts(struct store *store, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query items = sql_query(store->sql, "DELETE FROM layer_item WHERE id NOT IN"
						       " (SELECT item FROM revision_item)");
	int rc = sql_execute(&items, err);
	if (rc < 0)
		return rc;
	CLEANUP(sql_done)
	struct sql_query parts = sql_query(store->sql,
		"DELETE FROM part WHERE NOT EXISTS (SELECT 1 FROM layer_item WHERE part = part.id)"
		" AND NOT EXISTS (SELECT 1 FROM package_part"
		"  JOIN driver_package ON driver_package.id = package WHERE part = part.id)"
		" AND NOT EXISTS (SELECT 1 FROM blob WHERE sha256 = part.blob"
		"  AND pending_until_ms >= ?)");
	sql_put_i64(&parts, store_now_ms());
	return sql_execute(&parts, err);
}

static int forget_unnamed(struct store *store, struct error *err)
{
	int rc = forget_parts(store, err);
	if (rc < 0)
		return rc;
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, "DELETE" FROM_UNNAMED);
	sql_put_i64(&query, store_now_ms());
	return sql_execute(&query, err);
}

int blob_count_unused(struct store *store, size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, "SELECT count(*)" FROM_UNNAMED);
	sql_put_i64(&query, store_now_ms());
	int rc = sql_step(&query, err);
	if (rc < 0)
		return rc;
	*ret_n = (size_t)sql_get_u64(&query);
	return 0;
}

/* Whether the maker of an incoming file has died: a living one holds its lock. */
static bool is_left_behind(int folder, const char *name)
{
	CLEANUP(file_closep) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static int sweep_folder(struct store *store, const char *folder_name, size_t *n, struct error *err)
{
	bool is_incoming = strcmp(folder_name, INCOMING_NAME) == 0;
	int fd = openat(
		store->blobs_fd, folder_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	CLEANUP(close_folderp) DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	if (folder == NULL) {
		int rc = -errno;
		if (fd >= 0)
			(void)close(fd);
		return rc == -ENOTDIR ? 0 : blob_fail(store, rc, err);
	}
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		bool is_garbage = false;
		if (is_incoming && entry->d_name[0] != '.') {
			is_garbage = is_left_behind(fd, entry->d_name);
		} else if (blob_is_name(entry->d_name)) {
			int rc = blob_is_recorded(store, entry->d_name, err);
			if (rc < 0)
				return rc;
			is_garbage = rc == 0;
		}
		if (!is_garbage)
			continue;
		if (unlinkat(fd, entry->d_name, 0) < 0)
			return blob_fail(store, -errno, err);
		(*n)++;
	}
	return 0;
}

int store_blob_sweep(struct store *store, size_t *ret_n, struct error *err)
{
	struct sql_scope scope;
	size_t n = 0;
	/* A caller's rollback would bring records back, but not their files. */
	assert(!sql_in_transaction(store->sql));
	int fd = openat(store->blobs_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(close_folderp) DIR *blobs = fd < 0 ? NULL : fdopendir(fd);
	if (blobs == NULL) {
		int rc = -errno;
		if (fd >= 0)
			(void)close(fd);
		return blob_fail(store, rc, err);
	}
	int rc = sql_enter(store->sql, SQL_ATOMIC, &scope, err);
	if (rc < 0)
		return rc;
	rc = forget_unnamed(store, err);
	for (struct dirent *entry; rc == 0 && (entry = readdir(blobs)) != NULL;) {
		if (entry->d_name[0] != '.')
			rc = sweep_folder(store, entry->d_name, &n, err);
	}
	rc = sql_leave(store->sql, &scope, rc, err);
	if (rc == 0)
		*ret_n = n;
	return rc;
}
