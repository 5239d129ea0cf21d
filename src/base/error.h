/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What went wrong, for a person: what happened, where, what to do.
 *
 * Functions return 0 or a negative errno, which callers forward; where a person has to read about
 * it they also take a struct error, whose text is one line without a trailing newline. Parsers and
 * sessions never log: they fill this in.
 */
#pragma once

#include "base/cleanup.h"

#include <stdint.h>

#define ERROR_TEXT_BYTES 512

struct error {
	char text[ERROR_TEXT_BYTES]; /* "" until something is set */
};

#define ERROR_NULL ((struct error){{0}})

/* Sets the text (err may be NULL) and returns code, so that "return error_set(err, -EINVAL, ...)"
 * reads well. */
int error_set(struct error *err, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts "format: " before the text that is there, to say where: error_prefix(err, rc, "%s", path).
 * A text that begins with its line, as parsers write it ("412: no section"), becomes
 * "e1d.inf:412: no section". Returns code. */
int error_prefix(struct error *err, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/* The line that the text begins with, and what follows it (may be NULL); 0 if there is none. */
uint32_t error_line(const char *text, const char **ret_rest);
