/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/check.h"

#include "adapter/file.h"
#include "base/text.h"
#include "store/check_room.h"
#include "store/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEFT_PREFIX ".import-" /* adapter/scratch.c */
#define HASH_DIGITS "0123456789abcdef"

static const char *const kind_names[] = {
	[CHECK_DATABASE] = "database",
	[CHECK_BLOB_MISSING] = "blob-missing",
	[CHECK_BLOB_DAMAGED] = "blob-damaged",
	[CHECK_FILE_UNKNOWN] = "file-unknown",
	[CHECK_IMPORT_BROKEN] = "import-broken-off",
	[CHECK_REVISION] = "revision",
	[CHECK_PLAN] = "plan",
};

const char *check_kind_name(enum check_kind kind)
{
	return kind_names[kind];
}

bool check_kind_is_harmless(enum check_kind kind)
{
	return kind == CHECK_FILE_UNKNOWN || kind == CHECK_IMPORT_BROKEN;
}

/* ---- the database ---- */

static int tell_database(struct checking *checking, const char *text, struct error *err)
{
	struct check_finding finding = {.kind = CHECK_DATABASE};
	(void)text_copy(finding.subject, sizeof(finding.subject), "pewter.db");
	text_copy_printable(finding.what, sizeof(finding.what), text, strlen(text));
	(void)snprintf(finding.remedy, sizeof(finding.remedy),
		"stop Pewter and put back a copy of %s; or `sqlite3 %s .recover` saves what can "
		"be read",
		checking->store->database, checking->store->database);
	return check_tell(checking, &finding, err);
}

/* SQLite's own words, one row for each fault; the one row "ok" for none. */
static int check_pages(struct checking *checking, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(checking->store->sql, "PRAGMA integrity_check (20)");
	int rc;
	while ((rc = sql_step(&query, err)) > 0) {
		char text[400];
		sql_get_text(&query, text, sizeof(text));
		if (strcmp(text, "ok") != 0 && (rc = tell_database(checking, text, err)) < 0)
			return rc;
	}
	return rc;
}

static int check_references(struct checking *checking, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(checking->store->sql,
		"SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2");
	int rc;
	while ((rc = sql_step(&query, err)) > 0) {
		char table[64], parent[64], text[256];
		sql_get_text(&query, table, sizeof(table));
		sql_get_text(&query, parent, sizeof(parent));
		(void)snprintf(text, sizeof(text),
			"%lld records of \"%s\" name records of \"%s\" that are not there",
			(long long)sql_get_i64(&query), table, parent);
		if ((rc = tell_database(checking, text, err)) < 0)
			return rc;
	}
	return rc;
}

/* ---- blobs that records know ---- */

struct row {
	struct blob blob;
	bool is_pending;
};

static void read_row(struct sql_query *query, void *item)
{
	struct row *row = item;
	sql_get_text(query, row->blob.sha256, sizeof(row->blob.sha256));
	row->blob.size = sql_get_u64(query);
	row->is_pending = sql_get_i64(query) != 0;
}

static int list_rows(struct store *store, struct row **ret_rows, size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(
		store->sql, "SELECT sha256, size, pending_until_ms >= ? FROM blob ORDER BY sha256");
	sql_put_i64(&query, store_now_ms());
	void *rows;
	int rc = sql_collect(&query, read_row, sizeof(struct row), &rows, ret_n, err);
	if (rc == 0)
		*ret_rows = rows;
	return rc;
}

int store_blob_check(struct store *store, const struct blob *blob, struct error *err)
{
	CLEANUP(file_closep) int fd = -1;
	struct stat status;
	struct blob found;
	int rc = store_blob_open(store, blob->sha256, &fd, err);
	if (rc < 0)
		return rc;
	if (fstat(fd, &status) < 0)
		return error_set(err, -errno, "%s", strerror(errno));
	if (!S_ISREG(status.st_mode))
		return error_set(err, -EBADMSG, "it is no ordinary file");
	if ((uint64_t)status.st_size != blob->size)
		return error_set(err, -EBADMSG, "it has %llu bytes, not %llu",
			(unsigned long long)status.st_size, (unsigned long long)blob->size);
	rc = store_blob_hash(fd, NULL, &found);
	if (rc < 0)
		return error_set(err, rc, "it cannot be read: %s", strerror(-rc));
	if (strcmp(found.sha256, blob->sha256) != 0)
		return error_set(err, -EBADMSG,
			"its SHA-256 is %.16s..., so its content has changed on the disk",
			found.sha256);
	return 0;
}

static int check_blobs(struct checking *checking, struct error *err)
{
	CLEANUP(memory_freep) struct row *rows = NULL;
	struct check_totals *totals = &checking->totals;
	uint64_t all_bytes = 0;
	size_t n;
	int rc = list_rows(checking->store, &rows, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		all_bytes += rows[i].blob.size;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct error why = ERROR_NULL;
		totals->n_blobs++;
		totals->n_pending += rows[i].is_pending;
		int found = store_blob_check(checking->store, &rows[i].blob, &why);
		if (found == -ENOMEM)
			return error_set(err, found, "out of memory");
		if (found < 0)
			rc = check_mend_blob(checking, &rows[i].blob, found, why.text, err);
		totals->n_bytes += rows[i].blob.size;
		progress_tell(checking->request->progress, "checking", totals->n_bytes, all_bytes);
	}
	return rc;
}

/* ---- what lies below blobs/ ---- */

static int tell_unknown(struct checking *checking, const char *path, struct error *err)
{
	struct check_finding finding = {
		.kind = CHECK_FILE_UNKNOWN, .is_repaired = checking->request->repair};
	(void)text_copy(finding.subject, sizeof(finding.subject), path);
	(void)snprintf(finding.what, sizeof(finding.what),
		"%s is known to no record: an import left it when it broke off", path);
	(void)text_copy(finding.remedy, sizeof(finding.remedy),
		checking->request->repair ? "removed" : "`pewter check --repair` removes it");
	return check_tell(checking, &finding, err);
}

/* Inside a write transaction, so no import can be between naming its file and recording it. */
static int check_name(struct checking *checking, int folder, const char *folder_name,
	const char *name, struct error *err)
{
	struct sql_scope scope;
	int rc = sql_enter(checking->store->sql, SQL_ATOMIC, &scope, err);
	if (rc < 0)
		return rc;
	int is_known = blob_is_recorded(checking->store, name, err);
	if (is_known == 0 && checking->request->repair && unlinkat(folder, name, 0) < 0 &&
		errno != ENOENT)
		is_known = blob_fail(checking->store, -errno, err);
	rc = sql_leave(checking->store->sql, &scope, is_known < 0 ? is_known : 0, err);
	if (rc < 0 || is_known > 0)
		return rc;
	char path[128];
	(void)snprintf(path, sizeof(path), "blobs/%s/%s", folder_name, name);
	return tell_unknown(checking, path, err);
}

static bool is_blob_name(const char *name)
{
	return strspn(name, HASH_DIGITS) == SHA256_TEXT_BYTES - 1 &&
	       name[SHA256_TEXT_BYTES - 1] == 0;
}

static void close_folderp(DIR **folder)
{
	if (*folder != NULL)
		(void)closedir(*folder);
}

static int open_folder(int at, const char *name, DIR **ret_folder)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	if (folder == NULL) {
		int rc = -errno;
		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	*ret_folder = folder;
	return 0;
}

static int check_folder(struct checking *checking, const char *name, struct error *err)
{
	CLEANUP(close_folderp) DIR *folder = NULL;
	int rc = open_folder(checking->store->blobs_fd, name, &folder);
	if (rc == -ENOTDIR || rc == -ENOENT)
		return 0;
	if (rc < 0)
		return blob_fail(checking->store, rc, err);
	for (struct dirent *entry; rc == 0 && (entry = readdir(folder)) != NULL;) {
		if (is_blob_name(entry->d_name) &&
			blob_is_recorded(checking->store, entry->d_name, NULL) == 0)
			rc = check_name(checking, dirfd(folder), name, entry->d_name, err);
	}
	return rc;
}

static int check_files(struct checking *checking, struct error *err)
{
	CLEANUP(close_folderp) DIR *blobs = NULL;
	int rc = open_folder(checking->store->blobs_fd, ".", &blobs);
	if (rc < 0)
		return blob_fail(checking->store, rc, err);
	for (struct dirent *entry; rc == 0 && (entry = readdir(blobs)) != NULL;)
		if (strlen(entry->d_name) == 2 && strspn(entry->d_name, HASH_DIGITS) == 2)
			rc = check_folder(checking, entry->d_name, err);
	return rc;
}

/* ---- what imports left ---- */

/* Whether the import whose folder it is has died: a living one holds its lock. */
static bool is_left_behind(int at, const char *name)
{
	CLEANUP(file_closep)
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static int tell_broken(
	struct checking *checking, const char *subject, const char *what, struct error *err)
{
	struct check_finding finding = {
		.kind = CHECK_IMPORT_BROKEN, .is_repaired = checking->request->repair};
	(void)text_copy(finding.subject, sizeof(finding.subject), subject);
	(void)text_copy(finding.what, sizeof(finding.what), what);
	(void)text_copy(finding.remedy, sizeof(finding.remedy),
		checking->request->repair ? "removed" : "`pewter check --repair` removes it");
	return check_tell(checking, &finding, err);
}

static int check_scratch(struct checking *checking, struct error *err)
{
	CLEANUP(close_folderp) DIR *state = NULL;
	int rc = open_folder(AT_FDCWD, checking->store->directory, &state);
	if (rc < 0)
		return error_set(err, rc, "%s: %s", checking->store->directory, strerror(-rc));
	for (struct dirent *entry; rc == 0 && (entry = readdir(state)) != NULL;) {
		if (strncmp(entry->d_name, LEFT_PREFIX, strlen(LEFT_PREFIX)) != 0 ||
			!is_left_behind(dirfd(state), entry->d_name))
			continue;
		char what[320], path[4096];
		(void)snprintf(what, sizeof(what),
			"the folder %s was left by an import that broke off", entry->d_name);
		(void)snprintf(
			path, sizeof(path), "%s/%s", checking->store->directory, entry->d_name);
		if (checking->request->repair)
			scratch_remove(path);
		rc = tell_broken(checking, entry->d_name, what, err);
	}
	return rc;
}

/* Blobs that no record names, once the day that their import was given is over. */
static int check_unused(struct checking *checking, struct error *err)
{
	size_t n;
	int rc = blob_count_unused(checking->store, &n, err);
	if (rc < 0 || n == 0)
		return rc;
	if (checking->request->repair) {
		size_t n_swept;
		rc = store_blob_sweep(checking->store, &n_swept, err);
		if (rc < 0)
			return rc;
	}
	char what[160];
	(void)snprintf(what, sizeof(what),
		"%zu blob%s no record names: removed images and drivers, or imports that broke "
		"off",
		n, n == 1 ? " that" : "s that");
	return tell_broken(checking, "blobs", what, err);
}

/* ---- all of it ---- */

int store_check(struct store *store, const struct check_request *request,
	struct check_totals *ret_totals, struct error *err)
{
	struct checking checking = {.store = store, .request = request};
	int rc = check_pages(&checking, err);
	if (rc == 0)
		rc = check_references(&checking, err);
	if (rc == 0)
		rc = check_unused(&checking, err);
	if (rc == 0)
		rc = check_blobs(&checking, err);
	if (rc == 0)
		rc = check_files(&checking, err);
	if (rc == 0)
		rc = check_scratch(&checking, err);
	if (rc == 0)
		*ret_totals = checking.totals;
	return rc;
}
