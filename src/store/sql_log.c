/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sql_log.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stddef.h>
#include <unistd.h>

/* Brought into the database while it is in use, as SQLite would do without being asked. */
#define LONG_PAGES    1000
/*
 * Left to those who come. Measured: to read this much takes 0.4 ms, to begin anew three syncs of
 * 0.4 ms or (on a disk that others use) far more; a revision writes 25 pages. Half of LOG_SPACE, so
 * that the other half is there for one who has to make room.
 */
#define LEFT_PAGES    128
/*
 * The file keeps this space. Making it anew would take space that a full disk does not have: nobody
 * could even look, or remove an image to make room. Removing an image and sweeping writes some
 * sixty pages of 4 kB.
 */
#define LOG_SPACE     1048576
#define LOG_SPACE_SQL "PRAGMA journal_size_limit = 1048576"

static int on_commit(void *context, sqlite3 *db, const char *name, int n_pages)
{
	struct sql_log *log = context;
	log->n_pages = n_pages;
	log->is_unsynced = !log->is_durable;
	/* What cannot be brought in now stays in the log; nothing is lost. */
	if (n_pages >= LONG_PAGES)
		(void)sqlite3_wal_checkpoint(db, name);
	return SQLITE_OK;
}

int sql_log_open(struct sql_log *log, sqlite3 *db)
{
	int yes = 1;
	*log = (struct sql_log){.db = db};
	(void)sqlite3_file_control(db, NULL, SQLITE_FCNTL_PERSIST_WAL, &yes);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	(void)sqlite3_wal_hook(db, on_commit, log);
	return sqlite3_exec(db, LOG_SPACE_SQL, NULL, NULL, NULL);
}

/*
 * All of it into the database, and a page written so that the log's new head is on the disk: that
 * it may begin anew is known only in memory until then. Whoever reads or writes just now goes
 * first, and leaves it as it should be, or the next one does.
 */
static bool begin_anew(sqlite3 *db)
{
	(void)sqlite3_busy_timeout(db, 0);
	return sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_RESTART, NULL, NULL) ==
		       SQLITE_OK &&
	       sqlite3_exec(db, "PRAGMA application_id = 0", NULL, NULL, NULL) == SQLITE_OK;
}

void sql_log_leave(struct sql_log *log)
{
	if (log->n_pages == 0)
		return; /* it has only read */
	bool is_synced = !log->is_unsynced;
	if (log->n_pages > LEFT_PAGES && begin_anew(log->db))
		is_synced = true; /* the page behind it says nothing */
	const char *path = sqlite3_filename_wal(sqlite3_db_filename(log->db, "main"));
	int fd = path != NULL ? open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	if (fd < 0)
		return;
	if (!is_synced)
		(void)fdatasync(fd);
	/* A file system that cannot do this loses only the courtesy. */
	(void)fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, LOG_SPACE);
	(void)close(fd);
}
