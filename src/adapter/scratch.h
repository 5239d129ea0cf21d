/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A folder in the state directory for the time of one import: wimlib needs paths, what comes out
 * of archives needs a place, and the file system must be the blobs' own for links to them. What a
 * killed import left is removed by the next.
 */
#pragma once

#include "base/error.h"

#include <stddef.h>

struct scratch;

int scratch_open(const char *state, struct scratch **ret_scratch, struct error *err) MUST_CHECK;
/* Removes it. */
struct scratch *scratch_close(struct scratch *scratch);
DEFINE_FREEP(struct scratch, scratch_close);

/* An empty folder inside. */
const char *scratch_folder(const struct scratch *scratch);
/* One more, for things that go before the end; scratch_remove() takes it away with all in it. */
int scratch_new_folder(
	struct scratch *scratch, char *ret_path, size_t size, struct error *err) MUST_CHECK;
void scratch_remove(const char *path);
/* A path by which the open file can be opened again: a link inside if the file has no name. */
int scratch_path(struct scratch *scratch, int fd, const char *name, char *ret_path, size_t size,
	struct error *err) MUST_CHECK;
