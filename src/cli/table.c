/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/table.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

struct table table_with(size_t n_columns, const char *const *headers)
{
	struct table table = {.n_columns = n_columns};
	const char *plain[TABLE_COLUMNS_MAX];
	assert(n_columns <= TABLE_COLUMNS_MAX);
	for (size_t i = 0; i < n_columns; i++) {
		table.is_right[i] = headers[i][0] == '>';
		plain[i] = headers[i] + (table.is_right[i] ? 1 : 0);
	}
	table_add_row(&table, plain);
	return table;
}

void table_free(struct table *table)
{
	for (size_t i = 0; i < table->n_rows * table->n_columns; i++)
		free(table->cells[i]);
	free(table->cells);
	*table = (struct table){.n_columns = table->n_columns};
}

void table_add_row(struct table *table, const char *const *cells)
{
	size_t n = table->n_rows * table->n_columns;
	char **grown = reallocarray(table->cells, n + table->n_columns, sizeof(*grown));
	if (grown == NULL) {
		table->failed = true;
		return;
	}
	table->cells = grown;
	for (size_t i = 0; i < table->n_columns; i++) {
		grown[n + i] = strdup(cells[i] != NULL ? cells[i] : "");
		if (grown[n + i] == NULL)
			table->failed = true;
		else
			text_disarm(grown[n + i], strlen(grown[n + i]));
	}
	table->n_rows++;
}

int table_print(const struct table *table, FILE *out)
{
	size_t widths[TABLE_COLUMNS_MAX] = {0};
	if (table->failed)
		return -ENOMEM;
	for (size_t i = 0; i < table->n_rows * table->n_columns; i++) {
		size_t width = text_display_width(table->cells[i]);
		if (width > widths[i % table->n_columns])
			widths[i % table->n_columns] = width;
	}

	bool is_bold = isatty(fileno(out)) == 1;
	for (size_t row = 0; row < table->n_rows; row++) {
		size_t blanks = 0; /* owed: written only when more follows on this line */
		if (row == 0 && is_bold)
			(void)fputs("\033[1m", out);
		for (size_t column = 0; column < table->n_columns; column++) {
			const char *cell = table->cells[row * table->n_columns + column];
			size_t rest = widths[column] - text_display_width(cell);
			if (table->is_right[column])
				blanks += rest;
			if (*cell != 0) {
				(void)fprintf(out, "%*s%s", (int)blanks, "", cell);
				blanks = 0;
			}
			blanks += 2 + (table->is_right[column] ? 0 : rest);
		}
		(void)fputs(row == 0 && is_bold ? "\033[0m\n" : "\n", out);
	}
	return fflush(out) == 0 && !ferror(out) ? 0 : -EIO;
}

/* The next code point of well-formed UTF-8; an ill-formed byte stands for itself. */
static uint32_t next_code_point(const unsigned char **at)
{
	const unsigned char *s = *at;
	uint32_t code_point = *s;
	size_t n = *s >= 0xf0 ? 3 : *s >= 0xe0 ? 2 : *s >= 0xc2 ? 1 : 0;
	if (n > 0)
		code_point &= 0x3fU >> n;
	for (size_t i = 1; i <= n; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			(*at)++;
			return *s;
		}
		code_point = code_point << 6 | (s[i] & 0x3f);
	}
	*at += n + 1;
	return code_point;
}

size_t text_display_width(const char *text)
{
	/* The bulk of Unicode's East Asian Width W and F (UAX #11). */
	static const struct {
		uint32_t first, last;
	} wide[] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
		{0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1faff},
		{0x20000, 0x3fffd}};
	const unsigned char *at = (const unsigned char *)text;
	size_t width = 0;
	while (*at != 0) {
		uint32_t c = next_code_point(&at);
		bool is_combining = (c >= 0x300 && c <= 0x36f) || (c >= 0x200b && c <= 0x200f) ||
				    (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe00 && c <= 0xfe0f);
		width += is_combining ? 0 : 1;
		for (size_t i = 0; i < ARRAY_SIZE(wide); i++)
			width += c >= wide[i].first && c <= wide[i].last ? 1 : 0;
	}
	return width;
}

void size_format(uint64_t bytes, char text[static SIZE_TEXT_BYTES])
{
	static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
	if (bytes < 1000) {
		(void)snprintf(
			text, SIZE_TEXT_BYTES, "%" PRIu64 " byte%s", bytes, bytes == 1 ? "" : "s");
		return;
	}
	uint64_t unit = 1000;
	size_t i = 0;
	/* 999.5 kB would be printed as 1000 kB: it is 1.00 MB. */
	while (bytes >= unit * 1000 - unit / 2 && i + 1 < ARRAY_SIZE(units)) {
		unit *= 1000;
		i++;
	}
	uint64_t tenths = bytes / (unit / 10) + (bytes % (unit / 10) >= unit / 20 ? 1 : 0);
	if (tenths < 100)
		(void)snprintf(text, SIZE_TEXT_BYTES, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10,
			tenths % 10, units[i]);
	else
		(void)snprintf(text, SIZE_TEXT_BYTES, "%" PRIu64 " %s",
			bytes / unit + (bytes % unit >= unit / 2 ? 1 : 0), units[i]);
}

void duration_format(int64_t ms, char text[static DURATION_TEXT_BYTES])
{
	if (ms < 0)
		ms = 0;
	int64_t s = ms / 1000;
	if (ms < 10000)
		(void)snprintf(
			text, DURATION_TEXT_BYTES, "%" PRId64 ".%" PRId64 " s", s, ms % 1000 / 100);
	else if (s < 60)
		(void)snprintf(text, DURATION_TEXT_BYTES, "%" PRId64 " s", s);
	else if (s < 3600)
		(void)snprintf(text, DURATION_TEXT_BYTES, "%" PRId64 " min %02" PRId64 " s", s / 60,
			s % 60);
	else
		(void)snprintf(text, DURATION_TEXT_BYTES, "%" PRId64 " h %02" PRId64 " min",
			s / 3600, s % 3600 / 60);
}
