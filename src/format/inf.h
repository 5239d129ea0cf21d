/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The INF language: bytes -> sections, lines, fields. One pass over the bytes, no allocation per
 * token; what is found is kept as places in one text (UTF-8), and %strings% are put in only when a
 * field is asked for.
 *
 * Language: Microsoft's driver documentation ("General Syntax Rules for INF Files", "INF Strings
 * Section", "Using Dirids"), and where that is silent what SetupAPI does.
 *
 * A line of one value without = is its own key, as SetupAPI has it (inf_has_key, field 0).
 * Answers are worked out without locks: an inf belongs to one thread at a time.
 *
 * Sections of one name are one section; names and keys are found whatever their case (ASCII and
 * the rest of cp1252). Lines keep the order of the file. A line that cannot be read is a problem
 * (inf_problem), never the end of the file.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inf;

/* A text in place: UTF-8, not ended by NUL. */
struct inf_text {
	const char *text;
	size_t length; /* bytes */
};

enum inf_encoding {
	INF_CP1252, /* no byte order mark, and not UTF-8 either */
	INF_UTF8,
	INF_UTF8_BOM,
	INF_UTF16LE,
	INF_UTF16BE,
};

struct inf_options {
	/* LANGID of the wanted [Strings.LLLL]; 0: [Strings], else the first that there is. */
	uint16_t language;
};

/* What is wrong in the file without making it useless. */
struct inf_problem {
	uint32_t line;  /* 1-based */
	char text[120]; /* what was found and what was expected */
};

#define INF_NONE UINT32_MAX

/*
 * The bytes are not needed afterwards. options may be NULL. Errors: -EINVAL for a file that cannot
 * be an INF: it has no section (err says "LINE: what, what was expected"), -EFBIG past LIMIT_INF_*,
 * -ENOMEM.
 */
int inf_parse(const void *bytes, size_t n, const struct inf_options *options, struct inf **ret_inf,
	struct error *err) MUST_CHECK;
struct inf *inf_free(struct inf *inf);
DEFINE_FREEP(struct inf, inf_free);

enum inf_encoding inf_encoding(const struct inf *inf);
const char *inf_encoding_name(enum inf_encoding encoding);
/* The first LIMIT_INF_PROBLEMS of them, in the order of lines; *ret_n_all counts all. */
const struct inf_problem *inf_problems(const struct inf *inf, size_t *ret_n, size_t *ret_n_all);

/* ---- sections and lines: numbers from 0, in the order of their first appearance ---- */

uint32_t inf_n_sections(const struct inf *inf);
struct inf_text inf_section_name(const struct inf *inf, uint32_t section);
/* INF_NONE if there is none. */
uint32_t inf_find_section(const struct inf *inf, const char *name, size_t length);
uint32_t inf_section_n_lines(const struct inf *inf, uint32_t section);
/* The place of the first [name] in the file, 1-based. */
uint32_t inf_section_place(const struct inf *inf, uint32_t section);
/* for (line = inf_first_line(inf, section); line != INF_NONE; line = inf_next_line(inf, line)) */
uint32_t inf_first_line(const struct inf *inf, uint32_t section);
uint32_t inf_next_line(const struct inf *inf, uint32_t line);
/* The first line at or after `from` (INF_NONE: from the section's first) with that key. */
uint32_t inf_find_line(
	const struct inf *inf, uint32_t section, const char *key, size_t length, uint32_t from);
/* The place in the file, 1-based. */
uint32_t inf_line_place(const struct inf *inf, uint32_t line);
/* Fields after the key, as SetupGetFieldCount counts them. */
uint32_t inf_n_fields(const struct inf *inf, uint32_t line);
bool inf_has_key(const struct inf *inf, uint32_t line);
/* Is the key written, with an equals sign behind it? */
bool inf_has_equals(const struct inf *inf, uint32_t line);

/* ---- fields ---- */

/* Where a field is put together whose %strings% have to be filled in. */
struct inf_scratch {
	char bytes[LIMIT_INF_FIELD_BYTES];
};

/*
 * Field 0 is the key, 1 the first after it, as in SetupGetStringField; one that is not there is
 * empty. Unquoted, %strings% filled in, %dirid% and unknown %names% left as they are written. The
 * text lives in the inf, or in scratch until its next use. Cut at LIMIT_INF_FIELD_BYTES.
 */
struct inf_text inf_field(
	const struct inf *inf, uint32_t line, uint32_t field, struct inf_scratch *scratch);
/* Field as a C string, cut to size; false if it was cut or is not there. */
bool inf_field_copy(const struct inf *inf, uint32_t line, uint32_t field, char *out, size_t size);
/* Decimal or 0x hex, as SetupGetIntField reads it; false if it is no number. */
bool inf_field_number(const struct inf *inf, uint32_t line, uint32_t field, int64_t *ret_value);

/* Equal whatever the case of ASCII letters. */
bool inf_text_equal(struct inf_text a, const char *b);
