/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Archives of drivers over libarchive: zip, cab, 7z, tar, ISO 9660, also inside a self-extracting
 * .exe. Read once from the first entry to the last; what lies in them goes to a sink.
 *
 * Archives are hostile. One whose names, kinds or sizes are not fine is refused whole: the sink has
 * to be able to throw away what it got.
 */
#pragma once

#include "base/error.h"
#include "base/progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum archive_kind {
	ARCHIVE_IN_ZIP,
	ARCHIVE_IN_CAB,
	ARCHIVE_IN_7Z,
	ARCHIVE_IN_TAR, /* packed or plain */
	ARCHIVE_IN_ISO,
};

/* Where in a file the archive lies. */
struct archive_place {
	enum archive_kind kind;
	bool is_program; /* a self-extracting one */
	uint64_t offset, size;
};

const char *archive_kind_name(enum archive_kind kind); /* "zip" */

/* By content. -EMEDIUMTYPE if there is no archive in the file (err not set); -EINVAL for one that
 * is cut: err says so. */
int archive_find(int fd, struct archive_place *ret_place, struct error *err) MUST_CHECK;

/* What an archive and those inside it may still expand to, all together: a bomb may come in pieces
 * that are small each. */
struct archive_budget {
	uint64_t bytes;
	uint64_t entries;
	uint64_t packed;   /* size of what was given: the outermost archive, or the files of a
			      folder that were opened; 0: it is the size of the first one unpacked */
	uint64_t expanded; /* bytes that came out so far */
};

/* Takes n expanded bytes of it; -E2BIG if there are none left. */
int archive_budget_spend(struct archive_budget *budget, uint64_t n, struct error *err) MUST_CHECK;

struct archive_sink {
	void *context;
	/* Paths are as entry_name_read() makes them. A folder may come late, twice or never. */
	int (*folder)(void *context, const char *path, struct error *err);
	/* A file: begin, data any number of times, end. */
	int (*begin)(void *context, const char *path, struct error *err);
	int (*data)(void *context, const void *bytes, size_t n, struct error *err);
	int (*end)(void *context, struct error *err);
	/* A further name of a file that came before. */
	int (*again)(void *context, const char *path, const char *before, struct error *err);
};

/*
 * All of it. Errors say "ENTRY: why" where an entry is at fault: -EINVAL what is damaged or not to
 * be trusted, -E2BIG past a limit, -EACCES encrypted; and what the sink returns.
 */
int archive_unpack(int fd, const struct archive_place *place, struct archive_budget *budget,
	const struct archive_sink *sink, const struct progress_sink *progress,
	struct error *err) MUST_CHECK;
