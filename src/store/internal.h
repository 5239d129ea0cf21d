/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of this room share, and nobody else sees. */
#pragma once

#include "store/revisions.h"
#include "store/sql.h"
#include "store/store.h"

#include <sys/types.h>

struct store {
	char *directory, *database; /* paths, owned */
	struct sql *sql;
	int blobs_fd; /* the folder blobs/ */
	uid_t owner;  /* of the state directory: what root makes in it becomes theirs, so that a */
	gid_t group;  /* daemon without privileges can read what `pewter image import` brought */
};

/* Makes a file or folder belong to whom the state directory belongs. */
int store_adopt(const struct store *store, int fd) MUST_CHECK;
/* Now, as Unix time. */
int64_t store_now_ms(void);

/* ---- inbox.c ---- */

/* What bases bring along that no image has any more. Inside a transaction. */
int inbox_remove_unused(struct store *store, struct error *err) MUST_CHECK;
/* The numbers that the packages of a base have, from first to last; none if last < first. */
int inbox_numbers(struct store *store, const char *base, int64_t *ret_first, int64_t *ret_last,
	struct error *err) MUST_CHECK;

/* ---- schema.c ---- */

/* Lifts a database that an earlier Pewter wrote, or that is empty. -EPROTONOSUPPORT for one of a
 * later one. */
int schema_lift(struct store *store, struct error *err) MUST_CHECK;

/* ---- blob.c ---- */

/* Below blobs/, only where the file system knows no unnamed files. */
#define INCOMING_NAME "incoming"
/* 64 hex digits. */
bool blob_is_name(const char *text);

/* The blob must be in the store; from here on the caller's record keeps it there, so the time that
 * its import was given ends. Inside a transaction. */
int blob_claim(struct store *store, const struct blob *blob, struct error *err) MUST_CHECK;

/* For blob_batch.c. */

int blob_fail(const struct store *store, int rc, struct error *err);
/* Closes nothing; on failure the file is dropped. */
int blob_write(const struct store *store, int fd, const void *bytes, size_t n,
	struct error *err) MUST_CHECK;
/* Inside a transaction. Without is_synced the caller syncs the folders. */
int blob_name(
	const struct store *store, int fd, const struct blob *blob, bool is_synced) MUST_CHECK;
/* 1 or 0. */
/* Gives a file that is on disk its name, and the blob its record. fd stays the caller's, for
 * blob_drop(). */
int blob_take(struct store *store, int fd, const struct blob *blob, struct error *err) MUST_CHECK;
int blob_is_recorded(struct store *store, const char *sha256, struct error *err) MUST_CHECK;
int blob_record(struct store *store, const struct blob *blob, struct error *err) MUST_CHECK;
/* How many blobs store_blob_sweep() would forget. */
int blob_count_unused(struct store *store, size_t *ret_n, struct error *err) MUST_CHECK;
/* The file, whose content is the blob's, takes the place of one that is missing. Closes fd. */
int store_blob_restore(struct store *store, int fd, const struct blob *blob) MUST_CHECK;
/* Of a file that is not needed after all: the name that it may have had while it was written. */
void blob_drop(const struct store *store, int fd);

/* ---- revision_blobs.c ---- */

/* Places: those of the files first, then those of the packages; they name the parts' blobs. */
size_t revision_n_places(const struct revision_record *record);
/* The number that packed pieces name each of the record's blobs by; the one that is nobody's is the
 * layer, which has no SHA-256 yet if its content is not known. -ESTALE for a part that has been
 * swept, -EINVAL for a blob that belongs to none of the parts. */
int revision_number_blobs(struct store *store, const struct revision_record *record,
	uint64_t *numbers, struct blob *ret_layer, struct error *err) MUST_CHECK;

/* ---- images.c, revisions.c ---- */

/* -ENOENT, in words. */
int image_unknown(const char *image, struct error *err);
int revision_unknown(const char *image, uint32_t revision, struct error *err);
/* Revision 1: the base as it is. Inside the transaction that adds the image. */
int revision_add_first(struct store *store, const struct image_record *image, int64_t created_ms,
	struct error *err) MUST_CHECK;
