/* SPDX-License-Identifier: GPL-3.0-or-later */
/* INF: bytes -> fields. What makes it fast stands in inf.c. */
#include "format/inf_room.h"

#include <string.h>

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

/* A blank's bytes at p; 0 if it is none. */
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

uint8_t *inf_skip_blanks(uint8_t *p)
{
	return skip_blanks(p);
}

bool inf_is_blank(uint8_t byte)
{
	return classes[byte] == BLANK;
}

uint8_t *inf_find_newline(const struct inf_parser *parser, uint8_t *p)
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
static uint8_t *take_quoted(struct inf_parser *parser, uint8_t *p, uint8_t **out)
{
	for (;;) {
		uint8_t *q = find_quote(p);
		if (*q == '\n') {
			uint8_t *end = q > p && q[-1] == '\r' ? q - 1 : q;
			move_to(out, p, end);
			inf_add_problem(parser->inf, parser->place,
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
static uint8_t *take_backslash(struct inf_parser *parser, uint8_t *from, uint8_t *p, uint8_t **out)
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
	p = inf_find_newline(parser, p);
	if (p == parser->end)
		return p;
	parser->place++;
	return skip_blanks(p + 1);
}

/* A field however it is written, put together where it starts. */
static uint8_t *take_odd_field(
	struct inf_parser *parser, uint8_t *start, bool is_key, struct inf_span *ret_span)
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

/* Behind the opening quote of a field that holds no other one: what ends the field, *ret_end the
 * closing quote. NULL if it is not that simple. */
static inline uint8_t *scan_quoted(uint8_t *p, bool is_key, uint8_t **ret_end)
{
	uint8_t *end = find_quote(p);
	if (*end != '"' || end[1] == '"')
		return NULL;
	*ret_end = end;
	p = skip_blanks(end + 1);
	return ends_field(*p, is_key) ? p : NULL;
}

/* The same of a field without quotes and continuation; *ret_end is behind its last character. */
static inline uint8_t *scan_plain(uint8_t *p, bool is_key, uint8_t **ret_end)
{
	for (;;) {
		while (classes[*p] == PLAIN)
			p++;
		*ret_end = p;
		p = skip_blanks(p);
		if (ends_field(*p, is_key))
			return p;
		if (p > *ret_end)
			continue; /* blanks within */
		if (classes[*p] == QUOTE)
			return NULL;
		/* A backslash within a path, and not the beginning of something else. */
		if (classes[*p] == BACKSLASH && classes[p[1]] != PLAIN)
			return NULL;
		p++;
	}
}

uint8_t *inf_take_field(
	struct inf_parser *parser, uint8_t *start, bool is_key, struct inf_span *ret_span)
{
	uint8_t *content = *start == '"' ? start + 1 : start, *end;
	uint8_t *p = content > start ? scan_quoted(content, is_key, &end)
				     : scan_plain(content, is_key, &end);
	if (p == NULL)
		return take_odd_field(parser, start, is_key, ret_span);
	*ret_span = (struct inf_span){
		(uint32_t)(content - (uint8_t *)parser->inf->text), (uint32_t)(end - content)};
	return p;
}
