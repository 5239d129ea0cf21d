/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Long lines on a terminal: broken between words, with the rest below the text they belong to. */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* 0 if fd is no terminal: what goes to a file or a program stays in one piece. */
size_t terminal_columns(int fd);

/* Prints the n bytes of text, lines of UTF-8. One wider than columns is broken at blanks, and what
 * follows begins in column indent. columns 0: nothing is broken. -EIO if out cannot be written. */
int wrap_print(const char *text, size_t n, size_t columns, size_t indent, FILE *out) MUST_CHECK;
