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

struct check_request {
	bool repair;
	check_sink *sink;
	void *context;
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
 * left over is removed.
 */
int store_check(struct store *store, const struct check_request *request,
	struct check_totals *ret_totals, struct error *err) MUST_CHECK;

/* Whether the blob's file is there and its content is what its name says; a reason in err if not.
 */
int store_blob_check(struct store *store, const struct blob *blob, struct error *err) MUST_CHECK;
