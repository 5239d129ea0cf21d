/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A boot's events as lines for people: time since its beginning, a word, what happened. What every
 * healthy boot does by the dozen is told in one line or not at all: files asked for that nobody
 * has, sizes asked for before a file. The events are those of docs/json.md.
 */
#pragma once

#include "base/buffer.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

#define TIMELINE_TEXT_COLUMN 23 /* where the words end and the text begins */
#define TIMELINE_FILES_MAX   64 /* transfers under way at once whose beginning is remembered */

struct timeline_file {
	char path[LIMIT_PATH_BYTES];
	char word[24]; /* "boot.wim", "BCD", "loader" */
	char transport[8];
	int64_t started_ms;
	uint64_t bytes, size;
	bool is_large; /* worth a bar: boot.sdi, boot.wim, image.sdi */
	bool is_active;
};

struct timeline {
	int64_t started_ms; /* the boot's */
	unsigned n_absent;  /* optional files absent, not told yet */
	int64_t absent_ms;
	bool has_verdict; /* a verdict was told */
	size_t next_file;
	struct timeline_file files[TIMELINE_FILES_MAX];
};

/* Appends the lines of one event, if it has any. -ENOMEM or -EFBIG as the buffer says. */
int timeline_add(
	struct timeline *timeline, const struct boot_event *event, struct buffer *out) MUST_CHECK;
/* Appends what has been kept back for a summary. */
int timeline_flush(struct timeline *timeline, struct buffer *out) MUST_CHECK;
/* That, and the record's verdict unless an event told it. */
int timeline_verdict(
	struct timeline *timeline, const struct boot_record *boot, struct buffer *out) MUST_CHECK;
/* The large file that is under way, or NULL. */
const struct timeline_file *timeline_active(const struct timeline *timeline);
