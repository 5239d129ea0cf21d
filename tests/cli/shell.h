/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command line as a person types it. Include after unit.h. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

/* Its exit code; what it printed in out, cut where that is too small. */
static inline int shell(const char *command, char *out, size_t size)
{
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	size_t n = fread(out, 1, size - 1, pipe);
	out[n] = 0;
	int status = pclose(pipe);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}
