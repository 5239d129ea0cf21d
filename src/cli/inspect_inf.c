/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `pewter inspect` tells of an INF: a summary, or with --lines every section, line and field
 * as they were read, with strings filled in. */
#include "adapter/file.h"
#include "base/text.h"
#include "cli/inspect.h"
#include "cli/words.h"
#include "format/inf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static json_t *json_of(struct inf_text text)
{
	json_t *string = json_stringn(text.text, text.length);
	return string != NULL ? string : json_string("?");
}

static json_t *json_of_field(const struct inf *inf, uint32_t line, uint32_t field)
{
	struct inf_scratch scratch;
	return json_of(inf_field(inf, line, field, &scratch));
}

static uint32_t find_section(const struct inf *inf, const char *name)
{
	return inf_find_section(inf, name, strlen(name));
}

static json_t *problems_of(const struct inf *inf)
{
	size_t n;
	const struct inf_problem *problems = inf_problems(inf, &n, NULL);
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(
			list, json_pack("{s:I, s:s}", "line", (json_int_t)problems[i].line, "text",
				      problems[i].text));
	return list;
}

/* ---- --lines ---- */

/* A string may be used in every field: a small file can ask for very much. Asked before the first
 * word is printed, because half a document helps nobody. */
static int check_size(const struct inf *inf, struct error *err)
{
	struct inf_scratch scratch;
	size_t bytes = 0;
	for (uint32_t i = 0; i < inf_n_sections(inf); i++)
		for (uint32_t line = inf_first_line(inf, i); line != INF_NONE;
			line = inf_next_line(inf, line)) {
			for (uint32_t k = 0; k <= inf_n_fields(inf, line); k++)
				bytes += inf_field(inf, line, k, &scratch).length;
			if (bytes > LIMIT_INF_TOLD_BYTES)
				return error_set(err, -EFBIG,
					"%u: with strings filled in the lines up to here have more "
					"than "
					"%u bytes",
					inf_line_place(inf, line), LIMIT_INF_TOLD_BYTES);
		}
	return 0;
}

/* A line's JSON, one at a time: a million of them shall not stand in memory as objects. */
static int dump_line(const struct inf *inf, uint32_t line, bool is_first)
{
	json_t *fields = json_array();
	for (uint32_t i = 1; i <= inf_n_fields(inf, line); i++)
		(void)json_array_append_new(fields, json_of_field(inf, line, i));
	json_t *object =
		json_pack("{s:I, s:o, s:o}", "number", (json_int_t)inf_line_place(inf, line), "key",
			inf_has_equals(inf, line) ? json_of_field(inf, line, 0) : json_null(),
			"fields", fields);
	if (object == NULL)
		return -ENOMEM;
	(void)fputs(is_first ? "\n      " : ",\n      ", stdout);
	int rc = json_dumpf(object, stdout, CLI_JSON_FLAGS) < 0 ? -EIO : 0;
	json_decref(object);
	return rc;
}

static int dump_value(json_t *value, const char *before, const char *behind)
{
	(void)fputs(before, stdout);
	int rc = value == NULL ? -ENOMEM
			       : json_dumpf(value, stdout, JSON_ENCODE_ANY | CLI_JSON_FLAGS);
	json_decref(value);
	(void)fputs(behind, stdout);
	return rc < 0 ? -EIO : 0;
}

static int dump_lines(const struct inf *inf)
{
	size_t n, n_problems;
	(void)inf_problems(inf, &n, &n_problems);
	int rc = dump_value(json_string(inf_encoding_name(inf_encoding(inf))),
		"{\n  \"kind\": \"inf\",\n  \"encoding\": ", ",\n");
	if (rc == 0)
		rc = dump_value(
			json_integer((json_int_t)n_problems), "  \"problem_count\": ", ",\n");
	if (rc == 0)
		rc = dump_value(problems_of(inf), "  \"problems\": ", ",\n  \"sections\": [");
	for (uint32_t i = 0; rc == 0 && i < inf_n_sections(inf); i++) {
		(void)fputs(i == 0 ? "\n    " : ",\n    ", stdout);
		rc = dump_value(json_of(inf_section_name(inf, i)), "{\"name\": ", ", \"lines\": [");
		uint32_t first = inf_first_line(inf, i);
		for (uint32_t line = first; rc == 0 && line != INF_NONE;
			line = inf_next_line(inf, line))
			rc = dump_line(inf, line, line == first);
		(void)fputs("]}", stdout);
	}
	(void)fputs("]\n}\n", stdout);
	return rc < 0 ? rc : fflush(stdout) != 0 || ferror(stdout) ? -EIO : 0;
}

/* Quotes doubled if so wished; harmless on a terminal. */
static void put_disarmed(struct inf_text text, bool doubles_quotes)
{
	char copy[LIMIT_INF_FIELD_BYTES];
	size_t n = text.length < sizeof(copy) ? text.length : sizeof(copy);
	memcpy(copy, text.text, n);
	text_disarm(copy, n);
	for (size_t i = 0; i < n; i++) {
		if (doubles_quotes && copy[i] == '"')
			(void)putchar('"');
		(void)putchar(copy[i]);
	}
}

/* In quotes where it would not read back as it is. */
static void put_text(struct inf_text text)
{
	bool is_odd = text.length == 0;
	for (size_t i = 0; i < text.length; i++)
		is_odd |= strchr("\",;=", text.text[i]) != NULL;
	is_odd |= text.length > 0 && (text.text[0] == ' ' || text.text[text.length - 1] == ' ' ||
					     text.text[text.length - 1] == '\\');
	if (is_odd)
		(void)putchar('"');
	put_disarmed(text, true);
	if (is_odd)
		(void)putchar('"');
}

static void print_line(const struct inf *inf, uint32_t line)
{
	struct inf_scratch scratch;
	(void)printf("%7u  ", inf_line_place(inf, line));
	if (inf_has_equals(inf, line)) {
		put_text(inf_field(inf, line, 0, &scratch));
		(void)fputs(" = ", stdout);
	}
	for (uint32_t i = 1; i <= inf_n_fields(inf, line); i++) {
		if (i > 1)
			(void)fputs(", ", stdout);
		struct inf_text text = inf_field(inf, line, i, &scratch);
		if (text.length > 0)
			put_text(text);
	}
	(void)putchar('\n');
}

static void print_problems(const struct inf *inf)
{
	size_t n, n_all;
	const struct inf_problem *problems = inf_problems(inf, &n, &n_all);
	for (size_t i = 0; i < n; i++)
		(void)printf("%7u  %s\n", problems[i].line, problems[i].text);
	if (n < n_all)
		(void)printf("         and %zu more\n", n_all - n);
}

static int print_lines(const struct inf *inf)
{
	for (uint32_t i = 0; i < inf_n_sections(inf); i++) {
		(void)printf("%s%7u  [", i == 0 ? "" : "\n", inf_section_place(inf, i));
		put_disarmed(inf_section_name(inf, i), false);
		(void)fputs("]\n", stdout);
		for (uint32_t line = inf_first_line(inf, i); line != INF_NONE;
			line = inf_next_line(inf, line))
			print_line(inf, line);
	}
	size_t n;
	(void)inf_problems(inf, &n, NULL);
	if (n > 0)
		(void)puts("\nproblems");
	print_problems(inf);
	return fflush(stdout) != 0 || ferror(stdout) ? -EIO : 0;
}

/* ---- the summary ---- */

/* A value of [Version]; null if the INF does not say. */
static json_t *version_value(const struct inf *inf, const char *key, uint32_t field)
{
	uint32_t version = find_section(inf, "Version");
	uint32_t line = version == INF_NONE
				? INF_NONE
				: inf_find_line(inf, version, key, strlen(key), INF_NONE);
	if (line == INF_NONE || field > inf_n_fields(inf, line))
		return json_null();
	return json_of_field(inf, line, field);
}

/* A Models section that a line of [Manufacturer] names: NAME, or NAME.TargetOS. */
static json_t *models_row(const struct inf *inf, uint32_t line, uint32_t field)
{
	char name[600], decoration[300];
	(void)inf_field_copy(inf, line, 1, name, sizeof(name) / 2);
	(void)inf_field_copy(inf, line, field, decoration, sizeof(decoration));
	if (field > 1) {
		size_t at = strlen(name);
		(void)snprintf(name + at, sizeof(name) - at, ".%s", decoration);
	}
	uint32_t section = find_section(inf, name);
	return json_pack("{s:o, s:o, s:o, s:o}", "manufacturer", json_of_field(inf, line, 0),
		"section", json_text(name), "target", json_text(field > 1 ? decoration : ""),
		"models",
		section == INF_NONE ? json_null()
				    : json_integer(inf_section_n_lines(inf, section)));
}

static json_t *manufacturers_of(const struct inf *inf)
{
	json_t *list = json_array();
	uint32_t section = find_section(inf, "Manufacturer");
	uint32_t line = section == INF_NONE ? INF_NONE : inf_first_line(inf, section);
	for (; line != INF_NONE; line = inf_next_line(inf, line))
		for (uint32_t i = 1; i <= inf_n_fields(inf, line); i++)
			(void)json_array_append_new(list, models_row(inf, line, i));
	return list;
}

static json_t *summary_of(const struct inf *inf, const struct inspected *file)
{
	size_t n, n_problems;
	json_int_t n_lines = 0, n_fields = 0;
	(void)inf_problems(inf, &n, &n_problems);
	for (uint32_t i = 0; i < inf_n_sections(inf); i++)
		for (uint32_t line = inf_first_line(inf, i); line != INF_NONE;
			line = inf_next_line(inf, line), n_lines++)
			n_fields += inf_n_fields(inf, line);
	return json_pack("{s:s, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, "
			 "s:o, s:o}",
		"kind", "inf", "size", (json_int_t)file->size, "encoding",
		inf_encoding_name(inf_encoding(inf)), "signature",
		version_value(inf, "Signature", 1), "class", version_value(inf, "Class", 1),
		"class_guid", version_value(inf, "ClassGuid", 1), "provider",
		version_value(inf, "Provider", 1), "date", version_value(inf, "DriverVer", 1),
		"version", version_value(inf, "DriverVer", 2), "catalog",
		version_value(inf, "CatalogFile", 1), "section_count",
		(json_int_t)inf_n_sections(inf), "line_count", n_lines, "field_count", n_fields,
		"problem_count", (json_int_t)n_problems, "manufacturers", manufacturers_of(inf),
		"problems", problems_of(inf));
}

static int show(const struct cli *cli, const struct inspected *file, const struct inf *inf)
{
	int rc = 0;
	if (file->with_lines) {
		rc = cli->json ? dump_lines(inf) : print_lines(inf);
	} else {
		json_t *summary = summary_of(inf, file);
		if (summary == NULL)
			rc = -ENOMEM;
		else if (cli->json)
			return cli_print_json(cli, summary);
		else
			rc = inspect_print(summary);
		json_decref(summary);
	}
	return rc < 0 ? cli_fail_errno(cli, rc) : EXIT_DONE;
}

static bool is_named_inf(const char *path)
{
	size_t n = strlen(path);
	return n >= 4 && text_equal_nocase(path + n - 4, ".inf");
}

int inspect_inf(const struct cli *cli, const struct inspected *file)
{
	CLEANUP(inf_freep) struct inf *inf = NULL;
	struct buffer bytes = buffer_with_max(LIMIT_INF_BYTES);
	struct error err = ERROR_NULL;

	int rc = file_read_all(file->fd, &bytes);
	if (rc == -EFBIG && !is_named_inf(file->path))
		rc = -EINVAL;
	else if (rc < 0)
		(void)error_set(&err, rc, "%s", strerror(-rc));
	else
		rc = inf_parse(bytes.bytes, bytes.size, NULL, &inf, &err);
	buffer_free(&bytes);
	if (rc == 0 && file->with_lines)
		rc = check_size(inf, &err);
	bool is_inf =
		rc == 0 && (is_named_inf(file->path) || find_section(inf, "Version") != INF_NONE);
	if (is_inf)
		return show(cli, file, inf);
	if (is_named_inf(file->path) || rc == -ENOMEM || rc == -EFBIG)
		(void)error_prefix(&err, rc, "%s", file->path);
	else
		(void)error_set(&err, -EINVAL, "%s: this is no WIM, SDI, BCD store, program or INF",
			file->path);
	return cli_fail(cli, &err);
}
