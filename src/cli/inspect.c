/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter inspect: what a file is, and the main facts about it. */
#include "cli/inspect.h"

#include "adapter/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/table.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* In the order in which they are asked. */
static const struct {
	inspect_test *is;
	inspect_facts *facts;
} kinds[] = {
	{inspect_is_wim, inspect_wim},
	{inspect_is_sdi, inspect_sdi},
	{inspect_is_bcd, inspect_bcd},
	{inspect_is_pe, inspect_pe},
	{inspect_is_catalog, inspect_catalog},
};

/* ---- facts for people ---- */

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

/* ---- the command ---- */

static int show_facts(const struct cli *cli, const struct inspected *file, inspect_facts *facts_of)
{
	struct error err = ERROR_NULL;
	json_t *facts = facts_of(file, &err);
	if (facts == NULL) {
		(void)error_prefix(&err, -EINVAL, "%s", file->path);
		return cli_fail(cli, &err);
	}
	if (cli->json)
		return cli_print_json(cli, facts);
	int rc = inspect_print(facts);
	json_decref(facts);
	return rc < 0 ? cli_fail_errno(cli, rc) : EXIT_DONE;
}

static int look(struct inspected *file, struct error *err)
{
	file->fd = open(file->path, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0)
		return error_set(err, -errno, "%s: %s", file->path, strerror(errno));
	int rc = file_size(file->fd, &file->size);
	if (rc == 0) {
		file->n_head =
			file->size < sizeof(file->head) ? (size_t)file->size : sizeof(file->head);
		rc = file_read_at(file->fd, 0, file->head, file->n_head);
	}
	if (rc < 0)
		return error_set(err, rc, "%s: %s", file->path, strerror(-rc));
	return 0;
}

static void inspected_clear(struct inspected *file)
{
	file_closep(&file->fd);
}

int cmd_inspect(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {{"lines", no_argument, NULL, 'l'}, {0}};
	CLEANUP(inspected_clear) struct inspected file = {.fd = -1};
	struct error err = ERROR_NULL;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option != 'l')
			return cli_usage(cli, "no such option");
		file.with_lines = true;
	}
	if (optind + 1 != argc)
		return cli_usage(cli, "name one file");
	file.path = argv[optind];
	if (look(&file, &err) < 0)
		return cli_fail(cli, &err);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].is(&file))
			return show_facts(cli, &file, kinds[i].facts);
	return inspect_inf(cli, &file);
}
