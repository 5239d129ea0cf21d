/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is the state whole? The database by SQLite's own checks, every blob by its hash, and what lies
 * below the state directory without being known. Others may work on the state meanwhile: what is
 * found is looked at once more, inside a write transaction, before it is called a fault.
 *
 * What revisions are composed of is the image room's to check (image/check.h), which knows what a
 * WIM is.
 */
#pragma once

#include "base/progress.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum check_kind {
	CHECK_DATABASE, /* SQLite says its file is damaged, or a record names one that is gone */
	CHECK_BLOB_MISSING,  /* a record names it, and there is no such file */
	CHECK_BLOB_DAMAGED,  /* its content is not what its name says */
	CHECK_FILE_UNKNOWN,  /* a blob's file that no record knows */
	CHECK_IMPORT_BROKEN, /* blobs and folders that an import left when it broke off */
	CHECK_REVISION,      /* does not compose to a WIM */
	CHECK_PLAN,          /* names what is not there */
};

/* "blob-missing", ...: stable, for --json. */
const char *check_kind_name(enum check_kind kind);
/* What is left over takes space and does no harm. */
bool check_kind_is_harmless(enum check_kind kind);

struct check_finding {
	enum check_kind kind;
	char subject[128]; /* a blob's hash, "pe@3", a path below the state directory */
	char what[512];    /* a sentence: what is wrong, and whose it is */
	char remedy[512];  /* what to do about it, or what was done */
	bool is_repaired;
};

/* Non-zero ends the check and is what it returns. */
typedef int check_sink(void *context, const struct check_finding *finding);

/* Who needs a blob. */
struct check_use {
	char kind[8]; /* "base", "file" (a boot file), "driver" (a file of a package), "part",
			 "layer" */
	char name[SHA256_TEXT_BYTES + 24]; /* image; id of the package or part; "win11@4" */
	char words[128];                   /* the same for people: "e1d68x64.inf 0123456789ab" */
	char path[256]; /* name of the boot file; in the package; of a part the package it is of */
	char source[256]; /* what it was imported from; "" if nothing says so */
};
/*
 * Makes a blob that is missing anew from what it was made of, and puts it into the store under its
 * old hash. 0 and how (a few words) if it is there again.
 */
typedef int check_remaker(void *context, const struct check_use *use, const struct blob *blob,
	char *ret_how, size_t size);

struct check_request {
	bool repair;
	check_sink *sink;
	check_remaker *remake; /* NULL: only what can be copied from a source is had again */
	void *context;         /* of sink */
	void *remake_context;
	int64_t now_ms;                       /* Unix time */
	const struct progress_sink *progress; /* bytes hashed */
};

struct check_totals {
	size_t n_blobs;
	uint64_t n_bytes; /* hashed */
	size_t n_pending; /* blobs that an import may still be about to use: less than a day old */
};

/*
 * With repair: damaged files are moved to STATE/damaged/ (so that an import can bring them back),
 * those that can be had again from where they once came from are copied from there, and what was
 * left over is removed. A revision's own layer is the one thing that is not told of here:
 * image_check() (image/check.h) knows what to do about it.
 */
int store_check(struct store *store, const struct check_request *request,
	struct check_totals *ret_totals, struct error *err) MUST_CHECK;

/* Whether the blob's file is there and its content is what its name says; a reason in err if not.
 */
int store_blob_check(struct store *store, const struct blob *blob, struct error *err) MUST_CHECK;
