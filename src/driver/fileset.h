/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of one place, sorted by their names whatever the case: a folder as the user named it,
 * or the folder that an archive was unpacked into. INFs spell the files they name as they like, so
 * this is where those are looked up.
 */
#pragma once

#include "adapter/crypto.h"
#include "adapter/scratch.h"
#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct fileset_file {
	size_t name;   /* in names */
	uint64_t size; /* bytes */
	bool is_hashed,
		is_stored; /* the importer's notes, so that a file of many INFs is read once */
	uint8_t machine;   /* enum pe_machine_index of it, once hashed */
	uint16_t subsystem_major, subsystem_minor;
	uint8_t sha256[SHA256_BYTES];
};

struct fileset {
	int root;            /* descriptor of the folder; -1 before */
	char *scratch;       /* its path, removed with the set; NULL for the user's own */
	struct buffer names; /* one after the other, each with its NUL */
	struct fileset_file *files;
	size_t n, capacity;
};

struct fileset fileset_empty(void);
void fileset_clear(struct fileset *set);
/* Gives it a new folder of the scratch. */
int fileset_make(struct fileset *set, struct scratch *scratch, struct error *err) MUST_CHECK;
/* path: '/' between names, relative to root. -E2BIG past LIMIT_ARCHIVE_ENTRIES. */
int fileset_add(struct fileset *set, const char *path, uint64_t size, struct error *err) MUST_CHECK;
/* After the last fileset_add(), before all that follows. */
void fileset_sort(struct fileset *set);

const char *fileset_path(const struct fileset *set, size_t file);
/* Whatever the case of ASCII letters; of several the one that sorts first. -1 for none. */
ssize_t fileset_find(const struct fileset *set, const char *path);
/* The first file whose name differs from its neighbour's in case only, or in nothing; -1 for none.
 */
ssize_t fileset_collision(const struct fileset *set);
/* A regular file, as big as it was. */
int fileset_open(const struct fileset *set, size_t file, int *ret_fd, struct error *err) MUST_CHECK;
