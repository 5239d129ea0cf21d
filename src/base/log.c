/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/log.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static atomic_int current_level = LOG_INFO;

void log_set_level(enum log_level level)
{
	atomic_store(&current_level, (int)level);
}

enum log_level log_level(void)
{
	return (enum log_level)atomic_load(&current_level);
}

void log_line(enum log_level level, const char *format, ...)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};
	char line[1024];

	if ((int)level > atomic_load(&current_level))
		return;

	int n = snprintf(line, sizeof(line), "%s ", names[level]);
	va_list args;
	va_start(args, format);
	int m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, format, args);
	va_end(args);
	if (m < 0)
		return;

	size_t length = strlen(line);
	text_disarm(line, length);
	line[length++] = '\n';
	/* One write, so that lines of several threads do not mix. A log that cannot be written has
	 * nowhere to complain. */
	ssize_t written = write(STDERR_FILENO, line, length);
	(void)written;
}
