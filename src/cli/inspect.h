/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `pewter inspect` knows of one kind of file each: inspect.c opens and asks, the others
 * answer. */
#pragma once

#include "base/buffer.h"
#include "cli/cli.h"

#include <stddef.h>
#include <stdint.h>

#define INSPECT_HEAD_BYTES 8192

struct inspected {
	const char *path;
	int fd;
	uint64_t size;
	size_t n_head;
	uint8_t head[INSPECT_HEAD_BYTES]; /* the file's first bytes, as many as it has */
	bool with_lines;                  /* --lines */
};

/* Is it that kind, by its first bytes? */
typedef bool inspect_test(const struct inspected *file);
/* Its facts: "kind" first. NULL with err set if it cannot be read. */
typedef json_t *inspect_facts(const struct inspected *file, struct error *err);

inspect_test inspect_is_bcd, inspect_is_catalog, inspect_is_pe, inspect_is_sdi, inspect_is_wim;
inspect_facts inspect_bcd, inspect_catalog, inspect_pe, inspect_sdi, inspect_wim;

/* INFs have no first bytes of their own: this is asked last. Prints; an enum exit_code. */
int inspect_inf(const struct cli *cli, const struct inspected *file);

/* The facts for people: a line for each value, a table for each list of objects. -ENOMEM, -EIO. */
int inspect_print(const json_t *facts) MUST_CHECK;
