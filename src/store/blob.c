/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Blobs: files below blobs/ab/ named by their SHA-256, never changed.
 *
 * One is written without a name, synced, then linked to its name, so a name always stands for the
 * whole content. Naming and sweeping happen inside write transactions: the database's one writer at
 * a time is what keeps a sweep from taking a file that an import has just decided to keep.
 */
#include "store/store.h"

#include "adapter/crypto.h"
#include "adapter/file.h"
#include "base/text.h"
#include "store/internal.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOB_MODE   0440
#define CHUNK_BYTES (256U << 10)
#define PENDING_MS  (INT64_C(24) * 3600 * 1000)

/* "ab/abcdef..." */
#define BLOB_PATH_BYTES (3 + SHA256_TEXT_BYTES)

bool blob_is_name(const char *text)
{
	return strspn(text, "0123456789abcdef") == SHA256_TEXT_BYTES - 1 &&
	       text[SHA256_TEXT_BYTES - 1] == 0;
}

static void blob_path(const char *sha256, char path[static BLOB_PATH_BYTES])
{
	(void)snprintf(path, BLOB_PATH_BYTES, "%.2s/%.64s", sha256, sha256);
}

bool store_blob_is_there(const struct store *store, const struct blob *blob)
{
	char path[BLOB_PATH_BYTES];
	struct stat status;
	blob_path(blob->sha256, path);
	return fstatat(store->blobs_fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(status.st_mode) && (uint64_t)status.st_size == blob->size;
}

int blob_fail(const struct store *store, int rc, struct error *err)
{
	if (rc == -ENOSPC || rc == -EDQUOT)
		return error_set(err, rc,
			"%s/blobs: no space left on its disk; nothing was changed",
			store->directory);
	return error_set(err, rc, "%s/blobs: %s", store->directory, strerror(-rc));
}

/* ---- files ---- */

/* A folder below blobs/, made if it is not there. */
static int open_folder(const struct store *store, const char *name, bool is_synced, int *ret_fd)
{
	bool is_new = mkdirat(store->blobs_fd, name, 0750) == 0;
	if (!is_new && errno != EEXIST)
		return -errno;
	CLEANUP(file_closep)
	int fd = openat(store->blobs_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (is_new) {
		int rc = store_adopt(store, fd);
		if (rc < 0)
			return rc;
		if (is_synced && fsync(store->blobs_fd) < 0)
			return -errno;
	}
	*ret_fd = fd;
	fd = -1;
	return 0;
}

/* NFS, FUSE and old kernels: a file with a name of its own, locked for as long as its maker lives,
 * so that a sweep can tell leftovers. */
static int create_named(const struct store *store, int *ret_fd)
{
	CLEANUP(file_closep) int folder = -1;
	int rc = open_folder(store, INCOMING_NAME, true, &folder);
	if (rc < 0)
		return rc;
	for (unsigned n = 0; n < 10000; n++) {
		char name[32];
		(void)snprintf(name, sizeof(name), "%ld.%u", (long)getpid(), n);
		CLEANUP(file_closep)
		int fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, BLOB_MODE);
		if (fd < 0 && errno == EEXIST)
			continue;
		struct stat status;
		if (fd < 0 || flock(fd, LOCK_EX) < 0 || fstat(fd, &status) < 0)
			return -errno;
		/* A sweep came between the opening and the lock. */
		if (status.st_nlink == 0)
			continue;
		*ret_fd = fd;
		fd = -1;
		return 0;
	}
	return -EEXIST;
}

int store_blob_create(struct store *store, int *ret_fd, struct error *err)
{
	int fd = openat(store->blobs_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, BLOB_MODE);
	int rc = fd < 0 ? -errno : 0;
	/* Kernels and file systems that do not know O_TMPFILE see an attempt to write a folder. */
	if (rc == -EOPNOTSUPP || rc == -EISDIR || rc == -EINVAL)
		rc = create_named(store, &fd);
	if (rc < 0)
		return blob_fail(store, rc, err);
	*ret_fd = fd;
	return 0;
}

int store_blob_hash(int fd, struct blob_progress *progress, struct blob *ret_blob)
{
	CLEANUP(sha256_freep) struct sha256 *hash = NULL;
	CLEANUP(memory_freep) uint8_t *chunk = malloc(CHUNK_BYTES);
	int rc = chunk == NULL ? -ENOMEM : sha256_new(&hash);
	uint64_t size = 0;
	while (rc == 0) {
		ssize_t n = pread(fd, chunk, CHUNK_BYTES, (off_t)size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		rc = sha256_add(hash, chunk, (size_t)n);
		size += (uint64_t)n;
		if (progress == NULL)
			continue;
		progress->done += (uint64_t)n;
		progress_tell(progress->sink, "hashing", progress->done, progress->total);
	}
	if (rc < 0)
		return rc;
	uint8_t digest[SHA256_BYTES];
	sha256_finish(hash, digest);
	text_hex(digest, sizeof(digest), ret_blob->sha256);
	ret_blob->size = size;
	return 0;
}

/* Where create_named() put the file: the open folder and the name in it; false for a file that has
 * no name, or has its last one already. */
static bool first_name(
	const struct store *store, int fd, int *ret_folder, char name[static NAME_MAX + 1])
{
	char self[32], path[PATH_MAX];
	struct stat here, there;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(self, path, sizeof(path) - 1);
	if (n <= 0)
		return false;
	path[n] = 0;
	const char *last = strrchr(path, '/');
	if (last == NULL || !text_copy(name, NAME_MAX + 1, last + 1))
		return false;
	CLEANUP(file_closep)
	int folder = openat(store->blobs_fd, INCOMING_NAME, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 || fstat(fd, &here) < 0 ||
		fstatat(folder, name, &there, AT_SYMLINK_NOFOLLOW) < 0 ||
		here.st_ino != there.st_ino || here.st_dev != there.st_dev)
		return false;
	*ret_folder = folder;
	folder = -1;
	return true;
}

static int give_name(const struct store *store, int fd, int folder, const char *name)
{
	char old[NAME_MAX + 1], self[32];
	CLEANUP(file_closep) int incoming = -1;
	if (first_name(store, fd, &incoming, old))
		return renameat(incoming, old, folder, name) == 0 ? 0 : -errno;
	if (linkat(fd, "", folder, name, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT && errno != EPERM)
		return -errno;
	/* Without CAP_DAC_READ_SEARCH (before Linux 6.10) only by way of /proc. */
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, folder, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
}

void blob_drop(const struct store *store, int fd)
{
	char old[NAME_MAX + 1];
	CLEANUP(file_closep) int incoming = -1;
	if (first_name(store, fd, &incoming, old))
		(void)unlinkat(incoming, old, 0);
}

int blob_name(const struct store *store, int fd, const struct blob *blob, bool is_synced)
{
	char prefix[3] = {blob->sha256[0], blob->sha256[1], 0};
	CLEANUP(file_closep) int folder = -1;
	struct stat status;
	int rc = open_folder(store, prefix, is_synced, &folder);
	if (rc < 0)
		return rc;
	if (fstatat(folder, blob->sha256, &status, AT_SYMLINK_NOFOLLOW) == 0) {
		if (S_ISREG(status.st_mode) && (uint64_t)status.st_size == blob->size)
			return 0;
		/* Somebody cut it: the whole one is at hand, and the damaged one helps nobody. */
		if (unlinkat(folder, blob->sha256, 0) < 0)
			return -errno;
	} else if (errno != ENOENT) {
		return -errno;
	}
	rc = store_adopt(store, fd);
	if (rc == 0)
		rc = give_name(store, fd, folder, blob->sha256);
	if (rc == 0 && is_synced && fsync(folder) < 0)
		rc = -errno;
	return rc;
}

/* ---- with their records ---- */

int blob_record(struct store *store, const struct blob *blob, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO blob (sha256, size, pending_until_ms) VALUES (?, ?, ?) "
		"ON CONFLICT (sha256) DO UPDATE SET"
		" size = excluded.size, pending_until_ms = excluded.pending_until_ms");
	sql_put_text(&query, blob->sha256);
	sql_put_u64(&query, blob->size);
	sql_put_i64(&query, store_now_ms() + PENDING_MS);
	return sql_execute(&query, err);
}

int blob_claim(struct store *store, const struct blob *blob, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(
		store->sql, "UPDATE blob SET pending_until_ms = 0 WHERE sha256 = ? AND size = ?");
	sql_put_text(&query, blob->sha256);
	sql_put_u64(&query, blob->size);
	int rc = sql_execute(&query, err);
	if (rc == 0 && sql_n_changed(store->sql) != 1)
		return error_set(err, -ENOENT,
			"%s/blobs: %.64s (%llu bytes) is not in the store any more; import again",
			store->directory, blob->sha256, (unsigned long long)blob->size);
	return rc;
}

int blob_take(struct store *store, int fd, const struct blob *blob, struct error *err)
{
	int rc = blob_name(store, fd, blob, true);
	return rc < 0 ? blob_fail(store, rc, err) : blob_record(store, blob, err);
}

int store_blob_commit(struct store *store, int fd, struct blob *ret_blob, struct error *err)
{
	CLEANUP(file_closep) int file = fd;
	struct blob blob;
	/* The long part, hashing and syncing, before others are kept from writing. */
	int rc = store_blob_hash(file, NULL, &blob);
	if (rc == 0 && fsync(file) < 0)
		rc = -errno;
	if (rc < 0) {
		blob_drop(store, file);
		return blob_fail(store, rc, err);
	}

	struct sql_scope scope;
	rc = sql_enter(store->sql, SQL_ATOMIC, &scope, err);
	if (rc == 0)
		rc = sql_leave(store->sql, &scope, blob_take(store, file, &blob, err), err);
	blob_drop(store, file);
	if (rc == 0)
		*ret_blob = blob;
	return rc;
}

int blob_write(const struct store *store, int fd, const void *bytes, size_t n, struct error *err)
{
	for (size_t done = 0; done < n;) {
		ssize_t written = write(fd, (const uint8_t *)bytes + done, n - done);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0) {
			int rc = blob_fail(store, -errno, err);
			blob_drop(store, fd);
			return rc;
		}
		done += (size_t)written;
	}
	return 0;
}

int store_blob_prepare(
	struct store *store, const void *bytes, size_t n, int *ret_fd, struct error *err)
{
	CLEANUP(file_closep) int fd = -1;
	int rc = store_blob_create(store, &fd, err);
	if (rc == 0)
		rc = blob_write(store, fd, bytes, n, err);
	if (rc < 0)
		return rc;
	if (fsync(fd) < 0) {
		rc = blob_fail(store, -errno, err);
		blob_drop(store, fd);
		return rc;
	}
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int store_blob_complete(struct store *store, int fd, const void *bytes, size_t n, size_t changed_at,
	size_t n_changed, struct blob *ret_blob, struct error *err)
{
	uint8_t digest[SHA256_BYTES];
	int rc = file_write_at(fd, changed_at, (const uint8_t *)bytes + changed_at, n_changed);
	if (rc == 0 && fdatasync(fd) < 0)
		rc = -errno;
	if (rc == 0)
		rc = sha256_of(bytes, n, digest);
	if (rc < 0)
		return blob_fail(store, rc, err);
	text_hex(digest, sizeof(digest), ret_blob->sha256);
	ret_blob->size = n;
	return 0;
}

void store_blob_discard(struct store *store, int fd)
{
	if (fd < 0)
		return;
	blob_drop(store, fd);
	(void)close(fd);
}

int store_blob_add_bytes(
	struct store *store, const void *bytes, size_t n, struct blob *ret_blob, struct error *err)
{
	CLEANUP(file_closep) int fd = -1;
	int rc = store_blob_create(store, &fd, err);
	if (rc < 0)
		return rc;
	rc = blob_write(store, fd, bytes, n, err);
	if (rc < 0)
		return rc;
	int file = fd;
	fd = -1;
	return store_blob_commit(store, file, ret_blob, err);
}

int store_blob_open(struct store *store, const char *sha256, int *ret_fd, struct error *err)
{
	char path[BLOB_PATH_BYTES];
	if (!blob_is_name(sha256))
		return error_set(
			err, -EINVAL, "\"%.80s\" is not a SHA-256 of 64 hex digits", sha256);
	blob_path(sha256, path);
	int fd = openat(store->blobs_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return error_set(err, -ENOENT,
			"%s/blobs/%s is missing; import the image that needs it again, with "
			"--replace, or remove the driver and add it again",
			store->directory, path);
	if (fd < 0)
		return error_set(
			err, -errno, "%s/blobs/%s: %s", store->directory, path, strerror(errno));
	*ret_fd = fd;
	return 0;
}

/* ---- mending ---- */

int store_blob_restore(struct store *store, int fd, const struct blob *blob)
{
	CLEANUP(file_closep) int file = fd;
	struct sql_scope scope;
	int rc = fsync(file) < 0 ? -errno : sql_enter(store->sql, SQL_ATOMIC, &scope, NULL);
	if (rc == 0)
		rc = sql_leave(store->sql, &scope, blob_name(store, file, blob, true), NULL);
	blob_drop(store, file);
	return rc;
}

int blob_is_recorded(struct store *store, const char *sha256, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, "SELECT 1 FROM blob WHERE sha256 = ?");
	sql_put_text(&query, sha256);
	return sql_step(&query, err);
}
