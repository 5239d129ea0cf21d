/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shell lines in which $P is pewter with the state $S, which is the test's scratch folder, $T. A
 * test that wants it otherwise, or further variables, defines WORLD before it includes this: what
 * the shell is to run before $P is set. Include after unit.h.
 */
#pragma once

#include "shell.h"

#include "../store/scratch.h"

#include <jansson.h>

#ifndef WORLD
#define WORLD ":"
#endif

/* What the last line printed. */
static char out[262144];

/* Its exit code. */
static inline int run(const char *line)
{
	char command[4096];
	assert_non_null(getenv("PEWTER")); /* set by meson */
	int n = snprintf(command, sizeof(command),
		"T=%s; S=$T; " WORLD "; P=\"$PEWTER --state $S\"; exec 2>&1; %s", scratch_directory,
		line);
	assert_in_range(n, 1, sizeof(command) - 1);
	return shell(command, out, sizeof(out));
}

static inline void assert_run(const char *line, int code, const char *words)
{
	int found = run(line);
	if (found != code || strstr(out, words) == NULL)
		fail_msg("%s: exit code %d, not %d, or not \"%s\": %s", line, found, code, words,
			out);
}

/* Of what it printed on stdout; json_decref() releases it. */
static inline json_t *document_of(const char *line, int code)
{
	json_error_t error;
	char quiet[2048];
	(void)snprintf(quiet, sizeof(quiet), "{ %s\n} 2>/dev/null", line);
	int found = run(quiet);
	json_t *document = json_loads(out, 0, &error);
	if (found != code || document == NULL)
		fail_msg("%s: exit code %d, %s: %s", line, found, error.text, out);
	return document;
}

static inline int tear_down(void **state)
{
	(void)state;
	scratch_remove();
	return 0;
}
