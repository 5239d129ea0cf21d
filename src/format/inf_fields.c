/* SPDX-License-Identifier: GPL-3.0-or-later */
/* INF: records -> answers. Sections and lines by name, fields with their %strings% filled in. */
#include "base/text.h"
#include "format/inf_room.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Up to this many lines are compared one by one: less work than making an index. */
#define WALKED_LINES 16

enum inf_encoding inf_encoding(const struct inf *inf)
{
	return inf->encoding;
}

const char *inf_encoding_name(enum inf_encoding encoding)
{
	static const char *const names[] = {
		[INF_CP1252] = "Windows-1252",
		[INF_UTF8] = "UTF-8",
		[INF_UTF8_BOM] = "UTF-8 with byte order mark",
		[INF_UTF16LE] = "UTF-16LE",
		[INF_UTF16BE] = "UTF-16BE",
	};
	return names[encoding];
}

void inf_add_problem(struct inf *inf, uint32_t place, const char *format, ...)
{
	inf->n_problems_all++;
	if (inf->n_problems == LIMIT_INF_PROBLEMS)
		return;
	struct inf_problem *problem = &inf->problems[inf->n_problems++];
	problem->line = place;
	va_list args;
	va_start(args, format);
	(void)vsnprintf(problem->text, sizeof(problem->text), format, args);
	va_end(args);
}

const struct inf_problem *inf_problems(const struct inf *inf, size_t *ret_n, size_t *ret_n_all)
{
	*ret_n = inf->n_problems;
	if (ret_n_all != NULL)
		*ret_n_all = inf->n_problems_all;
	return inf->problems;
}

/* ---- sections ---- */

uint32_t inf_n_sections(const struct inf *inf)
{
	return inf->n_sections;
}

struct inf_text inf_section_name(const struct inf *inf, uint32_t section)
{
	return inf_span_text(inf, inf->sections[section].name);
}

uint32_t inf_find_section(const struct inf *inf, const char *name, size_t length)
{
	struct inf_text text = {name, length};
	return inf_seek_section(inf, text, inf_name_hash(inf->seed, text));
}

uint32_t inf_section_n_lines(const struct inf *inf, uint32_t section)
{
	return inf->sections[section].n_lines;
}

uint32_t inf_section_place(const struct inf *inf, uint32_t section)
{
	return inf->sections[section].place;
}

uint32_t inf_first_line(const struct inf *inf, uint32_t section)
{
	return inf->sections[section].first_line;
}

uint32_t inf_next_line(const struct inf *inf, uint32_t line)
{
	return inf->lines[line].next;
}

uint32_t inf_line_place(const struct inf *inf, uint32_t line)
{
	return inf->lines[line].place;
}

uint32_t inf_n_fields(const struct inf *inf, uint32_t line)
{
	return inf->lines[line].n_fields;
}

bool inf_has_equals(const struct inf *inf, uint32_t line)
{
	return inf->lines[line].has_equals;
}

bool inf_has_key(const struct inf *inf, uint32_t line)
{
	return inf->lines[line].has_equals || inf->lines[line].n_fields == 1;
}

/* ---- lines by key ---- */

/* As written: unquoted, nothing filled in. */
static struct inf_text field_raw(const struct inf *inf, uint32_t line, uint32_t field)
{
	const struct inf_line *found = &inf->lines[line];
	if (field == 0 && found->has_equals)
		return inf_span_text(inf, inf->fields[found->first_field - 1]);
	/* A line of one value is its own key: SetupAPI finds it by that. */
	if (field == 0 && found->n_fields == 1)
		field = 1;
	if (field == 0 || field > found->n_fields)
		return (struct inf_text){"", 0};
	return inf_span_text(inf, inf->fields[found->first_field + field - 1]);
}

/* Keys as they are written (of strings), or filled in (of everything else). */
enum key_form {
	KEYS_AS_WRITTEN,
	KEYS_FILLED_IN,
};

static struct inf_text key_of(
	const struct inf *inf, uint32_t line, enum key_form form, struct inf_scratch *scratch)
{
	return form == KEYS_AS_WRITTEN ? field_raw(inf, line, 0) : inf_field(inf, line, 0, scratch);
}

/* The place of that key: taken by its line, or free. */
static uint32_t seek_key(const struct inf *inf, const struct inf_index *index, struct inf_text key,
	enum key_form form)
{
	struct inf_scratch scratch;
	uint32_t at = inf_name_hash(inf->seed, key) & index->mask;
	while (index->slots[at] != 0) {
		struct inf_text other = key_of(inf, index->slots[at] - 1, form, &scratch);
		if (inf_name_equal(other, key))
			break;
		at = (at + 1) & index->mask;
	}
	return at;
}

/* The first line of each key of a section. Without memory for it there is no index. */
static void make_index(
	const struct inf *inf, uint32_t section, enum key_form form, struct inf_index *index)
{
	uint32_t places = 2 * WALKED_LINES;
	while (places < 2 * inf->sections[section].n_lines)
		places *= 2;
	struct inf_index made = {calloc(places, sizeof(*made.slots)), places - 1};
	if (made.slots == NULL)
		return;
	for (uint32_t line = inf_first_line(inf, section); line != INF_NONE;
		line = inf_next_line(inf, line)) {
		struct inf_scratch scratch;
		if (!inf_has_key(inf, line))
			continue;
		uint32_t at = seek_key(inf, &made, key_of(inf, line, form, &scratch), form);
		if (made.slots[at] == 0)
			made.slots[at] = line + 1;
	}
	*index = made;
}

static uint32_t walk_to_key(
	const struct inf *inf, uint32_t line, struct inf_text key, enum key_form form)
{
	struct inf_scratch scratch;
	for (; line != INF_NONE; line = inf_next_line(inf, line))
		if (inf_has_key(inf, line) &&
			inf_name_equal(key_of(inf, line, form, &scratch), key))
			break;
	return line;
}

/* The first line with that key. */
static uint32_t find_key(const struct inf *inf, uint32_t section, struct inf_index *index,
	struct inf_text key, enum key_form form)
{
	if (inf->sections[section].n_lines > WALKED_LINES && index->slots == NULL)
		make_index(inf, section, form, index);
	if (index->slots == NULL)
		return walk_to_key(inf, inf_first_line(inf, section), key, form);
	uint32_t found = index->slots[seek_key(inf, index, key, form)];
	return found == 0 ? INF_NONE : found - 1;
}

uint32_t inf_find_line(
	const struct inf *inf, uint32_t section, const char *key, size_t length, uint32_t from)
{
	struct inf_text text = {key, length};
	if (from != INF_NONE)
		return walk_to_key(inf, from, text, KEYS_FILLED_IN);
	return find_key(inf, section, &inf->sections[section].keys, text, KEYS_FILLED_IN);
}

/* ---- strings ---- */

/* LANGID of "Strings.0407"; -1 if the name is none of that form. */
static int32_t language_of(struct inf_text name)
{
	static const char prefix[] = "strings.";
	const size_t n = sizeof(prefix) - 1;
	int32_t language = 0;

	if (name.length != n + 4 ||
		!inf_name_equal((struct inf_text){name.text, n}, (struct inf_text){prefix, n}))
		return -1;
	for (size_t i = n; i < n + 4; i++) {
		char c = text_lower(name.text[i]);
		if (c >= '0' && c <= '9')
			language = language << 4 | (c - '0');
		else if (c >= 'a' && c <= 'f')
			language = language << 4 | (c - 'a' + 10);
		else
			return -1;
	}
	return language;
}

/* How well that [Strings.LLLL] serves: 0 best; 3 not at all, unless there is nothing else. The
 * order is that of "INF Strings Section". */
static int language_distance(uint16_t wanted, uint16_t language)
{
	const uint16_t primary = 0x3ff;
	if (wanted == 0 || (wanted & primary) != (language & primary))
		return 3;
	if (wanted == language)
		return 0;
	return language >> 10 == 0 ? 1 : 2;
}

void inf_choose_strings(struct inf *inf, uint16_t wanted)
{
	uint32_t plain = inf_find_section(inf, "strings", 7);
	uint32_t best = INF_NONE;
	int best_distance = 4;

	for (uint32_t i = 0; i < inf->n_sections; i++) {
		int32_t language = language_of(inf_section_name(inf, i));
		if (language < 0)
			continue;
		int distance = language_distance(wanted, (uint16_t)language);
		if (distance < best_distance) {
			best = i;
			best_distance = distance;
		}
	}
	inf->strings = best_distance > 2 && plain != INF_NONE ? plain : best;
}

/* What %name% stands for; false if nothing. */
static bool find_string(const struct inf *inf, struct inf_text name, struct inf_text *ret_value)
{
	if (inf->strings == INF_NONE)
		return false;
	uint32_t line = find_key(inf, inf->strings, inf->string_keys, name, KEYS_AS_WRITTEN);
	if (line == INF_NONE)
		return false;
	*ret_value = field_raw(inf, line, 1);
	return true;
}

/* ---- fields ---- */

/* Adds to the scratch what fits. */
static void add_text(struct inf_scratch *scratch, size_t *at, const char *text, size_t length)
{
	size_t left = sizeof(scratch->bytes) - *at;
	if (length > left)
		length = left;
	memcpy(scratch->bytes + *at, text, length);
	*at += length;
}

/*
 * From the left: text between two % is a name. %% is one %, a name that stands for nothing is left
 * with both of its %, and so is a last % without its partner. What is filled in is not looked at
 * again, so that strings cannot grow by referring to each other.
 */
static struct inf_text expand(
	const struct inf *inf, struct inf_text text, struct inf_scratch *scratch)
{
	const char *p = text.text, *end = p + text.length;
	const char *percent = text.length == 0 ? NULL : memchr(p, '%', text.length);
	size_t at = 0;

	if (percent == NULL)
		return text;
	for (; percent != NULL; percent = memchr(p, '%', (size_t)(end - p))) {
		const char *name = percent + 1;
		const char *close = memchr(name, '%', (size_t)(end - name));
		if (close == NULL)
			break;
		add_text(scratch, &at, p, (size_t)(percent - p));
		struct inf_text value, key = {name, (size_t)(close - name)};
		if (key.length == 0)
			add_text(scratch, &at, "%", 1);
		else if (find_string(inf, key, &value))
			add_text(scratch, &at, value.text, value.length);
		else
			add_text(scratch, &at, percent, key.length + 2);
		p = close + 1;
		if (at == sizeof(scratch->bytes))
			break;
	}
	add_text(scratch, &at, p, (size_t)(end - p));
	struct inf_text filled = {scratch->bytes, at};
	filled.length = inf_cut(filled, INF_FIELD_UNITS);
	return filled;
}

struct inf_text inf_field(
	const struct inf *inf, uint32_t line, uint32_t field, struct inf_scratch *scratch)
{
	return expand(inf, field_raw(inf, line, field), scratch);
}

bool inf_field_copy(const struct inf *inf, uint32_t line, uint32_t field, char *out, size_t size)
{
	struct inf_scratch scratch;
	bool is_there = field == 0 ? inf_has_key(inf, line) : field <= inf_n_fields(inf, line);
	struct inf_text text = inf_field(inf, line, field, &scratch);
	size_t n = text.length < size ? text.length : size - 1;

	/* Never half a character. */
	while (n < text.length && n > 0 && ((uint8_t)text.text[n] & 0xc0) == 0x80)
		n--;
	memcpy(out, text.text, n);
	out[n] = 0;
	return is_there && n == text.length;
}

bool inf_field_number(const struct inf *inf, uint32_t line, uint32_t field, int64_t *ret_value)
{
	char text[32];
	if (!inf_field_copy(inf, line, field, text, sizeof(text)))
		return false;
	if (text[0] == 0) { /* a value that is left out is 0 */
		*ret_value = 0;
		return true;
	}
	bool is_negative = text[0] == '-';
	const char *digits = text + (text[0] == '-' || text[0] == '+' ? 1 : 0);
	bool is_hex = digits[0] == '0' && text_lower(digits[1]) == 'x';
	int64_t value = 0;
	digits += is_hex ? 2 : 0;
	if (digits[0] == 0)
		return false;
	for (; digits[0] != 0; digits++) {
		char c = text_lower(digits[0]);
		if (c >= '0' && c <= '9')
			c = (char)(c - '0');
		else if (is_hex && c >= 'a' && c <= 'f')
			c = (char)(c - 'a' + 10);
		else
			return false;
		value = value * (is_hex ? 16 : 10) + c;
		if (value > UINT32_MAX)
			return false;
	}
	*ret_value = is_negative ? -value : value;
	return true;
}
