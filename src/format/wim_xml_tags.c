/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/wim_xml_tags.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define NUMBER_CHARS 20

uint16_t xml_unit(const struct xml_text *text, size_t at)
{
	return at < text->n ? (uint16_t)(text->bytes[2 * at] | text->bytes[2 * at + 1] << 8) : 0;
}

static bool is_at(const struct xml_text *text, size_t at, const char *ascii)
{
	for (size_t i = 0; ascii[i] != 0; i++) {
		if (xml_unit(text, at + i) != (uint8_t)ascii[i])
			return false;
	}
	return true;
}

static bool is_space(uint16_t unit)
{
	return unit == ' ' || unit == '\t' || unit == '\r' || unit == '\n';
}

/* Where the next one of ascii begins, or n. */
static size_t find(const struct xml_text *text, size_t at, const char *ascii)
{
	while (at < text->n && !is_at(text, at, ascii))
		at++;
	return at;
}

/* Behind what begins at at and is no element: a comment, an instruction, plain text. at itself for
 * none of these. */
static size_t skip_other(const struct xml_text *text, size_t at)
{
	static const struct {
		const char *begin, *end;
	} others[] = {{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (is_at(text, at, others[i].begin)) {
			size_t begin = at + strlen(others[i].begin);
			size_t end = find(text, begin, others[i].end);
			return end < text->n ? end + strlen(others[i].end) : text->n;
		}
	}
	return at;
}

int xml_fault(struct error *err, size_t at, const char *what)
{
	return error_set(err, -EINVAL, "the WIM's XML, character %zu: %s", at, what);
}

static int read_tag(
	const struct xml_text *text, size_t begin, struct xml_tag *tag, struct error *err)
{
	size_t at = begin + 1;

	tag->begin = begin;
	tag->kind = XML_TAG_START;
	if (xml_unit(text, at) == '/') {
		tag->kind = XML_TAG_END;
		at++;
	}
	tag->name = at;
	for (uint16_t c; (c = xml_unit(text, at)) != 0 && !is_space(c) && c != '/' && c != '>';)
		at++;
	tag->n_name = at - tag->name;
	if (tag->n_name == 0 || xml_unit(text, tag->name) == '!')
		return xml_fault(err, begin, "'<' begins no element");
	for (uint16_t quote = 0; at < text->n; at++) {
		const uint16_t c = xml_unit(text, at);
		if (quote != 0) {
			quote = c == quote ? 0 : quote;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '>') {
			if (tag->kind == XML_TAG_START && xml_unit(text, at - 1) == '/')
				tag->kind = XML_TAG_EMPTY;
			tag->end = at + 1;
			return 1;
		}
	}
	return xml_fault(err, begin, "an element's tag does not end");
}

int xml_next_tag(const struct xml_text *text, size_t *at, struct xml_tag *tag, struct error *err)
{
	while (*at < text->n) {
		if (xml_unit(text, *at) != '<') {
			(*at)++;
			continue;
		}
		size_t behind = skip_other(text, *at);
		if (behind == *at) {
			int rc = read_tag(text, *at, tag, err);
			*at = rc > 0 ? tag->end : *at;
			return rc;
		}
		*at = behind;
	}
	return 0;
}

bool xml_tag_is(const struct xml_text *text, const struct xml_tag *tag, const char *name)
{
	return tag->n_name == strlen(name) && is_at(text, tag->name, name);
}

bool xml_tag_same(const struct xml_text *text, const struct xml_tag *a, const struct xml_tag *b)
{
	return a->n_name == b->n_name &&
	       memcmp(text->bytes + 2 * a->name, text->bytes + 2 * b->name, 2 * a->n_name) == 0;
}

bool xml_number(const struct xml_text *text, size_t begin, size_t end, uint64_t *ret_number)
{
	char digits[NUMBER_CHARS + 1];
	size_t n = 0;

	while (begin < end && is_space(xml_unit(text, begin)))
		begin++;
	while (end > begin && is_space(xml_unit(text, end - 1)))
		end--;
	if (end - begin > NUMBER_CHARS)
		return false;
	for (size_t i = begin; i < end; i++) {
		const uint16_t unit = xml_unit(text, i);
		digits[n++] = unit < 0x80 ? (char)unit : '?';
	}
	digits[n] = 0;
	return text_parse_u64(digits, UINT64_MAX, ret_number);
}

bool xml_tag_has_index(const struct xml_text *text, const struct xml_tag *tag, uint32_t index)
{
	for (size_t at = tag->name + tag->n_name; at < tag->end;) {
		while (is_space(xml_unit(text, at)))
			at++;
		const size_t name = at;
		while (at < tag->end && xml_unit(text, at) != '"' && xml_unit(text, at) != '\'')
			at++;
		const uint16_t quote = xml_unit(text, at);
		const size_t value = at + 1;
		for (at = value; at < tag->end && xml_unit(text, at) != quote;)
			at++;
		uint64_t number;
		if (is_at(text, name, "INDEX") &&
			(is_space(xml_unit(text, name + 5)) || xml_unit(text, name + 5) == '='))
			return at < tag->end && xml_number(text, value, at, &number) &&
			       number == index;
		at++;
	}
	return false;
}
