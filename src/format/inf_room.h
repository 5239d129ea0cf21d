/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the INF reader share: inf.c (lines, sections, the file), inf_scan.h and
 * inf_scan.c (bytes -> fields), inf_fields.c (records -> answers), inf_names.c (names whatever
 * their case). */
#pragma once

#include "base/buffer.h"
#include "format/inf.h"

/* The characters of the longest field, in UTF-16 units as Windows counts. General Syntax Rules says
 * 4096 with the NUL; what Windows since Vista keeps are 4096 and a NUL (Wine's tests of setupapi,
 * which run on Windows too). */
#define INF_FIELD_UNITS        4096
/* "INF Files: General Syntax Rules": a section name has at most 255 characters. */
#define INF_SECTION_NAME_UNITS 255

/* A place in the text. */
struct inf_span {
	uint32_t at, length; /* bytes */
};

/* Sections and lines found by name: open addressing, numbers + 1, 0 for a free place. Made when the
 * first name is looked up, because most sections are only ever walked. */
struct inf_index {
	uint32_t *slots;
	uint32_t mask; /* places - 1, a power of two less one */
};

struct inf_section {
	struct inf_span name;
	uint32_t hash;
	uint32_t place;
	uint32_t first_line, last_line; /* INF_NONE if it is empty */
	uint32_t n_lines;
	struct inf_index keys;
};

struct inf_line {
	uint32_t first_field;    /* the first value */
	uint32_t n_fields : 31;  /* values */
	uint32_t has_equals : 1; /* the field in front of the first value is the key */
	uint32_t place;          /* in the file, 1-based */
	uint32_t next;           /* of the same section */
};

struct inf {
	enum inf_encoding encoding;
	uint64_t seed; /* of the hashes: nobody outside can make names that collide */

	/* The whole file as UTF-8. Fields are places in it: a field that is not written in one
	 * piece (doubled quotes, continuation) was put together where it starts, which always fits.
	 */
	char *text;

	struct inf_section *sections;
	uint32_t n_sections, max_sections;
	struct inf_line *lines;
	uint32_t n_lines, max_lines;
	struct inf_span *fields;
	uint32_t n_fields, max_fields;
	struct inf_index section_names;

	/* The section that %strings% come from, INF_NONE if there is none. Its keys are found as
	 * they are written: nothing is ever filled in there, so that nothing can refer to itself.
	 */
	uint32_t strings;
	struct inf_index *string_keys; /* behind a pointer: made under a const inf */

	struct inf_problem problems[LIMIT_INF_PROBLEMS];
	size_t n_problems, n_problems_all;
};

static inline struct inf_text inf_span_text(const struct inf *inf, struct inf_span span)
{
	return (struct inf_text){inf->text + span.at, span.length};
}

/* ---- inf.c ---- */

struct inf_parser {
	struct inf *inf;
	uint8_t *end;     /* the newline of our own */
	uint8_t *mark;    /* the first mark at or behind the place where we read */
	uint8_t *block;   /* the 64 bytes it lies in */
	uint64_t more;    /* marks behind it in the block, a bit for each */
	uint32_t place;   /* line of the file, 1-based */
	uint32_t section; /* INF_NONE before the first */
	int rc;           /* why grow() failed */
	struct error *err;
};

void inf_add_problem(struct inf *inf, uint32_t place, const char *format, ...) PRINTF_LIKE(3, 4);

/* ---- inf_scan.c; for each field there is inf_scan.h ---- */

/* Goes to the first mark from there on. */
void inf_start_marks(struct inf_parser *parser, uint8_t *start);
/* Goes to the newline that ends the line, and returns it. */
uint8_t *inf_find_newline(struct inf_parser *parser);
bool inf_is_blank(uint8_t byte); /* an ASCII one */

/* ---- inf_fields.c ---- */

void inf_choose_strings(struct inf *inf, uint16_t language);

/* ---- inf_names.c ---- */

uint32_t inf_name_hash(uint64_t seed, struct inf_text name);
bool inf_name_equal(struct inf_text a, struct inf_text b);
/* Bytes that hold at most max_units UTF-16 units; text.length if all fit. */
size_t inf_cut(struct inf_text text, size_t max_units);

/* Adds a section that is not there. */
int inf_add_section(
	struct inf *inf, struct inf_span name, uint32_t hash, uint32_t place) MUST_CHECK;
/* The section with that name and hash, or INF_NONE. */
uint32_t inf_seek_section(const struct inf *inf, struct inf_text name, uint32_t hash);
