/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registry hives through libhivex, bytes in and bytes out. hivex wants files: it gets unnamed ones
 * in memory (memfd_create) by way of /proc/self/fd. */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct hive_value {
	const char *key;  /* "Objects\{...}\Elements\11000001": below the root, made if not there */
	const char *name; /* of the value */
	uint32_t type;    /* REG_SZ 1, REG_BINARY 3, REG_DWORD 4, REG_MULTI_SZ 7, ... */
	const void *bytes;
	size_t size;
};

/* Loads libhivex now; the others do so when they are called. For who will have a sandbox by then.
 */
int hive_load_library(struct error *err) MUST_CHECK;

/* Appends to out the hive seed with the values set in it. */
int hive_build(const void *seed, size_t seed_size, const struct hive_value *values, size_t n_values,
	struct buffer *out, struct error *err) MUST_CHECK;

/* Called for every value; key is "" for the root's own. A negative errno ends the walk and becomes
 * its result. */
typedef int hive_visitor(void *context, const struct hive_value *value);

/* Visits every value of a hive. Keys lie at most 16 deep, and no hive of more than
 * LIMIT_BCD_BYTES is read. */
int hive_walk(const void *bytes, size_t n, hive_visitor *visitor, void *context,
	struct error *err) MUST_CHECK;
