/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Aligned columns for people: widths by what a terminal shows, two blanks between columns, none at
 * the ends of lines, a bold header only on a terminal. Control bytes in cells become '?': names in
 * images and packets come from strangers.
 *
 *   CLEANUP(table_free)
 *   struct table table = table_with(3, (const char *[]){"NAME", "ARCH", ">SIZE"});
 *   table_add(&table, "win11", "amd64", "466 MB");
 *   rc = table_print(&table, stdout);
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 12

struct table {
	size_t n_columns, n_rows; /* n_rows counts the header */
	bool is_right[TABLE_COLUMNS_MAX];
	char **cells; /* owned */
	bool failed;  /* out of memory: sticky, told by table_print() */
};

/* A header that begins with '>' stands, with its column, at the right. */
struct table table_with(size_t n_columns, const char *const *headers);
void table_free(struct table *table);
/* As many texts as the table has columns, NULL for an empty cell. */
#define table_add(table, ...) table_add_row(table, (const char *const[]){__VA_ARGS__})
void table_add_row(struct table *table, const char *const *cells);
/* A table without rows prints its header all the same. -ENOMEM, or -EIO if out cannot be written.
 */
int table_print(const struct table *table, FILE *out) MUST_CHECK;

/* Columns that a terminal needs for a UTF-8 text. */
size_t text_display_width(const char *text);

#define SIZE_TEXT_BYTES     24
#define DURATION_TEXT_BYTES 24
/* "512 bytes", "1.5 kB", "466 MB": powers of ten, three digits. */
void size_format(uint64_t bytes, char text[static SIZE_TEXT_BYTES]);
/* "0.6 s", "12 s", "3 min 05 s", "2 h 10 min". */
void duration_format(int64_t ms, char text[static DURATION_TEXT_BYTES]);
