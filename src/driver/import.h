/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Taking driver packages in: folders (walked), .inf, .zip, .cab, .7z and self-extracting archives,
 * nested ones too. Every setup INF becomes a package with the files it names.
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
	const char *path; /* as a person finds it: "pack.zip: LAN/Intel/e1d.inf" */
	const struct driver_package *package; /* NULL for a skipped one */
	const char *reason;
};

/* Called once for every INF and archive met; a negative errno stops the import. */
typedef int import_visitor(void *context, const struct import_item *item);

/* Skipped items are no failure. -ENOENT, -EACCES, -ENOSPC, ...: what was added before stays. */
int driver_import(struct store *store, const char *path, import_visitor *visitor, void *context,
	const struct progress_sink *progress, struct error *err) MUST_CHECK;
