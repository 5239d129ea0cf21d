/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Revisions of boot images. A revision is its image's base and one layer, and is never changed once
 * it is there. It is kept as a list of pieces: these bytes of the base, those of the layer's own
 * blob, those of a part. A part is what one driver package (or one set of files) becomes inside a
 * WIM: its files as compressed resources, one behind the other. Parts are shared by all revisions
 * of all images, so that a revision costs only what tells where everything is.
 */
#pragma once

#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- parts ---- */

struct part_file {
	char *path;       /* '/' between names, relative to where the part is put; owned */
	uint8_t sha1[20]; /* of the content; zeros for an empty file, which has no bytes here */
	uint64_t offset;  /* in the part */
	uint64_t stored_bytes, original_bytes;
	bool is_compressed; /* in chunks of WIM_CHUNK_BYTES */
};

struct part_record {
	char id[SHA256_TEXT_BYTES]; /* SHA-256 over compression, blob and listing: part_id() */
	struct blob blob; /* all resources; size 0 if all files are empty: then no blob is needed */
	char compression[8];     /* "LZX", "XPRESS" */
	struct part_file *files; /* owned */
	size_t n_files;
};
void part_record_clear(struct part_record *part);
/* Sets id from the other fields. */
int part_id(struct part_record *part) MUST_CHECK;

/* The part that a package has become before. -ENOENT if it has not yet. package: its whole id, or
 * any other name of 64 digits for what is no package (SHA-256 over paths and contents). */
int store_part_get(struct store *store, const char *package, const char *compression,
	struct part_record *ret_part, struct error *err) MUST_CHECK;
/* Joins a transaction. The same part twice is one. Its blob must be in the store; a revision has to
 * name the part within a day, unless it is of a package that is there: store_blob_sweep() takes it
 * otherwise. */
int store_part_put(struct store *store, const char *package, const struct part_record *part,
	struct error *err) MUST_CHECK;
/* The same of a package that is there, before any revision wants it: it goes when the package goes,
 * and not a day later. */
int store_part_put_ahead(struct store *store, const char *package, const struct part_record *part,
	struct error *err) MUST_CHECK;
/* By its own id: what a revision's contents name. */
int store_part_by_id(struct store *store, const char *id, struct part_record *ret_part,
	struct error *err) MUST_CHECK;

/* ---- revisions ---- */

/* Network cards that can be told by what iPXE says of them (option 175.177). Sorted by vendor,
 * device; each once. */
struct nic_id {
	uint16_t vendor, device;
	bool any_board; /* else only boards of certain subsystems */
};
struct nic_set {
	struct nic_id *ids; /* owned */
	size_t n;
};
void nic_set_clear(struct nic_set *set);

/* A driver package inside a revision, as it was when it was put there: the database may have
 * forgotten it since. */
struct revision_package {
	uint32_t number; /* its folder: \pewter\drivers\NUMBER */
	char id[SHA256_TEXT_BYTES];
	char inf[128], class[33], provider[128];
	uint32_t date;
	uint64_t version;
	bool has_version;
	char part[SHA256_TEXT_BYTES]; /* part_record.id */
};

/* Files that a user added (`image add-files`): a part, put below the root of the image. */
struct revision_files {
	char part[SHA256_TEXT_BYTES]; /* part_record.id */
	char source[256];             /* as given */
};

struct revision_piece {
	uint32_t blob;   /* index in blobs */
	uint64_t offset; /* in that blob */
	uint64_t length;
};

struct revision_record {
	char image[LIMIT_IMAGE_NAME_BYTES + 1];
	uint32_t revision;
	int64_t created_ms;
	char why[128];     /* "import", "add-drivers", "add-files", "prepare NAME" */
	bool is_own;       /* one client's own: never the image's newest, and nothing is built on
			      it. Its plan alone names it. */
	uint64_t size;     /* bytes of the whole WIM (or SDI) */
	struct blob layer; /* its own bytes, set by the store: of its blobs the one that is neither
			      base nor of a part; sha256 "" and 0 for the base alone */
	/* Lists; revision 1 has the base as its only blob and piece. */
	struct blob *blobs; /* owned; the first is the base */
	size_t n_blobs;
	struct revision_piece *pieces; /* owned; in order, together size bytes */
	size_t n_pieces;
	struct revision_package *packages; /* owned; by number */
	size_t n_packages;
	struct revision_files *files; /* owned; later ones lie over earlier ones */
	size_t n_files;
	struct nic_set nics; /* what its packages drive, for the image's own Windows */
};
void revision_record_clear(struct revision_record *record);

/*
 * The next revision of the image; record->revision is the image's last_revision + 1. -ESTALE if it
 * is not any more, if the newest one is not built_on any more (somebody was faster: start again
 * from theirs) or a part has just been swept (make it again), -ENOENT if the image has gone or its
 * base is another. All blobs must be in the store: the base, the parts' ones, and at most one that
 * is the layer's own; -EINVAL if pieces name bytes that are not there. Joins a transaction; durable
 * when it returns without one.
 */
int store_revision_add(struct store *store, const struct revision_record *record, uint32_t built_on,
	struct error *err) MUST_CHECK;
/*
 * The same in two steps, on a revision whose record is at hand, for who does not know the layer's
 * content yet but its size: record->blobs has it without a SHA-256. Between the two steps, which
 * others see nothing of, and wait for to write, the content is counted and goes to disk. has_plan:
 * its plan follows at once; then the revision is durable together with the plan, so that the disk
 * is waited for once.
 */
struct revision_adding {
	struct store *store; /* NULL: none has begun */
	int64_t row;
	bool is_savepoint;
};
int store_revision_begin(struct store *store, const struct revision_record *record,
	const struct revision_record *before, bool has_plan, struct revision_adding *ret_adding,
	struct error *err) MUST_CHECK;
/* layer_fd: of store_blob_prepare() and store_blob_complete(); it is closed, on failure too.
 * Nothing is left of what was begun if it fails. */
int store_revision_end(struct revision_adding *adding, int layer_fd, const struct blob *layer,
	struct error *err) MUST_CHECK;
void store_revision_abort(struct revision_adding *adding);
/* revision 0: the newest. With all lists. -ENOENT. */
int store_revision_get(struct store *store, const char *image, uint32_t revision,
	struct revision_record *ret_record, struct error *err) MUST_CHECK;
/* All of an image, oldest first, without lists but with n_packages; revision_records_free(). */
int store_revision_list(struct store *store, const char *image,
	struct revision_record **ret_records, size_t *ret_n, struct error *err) MUST_CHECK;
struct revision_record *revision_records_free(struct revision_record *records, size_t n);
/* -EBUSY for the newest one, and for one that a plan names (err says whose). Numbers are never used
 * again. */
int store_revision_remove(
	struct store *store, const char *image, uint32_t revision, struct error *err) MUST_CHECK;

/* Who uses a package: the newest revision of an image, and a revision that a client's plan names.
 * For who wants to remove it; older revisions serve on by themselves. free() releases them. */
struct revision_user {
	char image[LIMIT_IMAGE_NAME_BYTES + 1];
	uint32_t revision;
	char client[LIMIT_IMAGE_NAME_BYTES + 1]; /* whose plan names it; "" for an image's newest */
};
int store_revisions_with_package(struct store *store, const char *package,
	struct revision_user **ret_users, size_t *ret_n, struct error *err) MUST_CHECK;

/* What the packages of a revision drive. */
struct revision_nics {
	char image[LIMIT_IMAGE_NAME_BYTES + 1];
	uint32_t revision;
	struct nic_set nics;
};
/* Of the newest revision of every image and of those that plans name; by image, then revision.
 * revision_nics_free(). */
int store_revision_nics_list(struct store *store, struct revision_nics **ret_list, size_t *ret_n,
	struct error *err) MUST_CHECK;
struct revision_nics *revision_nics_free(struct revision_nics *list, size_t n);

/* ---- network cards that an image drives by itself ---- */

/* Joins a transaction, so that they come with their image. */
int store_image_inbox_nics_put(struct store *store, const char *image, const struct nic_set *nics,
	struct error *err) MUST_CHECK;
/* -ENODATA for an image that was imported before this was asked; -ENOENT if there is no such image.
 */
int store_image_inbox_nics_get(struct store *store, const char *image, struct nic_set *ret_nics,
	struct error *err) MUST_CHECK;
