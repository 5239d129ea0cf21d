/* SPDX-License-Identifier: GPL-3.0-or-later */
/* INF: bytes -> fields, however these are written. The fast way is in inf_scan.h. */
#include "format/inf_scan.h"

#include <string.h>

/* NUL is a blank (Wine's tests on Windows); a carriage return too, wherever it stands. */
const uint8_t inf_classes[256] = {
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

size_t inf_wide_blank(const uint8_t *p)
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

uint8_t *inf_trim_slowly(uint8_t *start, const uint8_t *end)
{
	uint8_t *last = start;
	while (start < end) {
		size_t n = inf_blank_length(start);
		start += n > 0 ? n : 1;
		if (n == 0)
			last = start;
	}
	return last;
}

bool inf_is_blank(uint8_t byte)
{
	return inf_classes[byte] == BLANK;
}

/* The next quote or newline. */
static uint8_t *find_quote(uint8_t *p)
{
	for (;; p += 16) {
		bytes16 bytes = bytes16_at(p);
		uint32_t found = bytes16_bits((bytes16)((bytes == '"') | (bytes == '\n')));
		if (found != 0)
			return p + __builtin_ctz(found);
	}
}

/* ---- marks ---- */

void inf_start_marks(struct inf_parser *parser, uint8_t *start)
{
	parser->mark = NULL;
	parser->block = start;
	parser->more = inf_marks_of(start);
	inf_next_mark(parser);
}

uint8_t *inf_find_newline(struct inf_parser *parser)
{
	uint8_t *mark = parser->mark;
	while (*mark != '\n')
		mark = inf_next_mark(parser);
	return mark;
}

/* ---- fields ---- */

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
		else if (inf_blank_length(p) > 0)
			p += inf_blank_length(p);
		else
			break;
	}
	if (inf_classes[*p] != COMMENT && *p != '\n') {
		move_to(out, from, last);
		return last;
	}
	p = memchr(p, '\n', (size_t)(parser->end + 1 - p));
	if (p == parser->end)
		return p;
	parser->place++;
	return inf_skip_blanks(p + 1);
}

uint8_t *inf_take_odd_field(
	struct inf_parser *parser, uint8_t *start, bool is_key, struct inf_span *ret_span)
{
	uint8_t *p = start, *out = start;

	while (!inf_ends_field(*p, is_key)) {
		uint8_t *content = inf_skip_blanks(p);
		if (*content == '\\') {
			p = take_backslash(parser, p, content, &out);
			continue;
		}
		if (inf_ends_field(*content, is_key)) {
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
	/* The fast way went to some mark up to here before it gave up. */
	while (parser->mark < p)
		inf_next_mark(parser);
	return p;
}
