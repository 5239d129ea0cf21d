/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many blobs with one sync. Measured on ext4, 512 files of 40 kB: fsync of each 130 ms, of each
 * after sync_file_range() over all 38 ms, one syncfs() 10 ms; and that is a disk in a virtual
 * machine, where the flush that ends every fsync costs little.
 */
#include "store/store.h"

#include "adapter/crypto.h"
#include "base/text.h"
#include "store/internal.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* A quarter of the descriptors that a process has by default. */
#define BATCH_FILES 256
/* How much one sync may have to write while nothing else goes on. */
#define BATCH_BYTES (256U << 20)

#ifndef XFS_SUPER_MAGIC /* not in linux/magic.h before 5.8 */
#define XFS_SUPER_MAGIC 0x58465342
#endif

struct blob_batch {
	struct store *store;
	struct {
		int fd;
		struct blob blob;
	} files[BATCH_FILES];
	size_t n;
	uint64_t n_bytes;
	bool has_syncfs;
};

/* syncfs() ends on a disk for these. Of NFS, FUSE and others it is not known whether it reaches the
 * other side. */
static bool knows_syncfs(int fd)
{
	struct statfs status;
	if (fstatfs(fd, &status) < 0)
		return false;
	switch ((unsigned long)status.f_type) {
	case BTRFS_SUPER_MAGIC:
	case EXT4_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case OVERLAYFS_SUPER_MAGIC:
	case TMPFS_MAGIC:
	case XFS_SUPER_MAGIC: return true;
	default: return false;
	}
}

int store_blob_batch_open(struct store *store, struct blob_batch **ret_batch, struct error *err)
{
	struct blob_batch *batch = calloc(1, sizeof(*batch));
	if (batch == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	batch->store = store;
	batch->has_syncfs = knows_syncfs(store->blobs_fd);
	*ret_batch = batch;
	return 0;
}

static void empty(struct blob_batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		blob_drop(batch->store, batch->files[i].fd);
		(void)close(batch->files[i].fd);
	}
	batch->n = 0;
	batch->n_bytes = 0;
}

struct blob_batch *store_blob_batch_close(struct blob_batch *batch)
{
	if (batch != NULL)
		empty(batch);
	free(batch);
	return NULL;
}

static bool is_in_batch(const struct blob_batch *batch, const struct blob *blob)
{
	for (size_t i = 0; i < batch->n; i++)
		if (strcmp(batch->files[i].blob.sha256, blob->sha256) == 0)
			return true;
	return false;
}

/* 1 if the store has it, and keeps it for the time that an import is given; 0 if it must be added.
 * A blob that has a record has its name, synced: the one comes after the other in one transaction.
 */
static int keep_stored(struct blob_batch *batch, const struct blob *blob, struct error *err)
{
	struct store *store = batch->store;
	struct sql_scope scope;
	if (!store_blob_is_there(store, blob))
		return 0;
	int rc = sql_enter(store->sql, SQL_ATOMIC, &scope, err);
	if (rc < 0)
		return rc;
	/* Asked again now that nobody sweeps. */
	bool is_kept = false;
	rc = blob_is_recorded(store, blob->sha256, err);
	if (rc > 0 && store_blob_is_there(store, blob)) {
		is_kept = true;
		rc = blob_record(store, blob, err);
	}
	rc = sql_leave(store->sql, &scope, rc > 0 ? 0 : rc, err);
	return rc < 0 ? rc : is_kept;
}

/* 1 if the file is not needed, else 0 and there is room for it. */
static int prepare(struct blob_batch *batch, const struct blob *blob, struct error *err)
{
	if (is_in_batch(batch, blob))
		return 1;
	int rc = keep_stored(batch, blob, err);
	if (rc != 0)
		return rc;
	if (batch->n == BATCH_FILES || batch->n_bytes >= BATCH_BYTES)
		rc = store_blob_batch_commit(batch, err);
	return rc;
}

static void append(struct blob_batch *batch, int fd, const struct blob *blob)
{
	batch->files[batch->n].fd = fd;
	batch->files[batch->n++].blob = *blob;
	batch->n_bytes += blob->size;
}

int store_blob_batch_add(struct blob_batch *batch, int fd, struct blob *ret_blob, struct error *err)
{
	struct blob blob;
	int rc = store_blob_hash(fd, NULL, &blob);
	if (rc < 0)
		(void)blob_fail(batch->store, rc, err);
	else
		rc = prepare(batch, &blob, err);
	if (rc != 0) {
		blob_drop(batch->store, fd);
		(void)close(fd);
	} else {
		append(batch, fd, &blob);
	}
	if (rc < 0)
		return rc;
	*ret_blob = blob;
	return 0;
}

int store_blob_batch_add_bytes(struct blob_batch *batch, const void *bytes, size_t n,
	struct blob *ret_blob, struct error *err)
{
	uint8_t digest[SHA256_BYTES];
	struct blob blob = {.size = n};
	int fd;
	int rc = sha256_of(bytes, n, digest);
	if (rc < 0)
		return blob_fail(batch->store, rc, err);
	text_hex(digest, sizeof(digest), blob.sha256);
	rc = prepare(batch, &blob, err);
	if (rc == 0) {
		rc = store_blob_create(batch->store, &fd, err);
		if (rc < 0)
			return rc;
		rc = blob_write(batch->store, fd, bytes, n, err);
		if (rc < 0)
			(void)close(fd);
		else
			append(batch, fd, &blob);
	}
	if (rc < 0)
		return rc;
	*ret_blob = blob;
	return 0;
}

static int sync_files(const struct blob_batch *batch)
{
	if (batch->has_syncfs)
		return syncfs(batch->store->blobs_fd) == 0 ? 0 : -errno;
	for (size_t i = 0; i < batch->n; i++)
		if (fsync(batch->files[i].fd) < 0)
			return -errno;
	return 0;
}

static int name_all(struct blob_batch *batch, struct error *err)
{
	struct store *store = batch->store;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < batch->n; i++)
		rc = blob_name(
			store, batch->files[i].fd, &batch->files[i].blob, !batch->has_syncfs);
	if (rc == 0 && batch->has_syncfs && syncfs(store->blobs_fd) < 0)
		rc = -errno;
	if (rc < 0)
		return blob_fail(store, rc, err);
	for (size_t i = 0; rc == 0 && i < batch->n; i++)
		rc = blob_record(store, &batch->files[i].blob, err);
	return rc;
}

int store_blob_batch_commit(struct blob_batch *batch, struct error *err)
{
	struct store *store = batch->store;
	struct sql_scope scope;
	if (batch->n == 0)
		return 0;
	/* The long part, before others are kept from writing. */
	int rc = sync_files(batch);
	if (rc < 0)
		(void)blob_fail(store, rc, err);
	else
		rc = sql_enter(store->sql, SQL_ATOMIC, &scope, err);
	if (rc == 0)
		rc = sql_leave(store->sql, &scope, name_all(batch, err), err);
	empty(batch);
	return rc;
}
