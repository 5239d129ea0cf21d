/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far a long work has come, on stderr: a bar when that is a terminal and the work takes longer
 * than a second; with --json one line {"progress": {"phase", "done", "total"}} now and then;
 * nothing otherwise.
 */
#pragma once

#include "base/progress.h"
#include "cli/cli.h"

#include <stddef.h>
#include <stdint.h>

#define PROGRESS_TEXT_BYTES 256

struct progress {
	enum {
		PROGRESS_SILENT,
		PROGRESS_BAR,
		PROGRESS_JSON,
	} style;
	char phase[64];
	const char *unit;             /* of done and total, "machines"; NULL: bytes */
	uint64_t done, total;         /* total 0 while unknown */
	int64_t started_ms, shown_ms; /* monotonic; shown_ms 0: not yet */
};

/* phase is what the bar is labelled with: "converting". */
void progress_begin(
	struct progress *progress, const struct cli *cli, const char *phase, uint64_t total);
/* Of things that are counted: unit is what they are called, "machines". */
void progress_begin_count(struct progress *progress, const struct cli *cli, const char *phase,
	const char *unit, uint64_t total);
/* The same as progress_begin() for what began elapsed_ms ago elsewhere: shown at once. */
void progress_join(struct progress *progress, const struct cli *cli, const char *phase,
	uint64_t total, int64_t elapsed_ms);
/* As often as the caller likes: what is shown changes at most ten times a second. */
void progress_update(struct progress *progress, uint64_t done);
/* Takes the bar away (JSON: a last line with where it came). */
void progress_end(struct progress *progress);

/* Work in several phases that tells a sink: one bar, or one run of JSON lines, after the other. */
struct progress_phases {
	struct progress_sink sink;
	const struct cli *cli;
	const char *what;           /* NULL before the first */
	const char *counted, *unit; /* the phase that counts things; NULL: none does */
	struct progress bar;
};
/* The sink lives as long as phases, which must not be moved. */
const struct progress_sink *progress_phases_begin(
	struct progress_phases *phases, const struct cli *cli);
/* One of the phases is not told in bytes: what counts unit, "machines". */
void progress_phases_count(struct progress_phases *phases, const char *what, const char *unit);
void progress_phases_end(struct progress_phases *phases);

/* "boot.wim  [=====>    ]  45 %  210 MB of 466 MB  98.2 MB/s  3 s left", cut to width columns; with
 * a unit "preparing  [=====>    ]  45 %  18 of 40 machines  3 s left". */
void progress_render(const char *phase, const char *unit, uint64_t done, uint64_t total,
	int64_t elapsed_ms, size_t width, char text[static PROGRESS_TEXT_BYTES]);
