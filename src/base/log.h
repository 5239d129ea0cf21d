/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One structured line per event on stderr: "info event=offer mac=52:54:.. arch=uefi-x64". Only
 * floors 4 and up log; parsers and sessions return errors and actions instead.
 */
#pragma once

#include "base/cleanup.h"

enum log_level {
	LOG_ERROR,
	LOG_WARNING,
	LOG_INFO,
	LOG_DEBUG,
};

void log_set_level(enum log_level level);
enum log_level log_level(void);
/* Control bytes in the finished line become '?', so that no stranger writes lines of his own. */
void log_line(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_error(...)   log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_DEBUG, __VA_ARGS__)
