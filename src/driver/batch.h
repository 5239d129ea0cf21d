/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packages on their way into the store, many with one sync: a crash leaves whole packages, and the
 * write lock is held for moments only.
 */
#pragma once

#include "driver/import.h"
#include "driver/package.h"

struct batch;

int batch_open(struct store *store, import_visitor *visitor, void *context,
	struct batch **ret_batch, struct error *err) MUST_CHECK;
/* What was not flushed is dropped. */
struct batch *batch_close(struct batch *batch);
/* Does a package of that id wait? */
bool batch_has(const struct batch *batch, const char *id);
/* Takes the package out of the draft; its files are copied now. Flushes when it is full. */
int batch_add(struct batch *batch, struct package_draft *draft, const char *path,
	struct error *err) MUST_CHECK;
/* All that wait are in the store, and told to the visitor. */
int batch_flush(struct batch *batch, struct error *err) MUST_CHECK;
/* A place that is done. What came out of an archive may be on its way into the store as it lies
 * there: its folder goes when that has got its name. */
int batch_retire(struct batch *batch, struct place *place, struct error *err) MUST_CHECK;
