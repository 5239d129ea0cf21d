/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of packages while a plan is made: from the database, or, of one that it has
 * forgotten since, from the INF that the revision still holds. Each is read when it is first asked
 * for.
 */
#pragma once

#include "driver/target.h"
#include "store/revisions.h"

struct library;

/* newest and target must outlive it. */
int library_open(struct store *store, const struct target *target,
	const struct revision_record *newest, struct library **ret_library,
	struct error *err) MUST_CHECK;
struct library *library_close(struct library *library);
DEFINE_FREEP(struct library, library_close);

/* The record with its lists; NULL if neither the database nor the revision has it. */
int library_get(struct library *library, const char *id, const struct driver_package **ret_package,
	struct error *err) MUST_CHECK;
/* The ids by which it names devices on the target: upper case, sorted, each once. None of a package
 * that is not known. */
int library_ids(struct library *library, const char *id, const char *const **ret_ids, size_t *ret_n,
	struct error *err) MUST_CHECK;
