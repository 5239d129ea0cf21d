/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Win32_PnPEntity as CSV: Export-Csv and ConvertTo-Csv (with or without #TYPE, commas, semicolons
 * or tabs), wmic /format:csv. RFC 4180: a cell in quotes may hold separators, line ends, and quotes
 * doubled.
 */
#include "device/report_formats.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

#define COLUMNS_MAX 256

struct csv_columns {
	char separator;
	uint8_t properties[COLUMNS_MAX]; /* enum pnp_property */
	unsigned preferences[COLUMNS_MAX];
	size_t n_known;
	bool tells_devices;
};

/* A cell, and what ended it: the separator, '\n', or 0 at the end of the text. */
struct cell {
	struct span text;
	bool is_quoted;
	char end;
};

struct csv_cursor {
	struct span rest;
	char separator;
	size_t line;
};

/* The place of the quote that closes one opened in front of the text; false if none does. */
static bool find_closing_quote(struct span text, size_t *ret_at)
{
	for (size_t at = 0; at < text.n; at++) {
		if (text.at[at] != '"')
			continue;
		if (at + 1 == text.n || text.at[at + 1] != '"') {
			*ret_at = at;
			return true;
		}
		at++;
	}
	return false;
}

static size_t count_lines(struct span text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++)
		n += text.at[i] == '\n';
	return n;
}

static int next_cell(struct csv_cursor *cursor, struct cell *ret_cell, struct error *err)
{
	struct span rest = cursor->rest;
	struct cell cell = {0};
	size_t at = 0;
	if (rest.n > 0 && rest.at[0] == '"') {
		cell.is_quoted = true;
		rest = span_cut(rest, 1);
		if (!find_closing_quote(rest, &at))
			return error_set(err, -EINVAL,
				"%zu: a quote opens a cell here, and none closes it", cursor->line);
		cell.text = (struct span){rest.at, at};
		cursor->line += count_lines(cell.text);
		rest = span_cut(rest, at + 1);
		at = 0;
	}
	while (at < rest.n && rest.at[at] != cursor->separator && rest.at[at] != '\n')
		at++;
	if (!cell.is_quoted)
		cell.text = span_trim((struct span){rest.at, at});
	cell.end = '\0';
	if (at < rest.n)
		cell.end = rest.at[at];
	cursor->line += cell.end == '\n';
	cursor->rest = span_cut(rest, at + 1);
	*ret_cell = cell;
	return 0;
}

/* ---- the header ---- */

static void read_header(struct span line, char separator, struct csv_columns *columns)
{
	struct csv_cursor cursor = {.rest = line, .separator = separator, .line = 1};
	struct cell cell = {.end = separator};
	*columns = (struct csv_columns){.separator = separator};
	memset(columns->properties, PNP_N_PROPERTIES, sizeof(columns->properties));
	for (size_t i = 0; i < COLUMNS_MAX && cell.end == separator; i++) {
		if (next_cell(&cursor, &cell, NULL) < 0)
			return;
		enum pnp_property property = pnp_property_of(cell.text, &columns->preferences[i]);
		columns->properties[i] = (uint8_t)property;
		columns->n_known += property != PNP_N_PROPERTIES;
		columns->tells_devices |= property == PNP_INSTANCE || property == PNP_HARDWARE_IDS;
	}
}

/* The header is the first line that is neither blank nor #TYPE. */
static bool find_header(
	struct span text, struct csv_columns *ret_columns, struct csv_cursor *ret_rest)
{
	static const char separators[] = {',', ';', '\t'};
	struct report_lines lines = {.rest = text};
	struct csv_columns columns;
	struct span line;
	do {
		if (!report_next_line(&lines, &line))
			return false;
	} while (span_trim(line).n == 0 || line.at[0] == '#');
	ret_columns->n_known = 0;
	for (size_t i = 0; i < sizeof(separators); i++) {
		read_header(line, separators[i], &columns);
		if (columns.tells_devices && columns.n_known > ret_columns->n_known)
			*ret_columns = columns;
	}
	if (ret_columns->n_known == 0)
		return false;
	*ret_rest = (struct csv_cursor){lines.rest, ret_columns->separator, lines.number + 1};
	return true;
}

static bool looks_like_csv(struct span head)
{
	struct csv_columns columns;
	struct csv_cursor rest;
	return find_header(head, &columns, &rest);
}

/* ---- rows ---- */

struct row {
	struct cell cells[PNP_N_PROPERTIES];
	unsigned preferences[PNP_N_PROPERTIES];
};

static void take_cell(
	struct row *row, const struct csv_columns *columns, size_t column, const struct cell *cell)
{
	if (column >= COLUMNS_MAX || columns->properties[column] == PNP_N_PROPERTIES ||
		cell->text.n == 0)
		return;
	size_t property = columns->properties[column];
	if (row->cells[property].text.n > 0 &&
		row->preferences[property] < columns->preferences[column])
		return;
	row->cells[property] = *cell;
	row->preferences[property] = columns->preferences[column];
}

static int read_row(struct csv_cursor *cursor, const struct csv_columns *columns,
	struct row *ret_row, struct error *err)
{
	struct cell cell;
	size_t column = 0;
	*ret_row = (struct row){0};
	do {
		int rc = next_cell(cursor, &cell, err);
		if (rc < 0)
			return rc;
		take_cell(ret_row, columns, column++, &cell);
	} while (cell.end == columns->separator);
	return 0;
}

/* Quotes inside a quoted cell are doubled; of what is kept only a name can hold one. */
static struct span name_of(const struct cell *cell, char *out, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < cell->text.n && n < size; i++) {
		out[n++] = cell->text.at[i];
		if (cell->is_quoted && cell->text.at[i] == '"')
			i++;
	}
	return (struct span){out, n};
}

static int add_row(const struct row *row, struct device_report *report, struct error *err)
{
	char name[512];
	if (row->cells[PNP_INSTANCE].text.n == 0 && row->cells[PNP_HARDWARE_IDS].text.n == 0)
		return 0;
	if (report->machine[0] == 0)
		span_copy(row->cells[PNP_MACHINE].text, report->machine, sizeof(report->machine));
	return report_add_pnp(report,
		&(struct pnp_entry){
			.instance = row->cells[PNP_INSTANCE].text,
			.name = name_of(&row->cells[PNP_NAME], name, sizeof(name)),
			.class = row->cells[PNP_CLASS].text,
			.class_guid = row->cells[PNP_CLASS_GUID].text,
			.hardware_ids = row->cells[PNP_HARDWARE_IDS].text,
			.compatible_ids = row->cells[PNP_COMPATIBLE_IDS].text,
		},
		err);
}

static int read_csv(struct span text, struct device_report *report, struct error *err)
{
	struct csv_columns columns;
	struct csv_cursor cursor;
	struct row row;
	int rc = 0;
	if (!find_header(text, &columns, &cursor))
		return error_set(err, -EINVAL, "1: no header with a column PNPDeviceID");
	while (rc == 0 && cursor.rest.n > 0) {
		rc = read_row(&cursor, &columns, &row, err);
		if (rc == 0)
			rc = add_row(&row, report, err);
	}
	return rc;
}

const struct device_format pnp_csv_format = {
	.source = DEVICES_PNP_CSV,
	.name = "Win32_PnPEntity as CSV",
	.recognise = looks_like_csv,
	.read = read_csv,
};
