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
	/* The importer's notes, so that a file that many INFs name is read once. */
	bool is_hashed, is_stored;
	uint16_t machine; /* of a PE; 0 of what is none */
	uint16_t subsystem_major, subsystem_minor;
	uint32_t expanded; /* 1 + its number among the expanded files; 0: not expanded */
	uint8_t sha256[SHA256_BYTES];
};

struct fileset {
	int root;            /* descriptor of the folder; -1 before, and while it rests */
	char *scratch;       /* its path, removed with the set; NULL for the user's own */
	struct buffer names; /* one after the other, each with its NUL */
	struct fileset_file *files;
	size_t n, capacity;
};

struct fileset fileset_empty(void);
void fileset_clear(struct fileset *set);
/* Gives it a new folder of the scratch. */
int fileset_make(struct fileset *set, struct scratch *scratch, struct error *err) MUST_CHECK;
/* One in the scratch takes no descriptor until a file of it is opened. */
void fileset_rest(struct fileset *set);
/* Empties it, but leaves its folder in the scratch. */
void fileset_forget(struct fileset *set);
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
/* Notes its SHA-256, and what it says of itself if it is a PE. Reads it the first time only. */
int fileset_hash(struct fileset *set, size_t file, struct error *err) MUST_CHECK;
