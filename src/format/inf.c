/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * INF: bytes -> records. Why this is fast:
 * - The file is decoded at the speed of memory (base/decode), so that everything after that sees
 *   bytes, and ASCII ones nearly always. The copy ends with a newline of our own, so that no loop
 *   has to ask whether it is at the end.
 * - The bytes that can end or change a field are found 64 at a time (inf_scan.h), and the reader
 *   goes from one to the next. What is left for each of them is a look-up of its kind.
 * - No allocation per token: a field is a place in the text, eight bytes in an array that grows by
 *   doubling.
 * - Only fields written in an unusual way (quotes doubled or in the middle, continuation lines)
 *   take the slow way, which puts them together where they start: what is read is never shorter,
 *   so that marks ahead, found already, stay where they are.
 * - Nothing is looked up while reading but section names, once for each [section].
 */
#include "format/inf.h"

#include "base/decode.h"
#include "format/inf_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Readable bytes in front of the text and behind its last newline, so that all that looks at 16 or
 * 64 in one go may do so everywhere. */
#define BEFORE 16
#define BEHIND 80

static int out_of_memory(const struct inf_parser *parser)
{
	return error_set(parser->err, -ENOMEM, "%u: out of memory", parser->place);
}

/* The array with twice the room. NULL with parser->rc set if that fails: it is untouched then. */
static void *grow(struct inf_parser *parser, void *array, uint32_t *max, uint32_t limit,
	size_t item_bytes, const char *what)
{
	if (*max == limit) {
		parser->rc = error_set(parser->err, -EFBIG, "%u: more than %u %s in one INF",
			parser->place, limit, what);
		return NULL;
	}
	uint32_t wanted = *max < 64 ? 64 : *max < limit / 2 ? *max * 2 : limit;
	void *grown = realloc(array, wanted * item_bytes);
	if (grown == NULL)
		parser->rc = out_of_memory(parser);
	else
		*max = wanted;
	return grown;
}

/* ---- lines ---- */

static int add_field(struct inf_parser *parser, struct inf_span span)
{
	struct inf *inf = parser->inf;
	if (inf->n_fields == inf->max_fields) {
		void *fields = grow(parser, inf->fields, &inf->max_fields, LIMIT_INF_FIELDS,
			sizeof(*inf->fields), "fields");
		if (fields == NULL)
			return parser->rc;
		inf->fields = fields;
	}
	if (span.length > INF_FIELD_UNITS) {
		size_t length = inf_cut(inf_span_text(inf, span), INF_FIELD_UNITS);
		if (length < span.length)
			inf_add_problem(inf, parser->place,
				"a field of more than %d characters is cut there, as Windows does",
				INF_FIELD_UNITS);
		span.length = (uint32_t)length;
	}
	inf->fields[inf->n_fields++] = span;
	return 0;
}

static int add_line(struct inf_parser *parser, struct inf_line line)
{
	struct inf *inf = parser->inf;
	if (inf->n_lines == inf->max_lines) {
		void *lines = grow(parser, inf->lines, &inf->max_lines, LIMIT_INF_LINES,
			sizeof(*inf->lines), "lines");
		if (lines == NULL)
			return parser->rc;
		inf->lines = lines;
	}
	uint32_t number = inf->n_lines++;
	inf->lines[number] = line;
	struct inf_section *section = &inf->sections[parser->section];
	if (section->n_lines++ == 0)
		section->first_line = number;
	else
		inf->lines[section->last_line].next = number;
	section->last_line = number;
	return 0;
}

/* A line with content, to the comment or newline that ends it. */
static int take_line(struct inf_parser *parser, uint8_t *p, uint8_t **ret_p)
{
	struct inf *inf = parser->inf;
	struct inf_line line = {
		.first_field = inf->n_fields, .place = parser->place, .next = INF_NONE};
	bool is_key = true;

	for (;;) {
		struct inf_span span;
		p = inf_take_field(parser, p, is_key, &span);
		int rc = add_field(parser, span);
		if (rc < 0)
			return rc;
		if (*p != ',' && *p != '=')
			break;
		if (*p == '=') {
			line.has_equals = true;
			line.first_field++;
		}
		is_key = false;
		inf_next_mark(parser);
		p = inf_skip_blanks(p + 1);
	}
	line.n_fields = (inf->n_fields - line.first_field) & INT32_MAX;
	*ret_p = p;
	return add_line(parser, line);
}

/* From the opening bracket to the end of its line. */
static int take_section(struct inf_parser *parser, uint8_t *p, uint8_t **ret_p)
{
	struct inf *inf = parser->inf;
	uint8_t *start = p + 1, *end = start;
	while (*end != ']' && *end != '\n')
		end++;
	if (*end == '\n') {
		while (end > start && inf_is_blank(end[-1]))
			end--;
		inf_add_problem(inf, parser->place,
			"a section name without its closing bracket, expected ]");
	} else {
		p = inf_skip_blanks(end + 1);
		if (*p != '\n' && *p != ';')
			inf_add_problem(
				inf, parser->place, "text behind the ] of a section is ignored");
	}

	struct inf_span span = {(uint32_t)(start - (uint8_t *)inf->text), (uint32_t)(end - start)};
	struct inf_text name = inf_span_text(inf, span);
	if (inf_cut(name, INF_SECTION_NAME_UNITS) < name.length)
		inf_add_problem(inf, parser->place,
			"a section name of more than %d characters: Windows refuses this file",
			INF_SECTION_NAME_UNITS);
	*ret_p = inf_find_newline(parser);
	uint32_t hash = inf_name_hash(inf->seed, name);
	parser->section = inf_seek_section(inf, name, hash);
	if (parser->section != INF_NONE)
		return 0;
	if (inf->n_sections == inf->max_sections) {
		void *sections = grow(parser, inf->sections, &inf->max_sections, LIMIT_INF_SECTIONS,
			sizeof(*inf->sections), "sections");
		if (sections == NULL)
			return parser->rc;
		inf->sections = sections;
	}
	parser->section = inf->n_sections;
	int rc = inf_add_section(inf, span, hash, parser->place);
	return rc < 0 ? out_of_memory(parser) : 0;
}

static int parse_text(struct inf_parser *parser)
{
	bool is_told = false;
	uint8_t *p = (uint8_t *)parser->inf->text + BEFORE;

	inf_start_marks(parser, p);
	while (p < parser->end) {
		int rc = 0;
		p = inf_skip_blanks(p);
		if (*p == '\n') {
			parser->place++;
			p++;
			inf_next_mark(parser);
		} else if (*p == ';') {
			p = inf_find_newline(parser);
		} else if (*p == '[') {
			rc = take_section(parser, p, &p);
		} else if (parser->section == INF_NONE) {
			if (!is_told)
				inf_add_problem(parser->inf, parser->place,
					"text before the first section is ignored, expected [");
			is_told = true;
			p = inf_find_newline(parser);
		} else {
			rc = take_line(parser, p, &p);
		}
		if (rc < 0)
			return rc;
	}
	if (parser->section == INF_NONE)
		return error_set(parser->err, -EINVAL,
			"%u: no section in the whole file, expected [", parser->place);
	return 0;
}

/* ---- the file ---- */

static enum inf_encoding encoding_of(enum text_encoding encoding)
{
	static const enum inf_encoding same[] = {
		[TEXT_CP1252] = INF_CP1252,
		[TEXT_UTF8] = INF_UTF8,
		[TEXT_UTF8_BOM] = INF_UTF8_BOM,
		[TEXT_UTF16LE] = INF_UTF16LE,
		[TEXT_UTF16BE] = INF_UTF16BE,
	};
	return same[encoding];
}

/*
 * The text up to Ctrl-Z, which ends it wherever it stands, and a newline behind. NUL becomes a
 * space as in SetupAPI. Lines end with a line feed alone; a file that has none but has carriage
 * returns is taken to end its lines with these ("each entry ends with a return or linefeed
 * character").
 */
static void normalise(struct buffer *text)
{
	char *bytes = (char *)text->bytes + BEFORE, *end = (char *)text->bytes + text->size;
	char *ctrl_z = memchr(bytes, 0x1a, (size_t)(end - bytes));
	if (ctrl_z != NULL)
		end = ctrl_z;
	for (char *p = bytes; (p = memchr(p, 0, (size_t)(end - p))) != NULL;)
		*p++ = ' ';
	if (memchr(bytes, '\n', (size_t)(end - bytes)) == NULL)
		for (char *p = bytes; (p = memchr(p, '\r', (size_t)(end - p))) != NULL;)
			*p++ = '\n';
	text->size = (size_t)(end - (char *)text->bytes);
	*end = '\n';
	memset(end + 1, 0, BEHIND);
}

static int decode(struct inf *inf, const void *bytes, size_t n, struct inf_parser *parser)
{
	struct buffer text = buffer_with_max(BEFORE + 3 * (size_t)LIMIT_INF_BYTES + BEHIND + 1);
	enum text_encoding encoding = text_detect(bytes, n);
	bool is_ill_formed = false;

	int rc = buffer_add_zeros(&text, BEFORE);
	if (rc == 0)
		rc = text_decode(bytes, n, encoding, &text, &is_ill_formed);
	if (rc == 0)
		rc = buffer_reserve(&text, BEHIND + 1);
	inf->text = (char *)text.bytes;
	if (rc < 0)
		return out_of_memory(parser);
	if (is_ill_formed)
		inf_add_problem(
			inf, 1, "there are bytes that are no %s", text_encoding_name(encoding));
	normalise(&text);
	inf->encoding = encoding_of(encoding);
	parser->end = text.bytes + text.size;
	return 0;
}

int inf_parse(const void *bytes, size_t n, const struct inf_options *options, struct inf **ret_inf,
	struct error *err)
{
	if (n > LIMIT_INF_BYTES)
		return error_set(err, -EFBIG, "1: an INF of %zu bytes, at most %u are read", n,
			LIMIT_INF_BYTES);
	CLEANUP(inf_freep) struct inf *inf = calloc(1, sizeof(*inf));
	struct inf_parser parser = {.inf = inf, .place = 1, .section = INF_NONE, .err = err};
	if (inf == NULL)
		return out_of_memory(&parser);
	inf->seed = (uint64_t)(uintptr_t)inf * 0x9e3779b97f4a7c15U;
	inf->strings = INF_NONE;
	inf->string_keys = calloc(1, sizeof(*inf->string_keys));
	if (inf->string_keys == NULL)
		return out_of_memory(&parser);

	int rc = decode(inf, bytes, n, &parser);
	if (rc == 0)
		rc = parse_text(&parser);
	if (rc < 0)
		return rc;
	inf_choose_strings(inf, options == NULL ? 0 : options->language);
	*ret_inf = TAKE(inf);
	return 0;
}

struct inf *inf_free(struct inf *inf)
{
	if (inf == NULL)
		return NULL;
	for (uint32_t i = 0; i < inf->n_sections; i++)
		free(inf->sections[i].keys.slots);
	free(inf->section_names.slots);
	if (inf->string_keys != NULL)
		free(inf->string_keys->slots);
	free(inf->string_keys);
	free(inf->sections);
	free(inf->lines);
	free(inf->fields);
	free(inf->text);
	free(inf);
	return NULL;
}
