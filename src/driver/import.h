/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Taking driver packages in: folders (walked), .inf, .zip, .cab, .7z, .tar, .iso and
 * self-extracting archives, nested ones too. Every setup INF becomes a package with the files it
 * names.
 *
 * Memory is bounded whatever the pack's size: archives are unpacked into a folder of the state
 * directory, one at a time (and those within), and packages go into the store in batches.
 */
#pragma once

#include "base/progress.h"
#include "store/drivers.h"

enum import_result {
	IMPORT_ADDED,
	IMPORT_ALREADY,
	IMPORT_SKIPPED, /* reason says why */
};

struct import_item {
	enum import_result result;
	bool is_fault;    /* of a skipped one: broken or not to be trusted, and not merely an INF of
			     another kind */
	const char *path; /* as a person finds it: "pack.zip: LAN/Intel/e1d.inf" */
	const struct driver_package *package; /* NULL for a skipped one */
	const char *reason;
};

/* Called once for every INF, and for every archive or folder that could not be read; a negative
 * errno stops the import. An added package is in the store when it is told. */
typedef int import_visitor(void *context, const struct import_item *item);

/* Skipped items are no failure. -ENOENT, -EACCES, -ENOSPC, ...: what was told as added before
 * stays, and nothing else of it. */
int driver_import(struct store *store, const char *path, import_visitor *visitor, void *context,
	const struct progress_sink *progress, struct error *err) MUST_CHECK;
