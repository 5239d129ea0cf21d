/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * INF: bytes -> fields, the fast way; here, because the loop of inf.c wants it inlined.
 *
 * Marks are the bytes that can end or change a field: " , ; = \ and the newline. They are found 64
 * bytes at a time, whatever these are: compared with all six, one bit for each byte, as simdjson
 * does for JSON. The reader then goes from bit to bit. There is no loop over a field's characters,
 * whose end no processor can foresee, and the next mark does not depend on what is done with the
 * field in between.
 *
 * Unlike in JSON a quote that is open ends with its line, and comments may hold any number of
 * quotes. What lies within quotes can therefore not be worked out from the bits alone: marks within
 * quotes and comments are marks too, and are passed over.
 */
#pragma once

#include "base/vector.h"
#include "format/inf_room.h"

/* What a byte may mean outside quotes. */
enum class {
	PLAIN,
	BLANK,
	MAYBE_BLANK, /* first byte of a sequence that may be a blank beyond ASCII */
	QUOTE,
	BACKSLASH,
	/* from here on: ends a key */
	EQUALS,
	/* from here on: ends a value too */
	COMMA,
	COMMENT,
	NEWLINE,
};

extern const uint8_t inf_classes[256];

/* Bytes of the blank that starts with one of MAYBE_BLANK: what Windows calls C1_SPACE beyond ASCII.
 * 0 if it is another character. */
size_t inf_wide_blank(const uint8_t *p);
/* Behind the last character of [start, end) that is no blank, whatever the blanks are. */
uint8_t *inf_trim_slowly(uint8_t *start, const uint8_t *end);
/* inf_take_field() of a field however it is written, put together where it starts. */
uint8_t *inf_take_odd_field(
	struct inf_parser *parser, uint8_t *start, bool is_key, struct inf_span *ret_span);

/* A blank's bytes at p; 0 if it is none. */
static inline size_t inf_blank_length(const uint8_t *p)
{
	uint8_t class = inf_classes[*p];
	return class == BLANK ? 1 : class == MAYBE_BLANK ? inf_wide_blank(p) : 0;
}

/* Those of 16 bytes that are no blanks of the usual kinds, a bit for each. */
static inline uint32_t inf_others16(const uint8_t *p)
{
	bytes16 bytes = bytes16_at(p);
	return ~bytes16_bits((bytes16)((bytes == ' ') | (bytes == '\t') | (bytes == '\r'))) &
	       0xffff;
}

static inline uint8_t *inf_skip_blanks(uint8_t *p)
{
	uint32_t others;
	for (; (others = inf_others16(p)) == 0; p += 16)
		;
	p += __builtin_ctz(others);
	for (size_t n; (n = inf_blank_length(p)) > 0;)
		p += n;
	return p;
}

/* The same from the end: behind the last character that is no blank, in a text whose first is none
 * (if it is not empty). */
static inline uint8_t *inf_trim_blanks(uint8_t *start, uint8_t *end)
{
	uint8_t *last = end;
	uint32_t others;
	for (; (others = inf_others16(last - 16)) == 0; last -= 16)
		;
	last -= __builtin_clz(others) - 16;
	if (last[-1] < 0x80 && inf_classes[last[-1]] != BLANK)
		return last > start ? last : start;
	return inf_trim_slowly(start, end);
}

/* The marks of 64 bytes, a bit for each. */
static inline uint64_t inf_marks_of(const uint8_t *block)
{
	uint64_t bits = 0;
	for (unsigned i = 0; i < 64; i += 16) {
		bytes16 bytes = bytes16_at(block + i);
		bytes16 marks = (bytes16)((bytes == '"') | (bytes == ',') | (bytes == ';') |
					  (bytes == '=') | (bytes == '\\') | (bytes == '\n'));
		bits |= (uint64_t)bytes16_bits(marks) << i;
	}
	return bits;
}

/* Goes to the next mark; stays at parser->end. */
static inline uint8_t *inf_next_mark(struct inf_parser *parser)
{
	while (parser->more == 0) {
		if (parser->mark == parser->end)
			return parser->end;
		parser->block += 64;
		parser->more = inf_marks_of(parser->block);
	}
	parser->mark = parser->block + __builtin_ctzll(parser->more);
	parser->more &= parser->more - 1;
	return parser->mark;
}

static inline bool inf_ends_field(uint8_t c, bool is_key)
{
	return inf_classes[c] >= (is_key ? EQUALS : COMMA);
}

/* At the opening quote of a field that holds no other one: what ends the field, *ret_end the
 * closing quote. NULL if it is not that simple. */
static inline uint8_t *inf_scan_quoted(struct inf_parser *parser, bool is_key, uint8_t **ret_end)
{
	uint8_t *end;
	do
		end = inf_next_mark(parser);
	while (*end != '"' && *end != '\n');
	*ret_end = end;
	if (*end == '\n')
		return NULL;
	uint8_t *p = inf_next_mark(parser);
	return inf_ends_field(*p, is_key) && inf_skip_blanks(end + 1) == p ? p : NULL;
}

/* The same of a field without quotes and continuation; *ret_end is behind its last character. */
static inline uint8_t *inf_scan_plain(
	struct inf_parser *parser, uint8_t *start, bool is_key, uint8_t **ret_end)
{
	uint8_t *p = parser->mark;
	while (!inf_ends_field(*p, is_key)) {
		if (*p == '"')
			return NULL;
		/* A backslash within a path, and not the beginning of something else. */
		if (*p == '\\' && inf_classes[p[1]] != PLAIN)
			return NULL;
		p = inf_next_mark(parser);
	}
	*ret_end = inf_trim_blanks(start, p);
	return p;
}

/*
 * One field, from its first byte (blanks are skipped) to what ends it: a comma, a comment, a
 * newline, and for a key an equals sign. Without the blanks behind it. parser->mark is the first
 * mark from there on, and what ends the field afterwards, which is returned.
 */
static inline uint8_t *inf_take_field(
	struct inf_parser *parser, uint8_t *start, bool is_key, struct inf_span *ret_span)
{
	uint8_t *content = *start == '"' ? start + 1 : start, *end;
	uint8_t *p = content > start ? inf_scan_quoted(parser, is_key, &end)
				     : inf_scan_plain(parser, start, is_key, &end);
	if (p == NULL)
		return inf_take_odd_field(parser, start, is_key, ret_span);
	*ret_span = (struct inf_span){
		(uint32_t)(content - (uint8_t *)parser->inf->text), (uint32_t)(end - content)};
	return p;
}
