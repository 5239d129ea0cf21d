/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The facts about a file, for people: a line for each value, a table for each list. */
#include "cli/inspect.h"

#include "base/text.h"
#include "cli/table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LABEL_COLUMNS 16
#define CELL_BYTES    256

/* "boot_index" -> "boot index" */
static void label_of(const char *key, char *label, size_t size)
{
	(void)snprintf(label, size, "%s", key);
	for (char *p = label; *p != 0; p++)
		if (*p == '_')
			*p = ' ';
}

static void value_text(const json_t *value, char *text, size_t size)
{
	text[0] = 0;
	if (json_is_string(value))
		(void)snprintf(text, size, "%s", json_string_value(value));
	else if (json_is_integer(value))
		(void)snprintf(text, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_boolean(value))
		(void)snprintf(text, size, "%s", json_is_true(value) ? "yes" : "no");
	text_disarm(text, strlen(text));
}

/* The first object's keys are the columns. */
static int print_list(const json_t *list)
{
	CLEANUP(table_free) struct table table = {0};
	const json_t *row, *value;
	const char *key;
	size_t i, n = 0;
	char headers[TABLE_COLUMNS_MAX][32];
	const char *columns[TABLE_COLUMNS_MAX], *keys[TABLE_COLUMNS_MAX];

	json_object_foreach(json_array_get(list, 0), key, value)
	{
		if (n == TABLE_COLUMNS_MAX)
			break;
		keys[n] = key;
		headers[n][0] = '>';
		label_of(key, headers[n] + 1, sizeof(headers[n]) - 1);
		for (char *p = headers[n]; *p != 0; p++)
			*p = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
		columns[n] = json_is_integer(value) ? headers[n] : headers[n] + 1;
		n++;
	}
	table = table_with(n, columns);
	json_array_foreach(list, i, row)
	{
		char texts[TABLE_COLUMNS_MAX][CELL_BYTES];
		const char *cells[TABLE_COLUMNS_MAX];
		for (size_t k = 0; k < n; k++) {
			value_text(json_object_get(row, keys[k]), texts[k], sizeof(texts[k]));
			cells[k] = texts[k];
		}
		table_add_row(&table, cells);
	}
	return table_print(&table, stdout);
}

static void print_fact(const char *key, const json_t *value)
{
	char label[64], text[1024];
	if (json_is_array(value) || json_is_object(value) || json_is_null(value))
		return;
	label_of(key, label, sizeof(label));
	value_text(value, text, sizeof(text));
	(void)printf("%-*s %s\n", LABEL_COLUMNS, label, text);
}

int inspect_print(const json_t *facts)
{
	const char *key;
	const json_t *value;

	json_object_foreach((json_t *)facts, key, value) print_fact(key, value);
	json_object_foreach((json_t *)facts, key, value)
	{
		if (!json_is_array(value) || json_array_size(value) == 0)
			continue;
		char label[64];
		label_of(key, label, sizeof(label));
		(void)printf("\n%s\n", label);
		int rc = print_list(value);
		if (rc < 0)
			return rc;
	}
	return ferror(stdout) ? -EIO : 0;
}
