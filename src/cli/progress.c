/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/progress.h"

#include "base/text.h"
#include "cli/table.h"
#include "cli/wrap.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define QUIET_MS        1000 /* work that is done by then needs no bar */
#define BAR_PERIOD_MS   100
#define JSON_PERIOD_MS  250
#define BAR_MIN_COLUMNS 10
#define BAR_MAX_COLUMNS 30

static int64_t monotonic_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#define AMOUNTS_BYTES 96

/* "210 MB of 466 MB  98.2 MB/s", "18 of 40 machines"; without a total "210 MB  98.2 MB/s". */
static void format_amounts(const char *unit, uint64_t done, uint64_t total, double per_ms,
	char text[static AMOUNTS_BYTES])
{
	char done_text[SIZE_TEXT_BYTES], total_text[SIZE_TEXT_BYTES], rate_text[SIZE_TEXT_BYTES];
	size_format(done, done_text);
	size_format(total, total_text);
	size_format((uint64_t)(per_ms * 1000), rate_text);
	if (unit != NULL && total > 0)
		(void)snprintf(
			text, AMOUNTS_BYTES, "%" PRIu64 " of %" PRIu64 " %.32s", done, total, unit);
	else if (unit != NULL)
		(void)snprintf(text, AMOUNTS_BYTES, "%" PRIu64 " %.32s", done, unit);
	else
		(void)snprintf(text, AMOUNTS_BYTES, "%s%s%s  %s/s", done_text,
			total > 0 ? " of " : "", total > 0 ? total_text : "", rate_text);
}

void progress_render(const char *phase, const char *unit, uint64_t done, uint64_t total,
	int64_t elapsed_ms, size_t width, char text[static PROGRESS_TEXT_BYTES])
{
	char left_text[DURATION_TEXT_BYTES] = "", amounts[AMOUNTS_BYTES], figures[160];
	double per_ms = elapsed_ms > 0 ? (double)done / (double)elapsed_ms : 0;
	if (done > total && total > 0)
		done = total;
	format_amounts(unit, done, total, per_ms, amounts);
	if (total == 0) {
		(void)snprintf(text, PROGRESS_TEXT_BYTES, "%s  %s", phase, amounts);
		return;
	}
	double share = (double)done / (double)total;
	if (per_ms > 0)
		duration_format((int64_t)((double)(total - done) / per_ms), left_text);
	(void)snprintf(figures, sizeof(figures), "%3d %%  %s%s%s%s", (int)(share * 100), amounts,
		left_text[0] != 0 ? "  " : "", left_text, left_text[0] != 0 ? " left" : "");

	size_t used = text_display_width(phase) + strlen(figures) + 6;
	size_t columns = width > used ? width - used : 0;
	if (columns > BAR_MAX_COLUMNS)
		columns = BAR_MAX_COLUMNS;
	if (columns < BAR_MIN_COLUMNS) {
		int n = snprintf(text, PROGRESS_TEXT_BYTES, "%s  %s", phase, figures);
		/* A line that wraps cannot be taken back. */
		if (n < 0 || (size_t)n > width)
			(void)snprintf(text, PROGRESS_TEXT_BYTES, "%.*s", (int)width, figures);
		return;
	}
	char bar[BAR_MAX_COLUMNS + 1];
	size_t filled = (size_t)(share * (double)columns);
	memset(bar, ' ', columns);
	memset(bar, '=', filled);
	if (filled < columns)
		bar[filled] = '>';
	bar[columns] = 0;
	(void)snprintf(text, PROGRESS_TEXT_BYTES, "%s  [%s]  %s", phase, bar, figures);
}

static void show(struct progress *progress, int64_t now_ms)
{
	progress->shown_ms = now_ms;
	if (progress->style == PROGRESS_JSON) {
		(void)fprintf(stderr,
			"{\"progress\": {\"phase\": \"%s\", \"done\": %" PRIu64
			", \"total\": %" PRIu64 "}}\n",
			progress->phase, progress->done, progress->total);
	} else {
		char text[PROGRESS_TEXT_BYTES];
		progress_render(progress->phase, progress->unit, progress->done, progress->total,
			now_ms - progress->started_ms, terminal_columns(STDERR_FILENO) - 1, text);
		(void)fprintf(stderr, "\r%s\033[K", text);
	}
	(void)fflush(stderr);
}

void progress_begin(
	struct progress *progress, const struct cli *cli, const char *phase, uint64_t total)
{
	*progress = (struct progress){.total = total, .started_ms = monotonic_ms()};
	/* It stands between quotes in JSON; phases are our own words, file names are not. */
	text_copy_printable(progress->phase, sizeof(progress->phase), phase, strlen(phase));
	for (char *c = progress->phase; *c != 0; c++) {
		if (*c == '"' || *c == '\\')
			*c = '/';
	}
	if (cli->json)
		progress->style = PROGRESS_JSON;
	else if (terminal_columns(STDERR_FILENO) > 0)
		progress->style = PROGRESS_BAR;
}

void progress_begin_count(struct progress *progress, const struct cli *cli, const char *phase,
	const char *unit, uint64_t total)
{
	progress_begin(progress, cli, phase, total);
	progress->unit = unit;
}

void progress_join(struct progress *progress, const struct cli *cli, const char *phase,
	uint64_t total, int64_t elapsed_ms)
{
	progress_begin(progress, cli, phase, total);
	progress->started_ms -= elapsed_ms > 0 ? elapsed_ms : 0;
	progress->shown_ms = progress->started_ms - BAR_PERIOD_MS;
}

void progress_update(struct progress *progress, uint64_t done)
{
	progress->done = done;
	if (progress->style == PROGRESS_SILENT)
		return;
	int64_t now_ms = monotonic_ms();
	int64_t wait_ms = progress->style == PROGRESS_JSON ? JSON_PERIOD_MS
			  : progress->shown_ms == 0        ? QUIET_MS
							   : BAR_PERIOD_MS;
	if (now_ms - (progress->shown_ms != 0 ? progress->shown_ms : progress->started_ms) >=
		wait_ms)
		show(progress, now_ms);
}

void progress_end(struct progress *progress)
{
	if (progress->style == PROGRESS_JSON)
		show(progress, monotonic_ms());
	else if (progress->style == PROGRESS_BAR && progress->shown_ms != 0)
		(void)fprintf(stderr, "\r\033[K");
	progress->style = PROGRESS_SILENT;
}

static void show_phase(void *context, const char *what, uint64_t done, uint64_t total)
{
	struct progress_phases *phases = context;
	if (phases->what == NULL || strcmp(phases->what, what) != 0) {
		progress_phases_end(phases);
		if (phases->counted != NULL && strcmp(phases->counted, what) == 0)
			progress_begin_count(&phases->bar, phases->cli, what, phases->unit, total);
		else
			progress_begin(&phases->bar, phases->cli, what, total);
		phases->what = what;
	}
	phases->bar.total = total; /* wimlib lowers it when it meets duplicates */
	progress_update(&phases->bar, done);
}

const struct progress_sink *progress_phases_begin(
	struct progress_phases *phases, const struct cli *cli)
{
	*phases = (struct progress_phases){
		.sink = {.report = show_phase, .context = phases}, .cli = cli};
	return &phases->sink;
}

void progress_phases_count(struct progress_phases *phases, const char *what, const char *unit)
{
	phases->counted = what;
	phases->unit = unit;
}

void progress_phases_end(struct progress_phases *phases)
{
	if (phases->what != NULL)
		progress_end(&phases->bar);
	phases->what = NULL;
}
