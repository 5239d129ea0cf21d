/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * INF: bytes -> records. Why this is fast:
 * - The file is decoded at the speed of memory (base/decode), so that everything after that sees
 *   bytes, and ASCII ones nearly always. The copy ends with a newline of our own, so that no loop
 *   has to ask whether it is at the end.
 * - A token costs one load and one table look-up for each byte and no allocation: a field is a
 * place in the text, eight bytes in an array that grows by doubling. Comments and quoted strings,
 * half of a real file, are skipped by memchr() and eight bytes at a time.
 * - Only fields written in an unusual way (quotes doubled or in the middle, continuation lines)
 * take the slow way, which puts them together where they start: what is read is never shorter.
 * - Nothing is looked up while reading but section names, once for each [section].
 */
#include "format/inf.h"

#include "base/decode.h"
#include "format/inf_room.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Readable bytes behind the last newline, so that eight at a time may be looked at. */
#define PADDING 16

/* What a byte may mean outside quotes. */
enum class {
	PLAIN,
	BLANK,
	MAYBE_BLANK, /* first byte of a sequence that may be a blank beyond ASCII */
	QUOTE,
	BACKSLASH,
	EQUALS, /* ends a key, plain in a value */
	/* from here on: ends a field */
	COMMA,
	COMMENT,
	NEWLINE,
};

/* NUL is a blank (Wine's tests on Windows); a carriage return too, wherever it stands. */
static const uint8_t classes[256] = {
	[0] = BLANK,
	['\t'] = BLANK,
	['\v'] = BLANK,
	['\f'] = BLANK,
	['\r'] = BLANK,
	[' '] = BLANK,
	['\n'] = NEWLINE,
	['"'] = QUOTE,
	['\\'] = BACKSLASH,
	['='] = EQUALS,
	[','] = COMMA,
	[';'] = COMMENT,
	[0xc2] = MAYBE_BLANK,
	[0xe1] = MAYBE_BLANK,
	[0xe2] = MAYBE_BLANK,
	[0xe3] = MAYBE_BLANK,
};

struct parser {
	struct inf *inf;
	uint8_t *end;     /* the newline of our own */
	uint32_t place;   /* line of the file, 1-based */
	uint32_t section; /* INF_NONE before the first */
	int rc;           /* why grow() failed */
	struct error *err;
};

static void add_problem(struct inf *inf, uint32_t place, const char *format, ...) PRINTF_LIKE(3, 4);

static void add_problem(struct inf *inf, uint32_t place, const char *format, ...)
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

static int out_of_memory(const struct parser *parser)
{
	return error_set(parser->err, -ENOMEM, "%u: out of memory", parser->place);
}

/* The array with twice the room. NULL with parser->rc set if that fails: it is untouched then. */
static void *grow(struct parser *parser, void *array, uint32_t *max, uint32_t limit,
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

/* ---- bytes ---- */

/* Bytes of the blank that starts with one of MAYBE_BLANK: what Windows calls C1_SPACE beyond ASCII.
 * 0 if it is another character. */
static size_t wide_blank(const uint8_t *p)
{
	if (p[0] == 0xc2)
		return p[1] == 0x85 || p[1] == 0xa0 ? 2 : 0;
	uint32_t three = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | (p[1] == '\n' ? 0 : p[2]);
	bool is_blank = three == 0xe19a80 ||                        /* U+1680 */
			(three >= 0xe28080 && three <= 0xe2808a) || /* U+2000 - U+200A */
			three == 0xe280a8 || three == 0xe280a9 ||   /* U+2028, U+2029 */
			three == 0xe280af || three == 0xe2819f ||   /* U+202F, U+205F */
			three == 0xe38080;                          /* U+3000 */
	return is_blank ? 3 : 0;
}

/* Blanks at p, 0 if it is none. */
static inline size_t blank_length(const uint8_t *p)
{
	uint8_t class = classes[*p];
	return class == BLANK ? 1 : class == MAYBE_BLANK ? wide_blank(p) : 0;
}

static inline uint8_t *skip_blanks(uint8_t *p)
{
	for (size_t n; (n = blank_length(p)) > 0;)
		p += n;
	return p;
}

static uint8_t *find_newline(const struct parser *parser, uint8_t *p)
{
	return memchr(p, '\n', (size_t)(parser->end + 1 - p));
}

/* The next quote or newline, eight bytes at a time. (x - 1) & ~x has the high bit where a byte is
 * zero, and may have it above one that is: enough to say whether to look closer. */
static uint8_t *find_quote(uint8_t *p)
{
	const uint64_t ones = 0x0101010101010101U, highs = 0x8080808080808080U;
	for (;; p += 8) {
		uint64_t word, quotes, newlines;
		memcpy(&word, p, sizeof(word));
		quotes = word ^ ones * '"';
		newlines = word ^ ones * '\n';
		if ((((quotes - ones) & ~quotes) | ((newlines - ones) & ~newlines)) & highs)
			break;
	}
	while (*p != '"' && *p != '\n')
		p++;
	return p;
}

/* ---- fields ---- */

static inline bool ends_field(uint8_t c, bool is_key)
{
	uint8_t class = classes[c];
	return class >= COMMA || (class == EQUALS && is_key);
}

/* Puts [p, end) at *out. */
static void move_to(uint8_t **out, const uint8_t *p, const uint8_t *end)
{
	size_t n = (size_t)(end - p);
	memmove(*out, p, n);
	*out += n;
}

/* From behind the opening quote to behind the closing one; a line's end closes too. */
static uint8_t *take_quoted(struct parser *parser, uint8_t *p, uint8_t **out)
{
	for (;;) {
		uint8_t *q = find_quote(p);
		if (*q == '\n') {
			uint8_t *end = q > p && q[-1] == '\r' ? q - 1 : q;
			move_to(out, p, end);
			add_problem(parser->inf, parser->place,
				"a quotation mark is open at the end of the line, expected \"");
			return q;
		}
		if (q[1] != '"') {
			move_to(out, p, q);
			return q + 1;
		}
		move_to(out, p, q + 1); /* "" is one " */
		p = q + 2;
	}
}

/*
 * At a backslash, or at blanks in front of one (from). Followed by nothing but blanks, backslashes
 * and a comment it continues the line: none of that is content, nor are the blanks that the next
 * line starts with ("General Syntax Rules"; that blanks in front go too, and that at the end of the
 * file it means nothing: Wine's tests on Windows). Else it is a character like others.
 */
static uint8_t *take_backslash(struct parser *parser, uint8_t *from, uint8_t *p, uint8_t **out)
{
	uint8_t *last = p; /* behind the last backslash */
	for (;;) {
		if (*p == '\\')
			last = ++p;
		else if (blank_length(p) > 0)
			p += blank_length(p);
		else
			break;
	}
	if (classes[*p] != COMMENT && *p != '\n') {
		move_to(out, from, last);
		return last;
	}
	p = find_newline(parser, p);
	if (p == parser->end)
		return p;
	parser->place++;
	return skip_blanks(p + 1);
}

/* A field however it is written, put together where it starts. */
static uint8_t *take_odd_field(
	struct parser *parser, uint8_t *start, bool is_key, struct inf_span *ret_span)
{
	uint8_t *p = start, *out = start;

	while (!ends_field(*p, is_key)) {
		uint8_t *content = skip_blanks(p);
		if (*content == '\\') {
			p = take_backslash(parser, p, content, &out);
			continue;
		}
		if (ends_field(*content, is_key)) {
			p = content;
			break;
		}
		move_to(&out, p, content); /* blanks within */
		p = content;
		if (*p == '"')
			p = take_quoted(parser, p + 1, &out);
		else
			*out++ = *p++;
	}
	*ret_span = (struct inf_span){
		(uint32_t)(start - (uint8_t *)parser->inf->text), (uint32_t)(out - start)};
	return p;
}

/*
 * One field, from its first byte (blanks are skipped) to what ends it: a comma, a comment, a
 * newline, and for a key an equals sign. Without the blanks behind it.
 */
static uint8_t *take_field(
	struct parser *parser, uint8_t *start, bool is_key, struct inf_span *ret_span)
{
	uint8_t *p = start, *content = start, *end;

	if (*p == '"') {
		content = p + 1;
		end = find_quote(content);
		if (*end != '"' || end[1] == '"')
			return take_odd_field(parser, start, is_key, ret_span);
		p = skip_blanks(end + 1);
		if (!ends_field(*p, is_key))
			return take_odd_field(parser, start, is_key, ret_span);
	} else {
		for (;;) {
			while (classes[*p] == PLAIN)
				p++;
			end = p;
			if (ends_field(*p, is_key))
				break;
			p = skip_blanks(p);
			if (p > end) {
				if (ends_field(*p, is_key))
					break;
				continue;
			}
			/* A backslash within a path, and not the beginning of something else. */
			bool is_odd = classes[*p] == QUOTE ||
				      (classes[*p] == BACKSLASH && classes[p[1]] != PLAIN);
			if (is_odd)
				return take_odd_field(parser, start, is_key, ret_span);
			p++;
		}
	}
	*ret_span = (struct inf_span){
		(uint32_t)(content - (uint8_t *)parser->inf->text), (uint32_t)(end - content)};
	return p;
}

static int add_field(struct parser *parser, struct inf_span span)
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
			add_problem(inf, parser->place,
				"a field of more than %d characters is cut there, as Windows does",
				INF_FIELD_UNITS);
		span.length = (uint32_t)length;
	}
	inf->fields[inf->n_fields++] = span;
	return 0;
}

/* ---- lines ---- */

static int add_line(struct parser *parser, struct inf_line line)
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
static int take_line(struct parser *parser, uint8_t *p, uint8_t **ret_p)
{
	struct inf *inf = parser->inf;
	struct inf_line line = {
		.first_field = inf->n_fields, .place = parser->place, .next = INF_NONE};
	bool is_key = true;

	for (;;) {
		struct inf_span span;
		p = take_field(parser, p, is_key, &span);
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
		p = skip_blanks(p + 1);
	}
	line.n_fields = (inf->n_fields - line.first_field) & INT32_MAX;
	*ret_p = p;
	return add_line(parser, line);
}

/* From the opening bracket to the end of its line. */
static int take_section(struct parser *parser, uint8_t *p, uint8_t **ret_p)
{
	struct inf *inf = parser->inf;
	uint8_t *start = p + 1, *end = start;
	while (*end != ']' && *end != '\n')
		end++;
	p = end;
	if (*end == '\n') {
		while (end > start && (classes[end[-1]] == BLANK))
			end--;
		add_problem(inf, parser->place,
			"a section name without its closing bracket, expected ]");
	} else {
		p = skip_blanks(p + 1);
		if (*p != '\n' && *p != ';')
			add_problem(
				inf, parser->place, "text behind the ] of a section is ignored");
		p = find_newline(parser, p);
	}

	struct inf_span span = {(uint32_t)(start - (uint8_t *)inf->text), (uint32_t)(end - start)};
	struct inf_text name = inf_span_text(inf, span);
	if (inf_cut(name, INF_SECTION_NAME_UNITS) < name.length)
		add_problem(inf, parser->place,
			"a section name of more than %d characters: Windows refuses this file",
			INF_SECTION_NAME_UNITS);
	*ret_p = p;
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

static int parse_text(struct parser *parser)
{
	bool is_told = false;
	uint8_t *p = (uint8_t *)parser->inf->text;

	while (p < parser->end) {
		int rc = 0;
		p = skip_blanks(p);
		if (*p == '\n') {
			parser->place++;
			p++;
		} else if (*p == ';') {
			p = find_newline(parser, p);
		} else if (*p == '[') {
			rc = take_section(parser, p, &p);
		} else if (parser->section == INF_NONE) {
			if (!is_told)
				add_problem(parser->inf, parser->place,
					"text before the first section is ignored, expected [");
			is_told = true;
			p = find_newline(parser, p);
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
	char *bytes = (char *)text->bytes;
	char *end = memchr(bytes, 0x1a, text->size);
	if (end != NULL)
		text->size = (size_t)(end - bytes);
	end = bytes + text->size;
	for (char *p = bytes; (p = memchr(p, 0, (size_t)(end - p))) != NULL;)
		*p++ = ' ';
	if (memchr(bytes, '\n', text->size) == NULL)
		for (char *p = bytes; (p = memchr(p, '\r', (size_t)(end - p))) != NULL;)
			*p++ = '\n';
	*end = '\n';
	memset(end + 1, 0, PADDING);
}

static int decode(struct inf *inf, const void *bytes, size_t n, struct parser *parser)
{
	struct buffer text = buffer_with_max(3 * (size_t)LIMIT_INF_BYTES + PADDING + 1);
	enum text_encoding encoding = text_detect(bytes, n);
	bool is_ill_formed = false;

	int rc = text_decode(bytes, n, encoding, &text, &is_ill_formed);
	if (rc == 0)
		rc = buffer_reserve(&text, PADDING + 1);
	inf->text = (char *)text.bytes;
	if (rc < 0)
		return out_of_memory(parser);
	if (is_ill_formed)
		add_problem(inf, 1, "there are bytes that are no %s", text_encoding_name(encoding));
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
	struct parser parser = {.inf = inf, .place = 1, .section = INF_NONE, .err = err};
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
