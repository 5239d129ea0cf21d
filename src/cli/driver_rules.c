/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter driver rules: which drivers are passed over where, why, and who says so. */
#include "cli/commands.h"

#include "base/buffer.h"
#include "base/text.h"
#include "cli/driver_words.h"
#include "cli/rules_open.h"
#include "cli/words.h"
#include "cli/wrap.h"
#include "driver/rules.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_INDENT 11
#define LINE_BYTES  (1U << 20)

/* ---- words ---- */

static int add_joined(struct buffer *line, const struct rule_list *list, const char *between)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < list->n; i++)
		rc = buffer_printf(line, "%s%s", i > 0 ? between : "", list->texts[i]);
	return rc;
}

static int add_keys(struct buffer *line, const struct driver_rule *rule)
{
	const struct {
		const char *key;
		const struct rule_list *list;
	} keys[] = {
		{"inf", &rule->infs},
		{"provider", &rule->providers},
		{"class", &rule->classes},
		{"hardware-id", &rule->hardware_ids},
	};
	const char *between = "";
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(keys); i++) {
		if (keys[i].list->n == 0)
			continue;
		rc = buffer_printf(line, "%s%s ", between, keys[i].key);
		if (rc == 0)
			rc = add_joined(line, keys[i].list, ", ");
		between = "; ";
	}
	if (rc == 0 && rule->version_text[0] != 0)
		rc = buffer_printf(line, "; version %s", rule->version_text);
	return rc;
}

static int print_line(struct buffer *line)
{
	/* Rules are texts of the administrator's, or of somebody he has them from. */
	text_disarm((char *)line->bytes, line->size);
	int rc = buffer_add_text(line, "\n");
	if (rc == 0)
		rc = wrap_print((const char *)line->bytes, line->size,
			terminal_columns(STDOUT_FILENO), TEXT_INDENT, stdout);
	line->size = 0;
	return rc;
}

static int print_text(struct buffer *line, const char *label, const char *text)
{
	if (text == NULL || text[0] == 0)
		return 0;
	int rc = buffer_printf(line, "  %-8s %s", label, text);
	return rc == 0 ? print_line(line) : rc;
}

static int print_head(const struct driver_rule *rule, struct buffer *line)
{
	int rc = buffer_printf(
		line, "%s: %s", rule->name, rule->is_off ? "switched off" : "not where ");
	if (rc == 0 && !rule->is_off)
		rc = add_joined(line, &rule->conditions, ", nor where ");
	return rc == 0 ? print_line(line) : rc;
}

static int print_drivers(const struct driver_rule *rule, struct buffer *line)
{
	int rc = buffer_printf(line, "  %-8s ", "drivers");
	if (rc == 0)
		rc = add_keys(line, rule);
	return rc == 0 ? print_line(line) : rc;
}

static int print_rule(const struct driver_rule *rule, struct buffer *line)
{
	int rc = print_head(rule, line);
	if (rc == 0 && !rule->is_off)
		rc = print_drivers(rule, line);
	if (rc == 0)
		rc = print_text(line, "instead",
			rule->instead[0] != 0 ? rule->instead : rule->instead_family);
	if (rc == 0)
		rc = print_text(line, "why", rule->why);
	if (rc == 0)
		rc = print_text(line, "source", rule->source);
	if (rc == 0)
		rc = buffer_printf(line, "  %-8s %s, line %u%s", "from", rule->file, rule->line,
			strcmp(rule->file, DRIVER_RULES_SHIPPED) == 0 ? " (comes with Pewter)"
								      : "");
	return rc == 0 ? print_line(line) : rc;
}

static int print_words(
	const struct driver_rules *rules, const char (*infs)[128], struct buffer *line)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < rules->n_rules; i++) {
		if (i > 0)
			(void)putchar('\n');
		rc = print_rule(&rules->rules[i], line);
	}
	for (size_t i = 0; rc == 0 && i < rules->n_marks; i++) {
		const struct driver_mark *mark = &rules->marks[i];
		rc = buffer_printf(
			line, "%s (%.12s): not where %s", infs[i], mark->package, mark->condition);
		(void)putchar('\n');
		if (rc == 0)
			rc = print_line(line);
		if (rc == 0)
			rc = print_text(line, "instead", mark->instead);
		if (rc == 0)
			rc = print_text(line, "why", mark->why);
		if (rc == 0)
			rc = print_text(line, "from", "pewter driver mark");
	}
	return rc;
}

/* ---- JSON ---- */

static json_t *list_json(const struct rule_list *list)
{
	json_t *array = json_array();
	for (size_t i = 0; i < list->n; i++)
		(void)json_array_append_new(array, json_text(list->texts[i]));
	return array;
}

static json_t *text_or_null(const char *text)
{
	return text != NULL && text[0] != 0 ? json_text(text) : json_null();
}

static json_t *rule_json(const struct driver_rule *rule)
{
	return json_pack("{s:s, s:b, s:o, s:I, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"name", rule->name, "off", rule->is_off, "file", json_text(rule->file), "line",
		(json_int_t)rule->line, "shipped", strcmp(rule->file, DRIVER_RULES_SHIPPED) == 0,
		"inf", list_json(&rule->infs), "provider", list_json(&rule->providers), "class",
		list_json(&rule->classes), "hardware_ids", list_json(&rule->hardware_ids),
		"version", text_or_null(rule->version_text), "conditions",
		list_json(&rule->conditions), "instead",
		text_or_null(rule->instead[0] != 0 ? rule->instead : rule->instead_family), "why",
		text_or_null(rule->why), "source", text_or_null(rule->source));
}

static int print_json(
	const struct cli *cli, const struct driver_rules *rules, const char (*infs)[128])
{
	json_t *rule_list = json_array(), *mark_list = json_array();
	for (size_t i = 0; i < rules->n_rules; i++)
		(void)json_array_append_new(rule_list, rule_json(&rules->rules[i]));
	for (size_t i = 0; i < rules->n_marks; i++) {
		const struct driver_mark *mark = &rules->marks[i];
		(void)json_array_append_new(mark_list,
			json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "package", mark->package, "inf",
				json_text(infs[i]), "condition", json_text(mark->condition),
				"instead", text_or_null(mark->instead), "why", json_text(mark->why),
				"made", json_time(mark->made_ms)));
	}
	return cli_print_json(cli, json_pack("{s:o, s:o}", "rules", rule_list, "marks", mark_list));
}

/* ---- the command ---- */

/* A package is known to people by its INF. */
static int name_marks(struct store *store, const struct driver_rules *rules, char (**ret_infs)[128],
	struct error *err)
{
	CLEANUP(memory_freep) char(*infs)[128] = calloc(rules->n_marks + 1, sizeof(*infs));
	if (infs == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < rules->n_marks; i++) {
		CLEANUP(driver_package_clear) struct driver_package package = {.row = 0};
		int rc = store_driver_get(store, rules->marks[i].package, &package, err);
		if (rc < 0)
			return rc;
		memcpy(infs[i], package.inf, sizeof(infs[i]));
	}
	*ret_infs = TAKE(infs);
	return 0;
}

int cmd_driver_rules(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(driver_rules_freep) struct driver_rules *rules = NULL;
	CLEANUP(memory_freep) char(*infs)[128] = NULL;
	CLEANUP(buffer_free) struct buffer line = buffer_with_max(LINE_BYTES);
	struct error err = ERROR_NULL;

	if (getopt(argc, argv, "") != -1 || optind != argc)
		return cli_usage(cli, "it takes no arguments");
	/* Rules can be read before there is a state directory; marks cannot be there then. */
	int rc = store_open(cli->state, STORE_READ, &store, &err);
	if ((rc < 0 && rc != -ENOENT) || rules_open(cli, store, &rules, &err) < 0 ||
		name_marks(store, rules, &infs, &err) < 0)
		return cli_fail(cli, &err);
	if (cli->json)
		return print_json(cli, rules, (const char(*)[128])infs);
	rc = print_words(rules, (const char(*)[128])infs, &line);
	return rc < 0 ? cli_fail_errno(cli, rc) : EXIT_DONE;
}
