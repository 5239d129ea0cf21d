/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening the state directory, transactions, news. */
#include "store/store.h"

#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int store_adopt(const struct store *store, int fd)
{
	if (geteuid() != 0)
		return 0;
	return fchown(fd, store->owner, store->group) == 0 ? 0 : -errno;
}

int64_t store_now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The folders, and an empty database file that has the right owner before SQLite sees it. */
static int make_files(struct store *store, int directory_fd, struct error *err)
{
	int rc = mkdirat(directory_fd, "blobs", 0750) == 0 || errno == EEXIST ? 0 : -errno;
	int blobs_fd =
		rc < 0 ? -1 : openat(directory_fd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (blobs_fd < 0) {
		rc = rc < 0 ? rc : -errno;
		return error_set(err, rc, "%s/blobs: %s", store->directory, strerror(-rc));
	}
	store->blobs_fd = blobs_fd;
	int file = openat(directory_fd, "pewter.db", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (file < 0 && errno == EEXIST)
		return 0;
	rc = file < 0 ? -errno : store_adopt(store, file);
	if (rc == 0)
		rc = store_adopt(store, blobs_fd);
	if (file >= 0)
		(void)close(file);
	return rc == 0 ? 0 : error_set(err, rc, "%s: %s", store->database, strerror(-rc));
}

static int open_directory(struct store *store, enum store_mode mode, int *ret_fd, struct error *err)
{
	if (mode == STORE_CREATE && mkdir(store->directory, 0750) < 0 && errno != EEXIST)
		return error_set(err, -errno, "%s: cannot make the state directory: %s",
			store->directory, strerror(errno));
	int fd = open(store->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? -errno : 0;
	struct stat status;
	if (rc == 0 && fstat(fd, &status) < 0)
		rc = -errno;
	if (rc == 0 && mode == STORE_READ && faccessat(fd, "pewter.db", F_OK, 0) < 0)
		rc = -errno;
	if (rc == 0) {
		store->owner = status.st_uid;
		store->group = status.st_gid;
		*ret_fd = fd;
		return 0;
	}
	if (fd >= 0)
		(void)close(fd);
	if (rc == -ENOENT)
		return error_set(err, rc,
			"%s: nothing here yet; begin with `pewter image import SOURCE --name "
			"NAME`, or "
			"`pewter driver add PATH`",
			store->directory);
	return error_set(err, rc, "%s: %s", store->directory, strerror(-rc));
}

static int open_database(struct store *store, int directory_fd, struct error *err)
{
	/*
	 * One at a time: when two processes turn the same new database to write-ahead logging,
	 * SQLite fails one of them at once instead of letting it wait. A file system that cannot
	 * lock loses only this courtesy.
	 */
	(void)flock(directory_fd, LOCK_EX);
	int rc = make_files(store, directory_fd, err);
	if (rc == 0)
		rc = sql_open(store->database, &store->sql, err);
	if (rc == 0)
		rc = schema_lift(store, err);
	return rc;
}

int store_open(
	const char *directory, enum store_mode mode, struct store **ret_store, struct error *err)
{
	CLEANUP(store_closep) struct store *store = calloc(1, sizeof(*store));
	if (store == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	store->blobs_fd = -1;
	store->directory = strdup(directory);
	if (store->directory == NULL || asprintf(&store->database, "%s/pewter.db", directory) < 0) {
		store->database = NULL; /* asprintf leaves it undefined */
		return error_set(err, -ENOMEM, "out of memory");
	}
	int fd = -1;
	int rc = open_directory(store, mode, &fd, err);
	if (rc < 0)
		return rc;
	rc = open_database(store, fd, err);
	(void)close(fd);
	if (rc < 0)
		return rc;
	*ret_store = TAKE(store);
	return 0;
}

struct store *store_close(struct store *store)
{
	if (store == NULL)
		return NULL;
	store->sql = sql_close(store->sql);
	if (store->blobs_fd >= 0)
		(void)close(store->blobs_fd);
	free(store->database);
	free(store->directory);
	free(store);
	return NULL;
}

const char *store_directory(const struct store *store)
{
	return store->directory;
}

void store_set_patience(struct store *store, int wait_ms)
{
	sql_set_patience(store->sql, wait_ms);
}

int store_begin_reading(struct store *store, bool *ret_began, struct error *err)
{
	return sql_begin_reading(store->sql, ret_began, err);
}

void store_end_reading(struct store *store, bool began)
{
	sql_end_reading(store->sql, began);
}

int store_begin(struct store *store, struct error *err)
{
	return sql_begin(store->sql, SQL_ATOMIC, err);
}

int store_begin_durable(struct store *store, struct error *err)
{
	return sql_begin(store->sql, SQL_DURABLE, err);
}

int store_commit(struct store *store, struct error *err)
{
	return sql_commit(store->sql, err);
}

void store_rollback(struct store *store)
{
	sql_rollback(store->sql);
}

bool store_in_transaction(const struct store *store)
{
	return sql_in_transaction(store->sql);
}

int store_change_count(struct store *store, uint64_t *ret_count)
{
	CLEANUP(sql_done) struct sql_query query = sql_query(store->sql, "PRAGMA data_version");
	int rc = sql_step(&query, NULL);
	if (rc < 0)
		return rc;
	*ret_count = sql_get_u64(&query);
	return 0;
}

int store_watch(struct store *store, int *ret_fd, struct error *err)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0)
		return error_set(
			err, -errno, "cannot watch %s: %s", store->database, strerror(errno));
	/* sql.c touches the file after each commit. */
	if (inotify_add_watch(fd, store->database, IN_ATTRIB) < 0) {
		int rc = -errno;
		(void)close(fd);
		return error_set(err, rc, "cannot watch %s: %s", store->database, strerror(-rc));
	}
	*ret_fd = fd;
	return 0;
}

void store_watch_drain(int fd)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	while (read(fd, events, sizeof(events)) > 0)
		continue;
}
