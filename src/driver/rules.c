/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Not libinih: it tells no line numbers, cuts long lines silently and takes ';' inside a sentence
 * for a comment.
 */
#include "driver/rules.h"

#include "base/limits.h"
#include "base/text.h"
#include "driver/drivers_rules.h" /* made by the build: the shipped file */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES     1024
#define SENTENCE_BYTES 512

struct parse {
	struct driver_rules *rules;
	struct driver_rule rule; /* the one being read */
	bool is_open;
	const char *file;
	unsigned line;
	struct error *err;
};

/* ---- memory ---- */

static void list_clear(struct rule_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->texts[i]);
	free(list->texts);
	*list = (struct rule_list){0};
}

static int list_add(struct rule_list *list, const char *text, size_t n)
{
	char **grown = reallocarray(list->texts, list->n + 1, sizeof(*list->texts));
	if (grown == NULL)
		return -ENOMEM;
	list->texts = grown;
	list->texts[list->n] = strndup(text, n);
	if (list->texts[list->n] == NULL)
		return -ENOMEM;
	list->n++;
	return 0;
}

static void rule_clear(struct driver_rule *rule)
{
	list_clear(&rule->infs);
	list_clear(&rule->providers);
	list_clear(&rule->classes);
	list_clear(&rule->hardware_ids);
	list_clear(&rule->conditions);
	free(rule->file);
	free(rule->why);
	free(rule->source);
	*rule = (struct driver_rule){0};
}

struct driver_rules *driver_rules_new(void)
{
	return calloc(1, sizeof(struct driver_rules));
}

struct driver_rules *driver_rules_free(struct driver_rules *rules)
{
	if (rules != NULL) {
		for (size_t i = 0; i < rules->n_rules; i++)
			rule_clear(&rules->rules[i]);
		free(rules->rules);
		free(rules->marks);
	}
	free(rules);
	return NULL;
}

const char *driver_rules_shipped(size_t *ret_n)
{
	static const char text[] = DRIVERS_RULES_TEXT;
	*ret_n = sizeof(text) - 1;
	return text;
}

/* ---- one rule ---- */

static int fail(struct parse *parse, const char *text)
{
	if (parse->is_open)
		return error_set(parse->err, -EINVAL, "%s:%u: [rule %s] %s", parse->file,
			parse->line, parse->rule.name, text);
	return error_set(parse->err, -EINVAL, "%s:%u: %s", parse->file, parse->line, text);
}

/* What a rule must say is asked once it is whole. */
static int close_rule(struct parse *parse)
{
	struct driver_rule *rule = &parse->rule;
	struct driver_rules *rules = parse->rules;
	unsigned line = parse->line;
	if (!parse->is_open)
		return 0;
	parse->line = rule->line;
	if (!rule->is_off) {
		if (rule->infs.n == 0 && rule->providers.n == 0 && rule->hardware_ids.n == 0)
			return fail(parse, "says nothing of which drivers it means: it needs inf, "
					   "provider or hardware-id");
		if (rule->conditions.n == 0)
			return fail(parse, "needs a condition, like condition = winpe<=2.1");
		if (rule->why == NULL)
			return fail(parse, "needs a why: a sentence for the one whose driver is "
					   "passed over");
	}
	parse->is_open = false;
	parse->line = line;
	for (size_t i = 0; i < rules->n_rules; i++) {
		if (strcmp(rules->rules[i].name, rule->name) != 0)
			continue;
		rule_clear(&rules->rules[i]);
		rules->rules[i] = *rule;
		*rule = (struct driver_rule){0};
		return 0;
	}
	if (rules->n_rules == LIMIT_DRIVER_RULES)
		return error_set(parse->err, -EFBIG, "%s:%u: there are more than %d rules",
			parse->file, parse->line, LIMIT_DRIVER_RULES);
	struct driver_rule *grown =
		reallocarray(rules->rules, rules->n_rules + 1, sizeof(*rules->rules));
	if (grown == NULL)
		return -ENOMEM;
	rules->rules = grown;
	rules->rules[rules->n_rules++] = *rule;
	*rule = (struct driver_rule){0};
	return 0;
}

static int open_rule(struct parse *parse, char *line)
{
	int rc = close_rule(parse);
	if (rc < 0)
		return rc;
	size_t n = strlen(line);
	if (line[n - 1] != ']' || strncmp(line, "[rule ", 6) != 0)
		return fail(parse, "expected [rule NAME]");
	line[n - 1] = 0;
	const char *name = line + 6 + strspn(line + 6, " \t");
	if (*name == 0 || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-._") != strlen(name))
		return fail(parse,
			"a rule's name has small letters, digits, '-', '.' and '_', like [rule "
			"broadcom-netxtreme-ii]");
	if (!text_copy(parse->rule.name, sizeof(parse->rule.name), name))
		return fail(parse, "the name of the rule is too long");
	for (size_t i = 0; i < parse->rules->n_rules; i++) {
		const struct driver_rule *other = &parse->rules->rules[i];
		if (strcmp(other->name, name) == 0 && strcmp(other->file, parse->file) == 0)
			return fail(parse, "there is a rule of that name in this file already");
	}
	parse->rule.file = strdup(parse->file);
	parse->rule.line = parse->line;
	parse->is_open = true;
	return parse->rule.file != NULL ? 0 : -ENOMEM;
}

/* ---- keys ---- */

static int take_list(struct parse *parse, struct rule_list *list, const char *value)
{
	for (const char *rest = value; rest != NULL;) {
		const char *comma = strchr(rest, ',');
		rest += strspn(rest, " \t");
		size_t n = comma != NULL ? (size_t)(comma - rest) : strlen(rest);
		while (n > 0 && (rest[n - 1] == ' ' || rest[n - 1] == '\t'))
			n--;
		if (n == 0)
			return fail(parse, "there is an empty name in the list");
		int rc = list_add(list, rest, n);
		if (rc < 0)
			return rc;
		rest = comma != NULL ? comma + 1 : NULL;
	}
	return 0;
}

/* A sentence may stand on several lines with the same key. */
static int take_sentence(struct parse *parse, char **sentence, const char *value)
{
	char text[SENTENCE_BYTES];
	int n = snprintf(text, sizeof(text), "%s%s%s", *sentence != NULL ? *sentence : "",
		*sentence != NULL ? " " : "", value);
	if (n < 0 || (size_t)n >= sizeof(text))
		return fail(parse, "the sentence is longer than 511 bytes");
	char *copy = strdup(text);
	if (copy == NULL)
		return -ENOMEM;
	free(*sentence);
	*sentence = copy;
	return 0;
}

static int take_condition(struct parse *parse, const char *value)
{
	struct error words = ERROR_NULL;
	if (mark_condition_check(value, &words) < 0)
		return fail(parse, words.text);
	return list_add(&parse->rule.conditions, value, strlen(value));
}

static int take_version(struct parse *parse, const char *value)
{
	struct error words = ERROR_NULL;
	if (version_range_parse(value, &parse->rule.version, &words) < 0 ||
		!text_copy(parse->rule.version_text, sizeof(parse->rule.version_text), value))
		return fail(parse, words.text);
	return 0;
}

static int take_instead(struct parse *parse, const char *value)
{
	struct driver_rule *rule = &parse->rule;
	size_t n = strlen(value);
	bool is_id =
		n >= 4 && n < sizeof(rule->instead) && strspn(value, "0123456789abcdefABCDEF") == n;
	if (is_id) {
		for (size_t i = 0; i <= n; i++)
			rule->instead[i] = text_lower(value[i]);
		return 0;
	}
	if (n > 4 && text_equal_nocase(value + n - 4, ".inf") &&
		text_copy(rule->instead_family, sizeof(rule->instead_family), value))
		return 0;
	return fail(parse, "instead: expected the id of a package, or the name of an INF");
}

static int take_off(struct parse *parse, const char *value)
{
	if (text_equal_nocase(value, "yes"))
		parse->rule.is_off = true;
	else if (!text_equal_nocase(value, "no"))
		return fail(parse, "off: expected yes or no");
	return 0;
}

static int take_key(struct parse *parse, const char *key, const char *value)
{
	struct driver_rule *rule = &parse->rule;
	const struct {
		const char *key;
		struct rule_list *list;
	} lists[] = {
		{"inf", &rule->infs},
		{"provider", &rule->providers},
		{"class", &rule->classes},
		{"hardware-id", &rule->hardware_ids},
	};
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		if (text_equal_nocase(key, lists[i].key))
			return take_list(parse, lists[i].list, value);
	}
	if (text_equal_nocase(key, "condition"))
		return take_condition(parse, value);
	if (text_equal_nocase(key, "version"))
		return take_version(parse, value);
	if (text_equal_nocase(key, "instead"))
		return take_instead(parse, value);
	if (text_equal_nocase(key, "off"))
		return take_off(parse, value);
	if (text_equal_nocase(key, "why"))
		return take_sentence(parse, &rule->why, value);
	if (text_equal_nocase(key, "source"))
		return take_sentence(parse, &rule->source, value);
	char text[200];
	(void)snprintf(text, sizeof(text),
		"there is no key \"%.40s\"; expected inf, provider, class, hardware-id, version, "
		"condition, instead, why, source or off",
		key);
	return fail(parse, text);
}

/* ---- lines ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static int take_line(struct parse *parse, const char *start, size_t n)
{
	char line[LINE_BYTES];
	while (n > 0 && is_blank(*start)) {
		start++;
		n--;
	}
	while (n > 0 && is_blank(start[n - 1]))
		n--;
	if (n == 0 || *start == '#' || *start == ';')
		return 0;
	if (memchr(start, 0, n) != NULL)
		return fail(parse, "holds a NUL byte; this is no text file");
	if (n >= sizeof(line))
		return fail(parse, "the line is longer than 1023 bytes; a list or sentence may "
				   "stand on several lines with the same key");
	memcpy(line, start, n);
	line[n] = 0;
	if (line[0] == '[')
		return open_rule(parse, line);
	if (!parse->is_open)
		return fail(parse, "expected [rule NAME] before the first key");
	char *equals = strchr(line, '=');
	if (equals == NULL)
		return fail(parse, "expected key = value");
	char *value = equals + 1 + strspn(equals + 1, " \t");
	while (equals > line && is_blank(equals[-1]))
		equals--;
	*equals = 0;
	if (*value == 0)
		return fail(parse, "the key has no value");
	return take_key(parse, line, value);
}

int driver_rules_add(
	struct driver_rules *rules, const char *file, const char *text, size_t n, struct error *err)
{
	struct parse parse = {.rules = rules, .file = file, .err = err};
	int rc = 0;
	size_t at = 0;
	if (n > LIMIT_RULES_BYTES)
		return error_set(err, -EFBIG, "%s: %zu bytes, and a file of rules may have %u",
			file, n, LIMIT_RULES_BYTES);
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	while (rc == 0 && at < n) {
		const char *end = memchr(text + at, '\n', n - at);
		size_t length = end != NULL ? (size_t)(end - text) - at : n - at;
		parse.line++;
		rc = take_line(&parse, text + at, length);
		at += length + 1;
	}
	if (rc == 0)
		rc = close_rule(&parse);
	rule_clear(&parse.rule);
	if (rc == -ENOMEM)
		return error_set(err, rc, "out of memory");
	return rc;
}
