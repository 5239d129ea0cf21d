/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state directory: pewter.db (records) and blobs/ (files named by their SHA-256). The only SQL
 * of the house is in this room; the header is written so that PostgreSQL can stand behind it later:
 * transactions, no file locks as protocol.
 *
 * A crash at any instant leaves nothing half done: blobs are written to a temporary name, synced
 * and renamed before a record names them, and records change in transactions.
 *
 * All functions return 0 or a negative errno with a sentence in err: -ENOENT no such record,
 * -EEXIST there already. A struct store belongs to one thread.
 */
#pragma once

#include "base/error.h"
#include "base/guid.h"
#include "base/limits.h"
#include "base/progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_TEXT_BYTES 65 /* 64 hex digits, lower case, and NUL */

struct store;

enum store_mode {
	STORE_CREATE, /* make the directory and the schema if they are not there; what servers and
			 importers use */
	STORE_READ,   /* -ENOENT with the next command in err if there is no state yet */
};

int store_open(const char *directory, enum store_mode mode, struct store **ret_store,
	struct error *err) MUST_CHECK;
struct store *store_close(struct store *store);
DEFINE_FREEP(struct store, store_close);

/* As it was opened. */
const char *store_directory(const struct store *store);

/* How long a change may wait while another process is writing; then it fails with -EBUSY. 10 s
 * unless this says otherwise, which a loop that others depend on must not stand still for. */
void store_set_patience(struct store *store, int wait_ms);

/* One look of many questions: they see the same moment, and the locks are taken once. Nothing is
 * written until store_end_reading(), which gets *ret_began. */
int store_begin_reading(struct store *store, bool *ret_began, struct error *err) MUST_CHECK;
void store_end_reading(struct store *store, bool began);

/* Nothing of what is between begin and commit is seen by others before commit; rollback undoes it.
 * They do not nest. */
int store_begin(struct store *store, struct error *err) MUST_CHECK;
/* After a power cut all of it is there, once its commit has returned; of a plain one all or
 * nothing.
 */
int store_begin_durable(struct store *store, struct error *err) MUST_CHECK;
int store_commit(struct store *store, struct error *err) MUST_CHECK;
void store_rollback(struct store *store);
/* Between begin and commit: what must not begin another can join this one. */
bool store_in_transaction(const struct store *store);

/* A number that changes whenever another handle has committed; for noticing news cheaply. */
int store_change_count(struct store *store, uint64_t *ret_count) MUST_CHECK;
/* A descriptor that becomes readable after each commit of any handle, for poll(); the caller reads
 * it empty with store_watch_drain() before looking at the store, and closes it. */
int store_watch(struct store *store, int *ret_fd, struct error *err) MUST_CHECK;
void store_watch_drain(int fd);

/* ---- blobs (blob.c) ---- */

struct blob {
	char sha256[SHA256_TEXT_BYTES];
	uint64_t size; /* bytes */
};

/* How far the hashing of one file or several is: done counts on from one to the next. */
struct blob_progress {
	const struct progress_sink *sink; /* told "hashing" */
	uint64_t done, total;
};
/* Hash and size of what an open file holds. progress may be NULL. */
int store_blob_hash(int fd, struct blob_progress *progress, struct blob *ret_blob) MUST_CHECK;
/* An unnamed temporary file below blobs/, open for reading and writing, to be filled by the caller.
 */
int store_blob_create(struct store *store, int *ret_fd, struct error *err) MUST_CHECK;
/* Hashes the file, syncs it, gives it its name. A blob of the same content that is there already is
   kept instead. Closes fd, on failure too. A record must name the blob within a day: after that
   store_blob_sweep() takes it for what a broken import left behind. */
int store_blob_commit(
	struct store *store, int fd, struct blob *ret_blob, struct error *err) MUST_CHECK;
/*
 * The same in steps, for who does not know all bytes yet and has a transaction for the last step
 * (store_revision_end()). First a file without a name that is on disk, then the bytes of it that
 * have changed since: all of them are at hand, and these are written. fd stays the caller's, for
 * store_blob_discard() if it comes to nothing.
 */
int store_blob_prepare(struct store *store, const void *bytes, size_t n, int *ret_fd,
	struct error *err) MUST_CHECK;
int store_blob_complete(struct store *store, int fd, const void *bytes, size_t n, size_t changed_at,
	size_t n_changed, struct blob *ret_blob, struct error *err) MUST_CHECK;
void store_blob_discard(struct store *store, int fd); /* -1 for none */
int store_blob_add_bytes(struct store *store, const void *bytes, size_t n, struct blob *ret_blob,
	struct error *err) MUST_CHECK;

/*
 * Many files at once, for what comes in thousands of small ones: one sync for all of a batch in
 * place of one (two, with its folder) for each. What holds for store_blob_commit() holds for
 * store_blob_batch_commit(): nothing has its name before its content is on disk.
 */
struct blob_batch;
int store_blob_batch_open(
	struct store *store, struct blob_batch **ret_batch, struct error *err) MUST_CHECK;
/* What was added since the last commit is dropped, unless a full batch had committed itself. */
struct blob_batch *store_blob_batch_close(struct blob_batch *batch);
DEFINE_FREEP(struct blob_batch, store_blob_batch_close);
/* A file from store_blob_create(), filled: hashes it. Closes fd at some time, on failure too. A
 * full batch is committed first. Best outside a transaction: others wait for the sync otherwise. */
int store_blob_batch_add(
	struct blob_batch *batch, int fd, struct blob *ret_blob, struct error *err) MUST_CHECK;
int store_blob_batch_add_bytes(struct blob_batch *batch, const void *bytes, size_t n,
	struct blob *ret_blob, struct error *err) MUST_CHECK;
/* All that was added is in the store: only now may a record name it. The batch is empty then, and
 * can be filled again; on failure it is emptied too. */
int store_blob_batch_commit(struct blob_batch *batch, struct error *err) MUST_CHECK;

/* Is its file there, and has it its length? */
bool store_blob_is_there(const struct store *store, const struct blob *blob);
int store_blob_open(
	struct store *store, const char *sha256, int *ret_fd, struct error *err) MUST_CHECK;
/* Removes the file of every blob that no record names and that no import may still be about to
 * name. Returns the number removed in *ret_n. Not inside a transaction. */
int store_blob_sweep(struct store *store, size_t *ret_n, struct error *err) MUST_CHECK;

/* ---- boot images (images.c) ---- */

/* A boot file of an image: loader, font, boot.stl. */
struct image_file {
	char name[64]; /* the name clients ask for, lower case: "bootx64.efi", "pxeboot.n12",
			  "bootmgr.exe", "wgl4_boot.ttf" */
	struct blob blob;
};

struct image_record {
	char name[LIMIT_IMAGE_NAME_BYTES + 1];
	char arch[8];     /* "amd64", "x86", "arm64", "arm" */
	char version[32]; /* "10.0.22621.1" from the WIM's XML */
	char winpe[16];   /* "11", "10", "5.1", "3.0": the name by which administrators know that
			     version */
	char description[128]; /* the image's own name inside the WIM */
	char source[256];      /* what it was imported from, as given */
	uint32_t boot_index;   /* in the base; 1-based */
	struct blob base;
	struct blob outline;    /* of the base (image/ground.h); size 0: there is none */
	uint32_t revision;      /* the newest; revisions.h knows all of them */
	uint32_t last_revision; /* the highest number given away: a client's own revisions are
				   never the newest */
	int64_t created_ms;     /* Unix time */
	bool is_sdi;            /* the base is an SDI that holds the system: it carries no layers */
	uint64_t ramdisk_offset, ramdisk_length; /* of an SDI: the volume in it, bytes */
	size_t n_files;
	struct image_file *files; /* owned */
};

void image_record_clear(struct image_record *record);

/* Adds the image at revision 1; -EEXIST if the name is taken and replace is false. With replace,
   the old one goes in the same transaction, with its revisions and plans; but if it has the same
   base, those stay and only what the record says and its files are renewed. */
int store_image_add(struct store *store, const struct image_record *record, bool replace,
	struct error *err) MUST_CHECK;
/* With files. */
int store_image_get(struct store *store, const char *name, struct image_record *ret_record,
	struct error *err) MUST_CHECK;
/* All, by name, with files; *ret_records is owned by the caller (image_records_free). */
int store_image_list(struct store *store, struct image_record **ret_records, size_t *ret_n,
	struct error *err) MUST_CHECK;
struct image_record *image_records_free(struct image_record *records, size_t n);
int store_image_remove(struct store *store, const char *name, struct error *err) MUST_CHECK;

/* ---- clients (clients.c) ---- */

struct client_record {
	int64_t id;
	uint8_t mac[6];
	bool has_uuid;
	struct guid uuid;
	char state[16]; /* "approved", "held", "refused" */
	char name[LIMIT_IMAGE_NAME_BYTES + 1];
	char image[LIMIT_IMAGE_NAME_BYTES + 1];
	int64_t first_seen_ms, last_seen_ms;
};

/* By UUID if given and known, else by MAC. -ENOENT if unknown. */
int store_client_find(struct store *store, const uint8_t mac[static 6], const struct guid *uuid,
	struct client_record *ret_record, struct error *err) MUST_CHECK;
/* Adds (id 0) or changes (-ENOENT if it has gone meanwhile); sets id. Past LIMIT_CLIENTS the held
 * client without a name that was seen longest ago makes room. */
int store_client_put(
	struct store *store, struct client_record *record, struct error *err) MUST_CHECK;
/* It asked for something now. Whoever has gone meanwhile was not seen. */
int store_client_seen(
	struct store *store, int64_t id, int64_t now_ms, struct error *err) MUST_CHECK;
/* By what a person types: its name, MAC or UUID. */
int store_client_get(struct store *store, const char *word, struct client_record *ret_record,
	struct error *err) MUST_CHECK;
int store_client_by_id(struct store *store, int64_t id, struct client_record *ret_record,
	struct error *err) MUST_CHECK;
/* All, the last seen first; free() releases them. */
int store_client_list(struct store *store, struct client_record **ret_records, size_t *ret_n,
	struct error *err) MUST_CHECK;
int store_client_remove(struct store *store, int64_t id, struct error *err) MUST_CHECK;

/* ---- boots (boots.c) ---- */

struct boot_record {
	char id[13];
	char client[64]; /* name, else MAC, else address */
	uint8_t mac[6];
	bool has_uuid;
	struct guid uuid;
	uint32_t address; /* 0 while unknown */
	char arch[32];
	char image[LIMIT_IMAGE_NAME_BYTES + 1];
	uint32_t revision;
	char verdict[32]; /* "running", "booted", "failed", "stalled", "refused", "held" */
	int64_t started_ms, last_ms;
};

struct boot_event {
	int64_t number; /* rises over all boots; 0 when adding */
	char boot[13];
	int64_t time_ms;
	char kind[24]; /* "discover", "offer", "request", "file", "progress", "done", "absent",
			  "report", ...: docs/json.md */
	char *details; /* a JSON object as text, owned; NULL for none */
};

void boot_event_clear(struct boot_event *event);
/* Adds or changes. The oldest go past LIMIT_BOOTS_KEPT. */
int store_boot_put(
	struct store *store, const struct boot_record *record, struct error *err) MUST_CHECK;
int store_boot_get(struct store *store, const char *id, struct boot_record *ret_record,
	struct error *err) MUST_CHECK;
/* The newest first, at most max; free() releases them. */
int store_boot_list(struct store *store, size_t max, struct boot_record **ret_records,
	size_t *ret_n, struct error *err) MUST_CHECK;
/* Those of one machine: what has its UUID, or its MAC address. Zeros and NULL: not known. */
int store_boot_list_of(struct store *store, const uint8_t mac[static 6], const struct guid *uuid,
	struct boot_record **ret_records, size_t *ret_n, struct error *err) MUST_CHECK;
/* -ENOENT if there is no such boot. Past LIMIT_BOOT_EVENTS the boot's oldest progress goes first.
 */
int store_boot_event_add(
	struct store *store, const struct boot_event *event, struct error *err) MUST_CHECK;
/* Those of one boot with a number above after; owned by the caller (boot_events_free). */
int store_boot_events(struct store *store, const char *boot, int64_t after,
	struct boot_event **ret_events, size_t *ret_n, struct error *err) MUST_CHECK;
struct boot_event *boot_events_free(struct boot_event *events, size_t n);

/* ---- leases (leases.c) ---- */

struct lease_record {
	uint32_t address;
	uint8_t client_id[64]; /* option 61, or htype and chaddr */
	size_t client_id_size;
	uint8_t mac[6];
	int64_t expires_ms; /* Unix time; INT64_MAX for an address declined for good */
	char state[12];     /* "bound", "declined" */
};

/* Adds or changes. Survives the death of this process when it returns, and a power cut within
 * moments: a sync to disk for each lease would halve the rate of answers, and the conflict check
 * covers what a power cut loses. */
int store_lease_put(
	struct store *store, const struct lease_record *lease, struct error *err) MUST_CHECK;
int store_lease_remove(struct store *store, uint32_t address, struct error *err) MUST_CHECK;
/* By address; free() releases them. */
int store_lease_list(struct store *store, struct lease_record **ret_leases, size_t *ret_n,
	struct error *err) MUST_CHECK;
