/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tags of a WIM's XML, one after the other, where they stand: what expat would tell, but for
 * the places, which are needed to leave all else as it is. Without document types, which WIMs have
 * not. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* UTF-16LE; places in it are counted in units of two bytes. */
struct xml_text {
	const uint8_t *bytes;
	size_t n;
};

enum xml_tag_kind {
	XML_TAG_START,
	XML_TAG_END,
	XML_TAG_EMPTY, /* both in one */
};

struct xml_tag {
	enum xml_tag_kind kind;
	size_t begin, end; /* from '<' to behind '>' */
	size_t name, n_name;
};

/* 0 past the end. */
uint16_t xml_unit(const struct xml_text *text, size_t at);
/* The next tag from *at on, past comments, instructions, CDATA: 1, 0 at the end of the text, or
 * -EINVAL. */
int xml_next_tag(
	const struct xml_text *text, size_t *at, struct xml_tag *tag, struct error *err) MUST_CHECK;
bool xml_tag_is(const struct xml_text *text, const struct xml_tag *tag, const char *name);
bool xml_tag_same(const struct xml_text *text, const struct xml_tag *a, const struct xml_tag *b);
/* Has it an attribute INDEX of that number? */
bool xml_tag_has_index(const struct xml_text *text, const struct xml_tag *tag, uint32_t index);
/* A decimal number from begin to end, blanks around it allowed. */
bool xml_number(const struct xml_text *text, size_t begin, size_t end, uint64_t *ret_number);
/* -EINVAL with the place. */
int xml_fault(struct error *err, size_t at, const char *what);
