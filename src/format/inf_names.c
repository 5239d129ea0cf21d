/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names whatever their case: of sections, of keys, of %strings%. */
#include "base/text.h"
#include "format/inf_room.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FNV_PRIME 0x100000001b3U

/*
 * One character's worth of bytes in lower case. ASCII, and the letters of cp1252: in UTF-8 these
 * lie in U+00C0-U+00DE (C3 80 - C3 9E) and a few places behind C5; both cases have two bytes.
 */
static inline uint32_t fold(const uint8_t *at, const uint8_t *end, size_t *ret_n)
{
	uint8_t c = at[0];
	*ret_n = 1;
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? (uint32_t)(c + 0x20) : c;
	if ((c != 0xc3 && c != 0xc5) || end - at < 2)
		return c;
	uint32_t pair = (uint32_t)c << 8 | at[1];
	*ret_n = 2;
	if (pair >= 0xc380 && pair <= 0xc39e && pair != 0xc397) /* not the sign of multiplication */
		return pair + 0x20;
	switch (pair) {
	case 0xc592: /* OE */
	case 0xc5a0: /* S with caron */
	case 0xc5bd: /* Z with caron */ return pair + 1;
	case 0xc5b8: /* Y with diaeresis */ return 0xc3bf;
	default: return pair;
	}
}

uint32_t inf_name_hash(uint64_t seed, struct inf_text name)
{
	const uint8_t *at = (const uint8_t *)name.text, *end = at + name.length;
	uint64_t hash = seed;
	while (at < end) {
		size_t n;
		hash = (hash ^ fold(at, end, &n)) * FNV_PRIME;
		at += n;
	}
	hash ^= hash >> 32;
	return (uint32_t)(hash * 0x9e3779b97f4a7c15U >> 32);
}

bool inf_name_equal(struct inf_text a, struct inf_text b)
{
	if (a.length != b.length)
		return false;
	if (memcmp(a.text, b.text, a.length) == 0)
		return true;
	const uint8_t *x = (const uint8_t *)a.text, *x_end = x + a.length;
	const uint8_t *y = (const uint8_t *)b.text, *y_end = y + b.length;
	while (x < x_end) {
		size_t n_x, n_y;
		if (fold(x, x_end, &n_x) != fold(y, y_end, &n_y))
			return false;
		x += n_x;
		y += n_y;
	}
	return true;
}

bool inf_text_equal(struct inf_text a, const char *b)
{
	for (size_t i = 0; i < a.length; i++)
		if (b[i] == 0 || text_lower(a.text[i]) != text_lower(b[i]))
			return false;
	return b[a.length] == 0;
}

size_t inf_cut(struct inf_text text, size_t max_units)
{
	if (text.length <= max_units) /* a unit has at least one byte */
		return text.length;
	size_t units = 0;
	for (size_t at = 0; at < text.length; at++) {
		uint8_t c = (uint8_t)text.text[at];
		if ((c & 0xc0) == 0x80)
			continue;
		units += c >= 0xf0 ? 2 : 1;
		if (units > max_units)
			return at;
	}
	return text.length;
}

uint32_t inf_seek_section(const struct inf *inf, struct inf_text name, uint32_t hash)
{
	const struct inf_index *index = &inf->section_names;
	if (index->slots == NULL)
		return INF_NONE;
	for (uint32_t at = hash & index->mask; index->slots[at] != 0; at = (at + 1) & index->mask) {
		uint32_t number = index->slots[at] - 1;
		const struct inf_section *section = &inf->sections[number];
		if (section->hash == hash &&
			inf_name_equal(inf_span_text(inf, section->name), name))
			return number;
	}
	return INF_NONE;
}

static void enter_section(struct inf_index *index, uint32_t number, uint32_t hash)
{
	uint32_t at = hash & index->mask;
	while (index->slots[at] != 0)
		at = (at + 1) & index->mask;
	index->slots[at] = number + 1;
}

/* Doubles the index when it is half full. */
static int grow_section_names(struct inf *inf)
{
	struct inf_index *index = &inf->section_names;
	uint32_t places = index->slots == NULL ? 0 : index->mask + 1;
	if (inf->n_sections < places / 2)
		return 0;
	places = places == 0 ? 256 : 2 * places;
	struct inf_index grown = {calloc(places, sizeof(*grown.slots)), places - 1};
	if (grown.slots == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < inf->n_sections; i++)
		enter_section(&grown, i, inf->sections[i].hash);
	free(index->slots);
	*index = grown;
	return 0;
}

int inf_add_section(struct inf *inf, struct inf_span name, uint32_t hash, uint32_t place)
{
	int rc = grow_section_names(inf);
	if (rc < 0)
		return rc;
	inf->sections[inf->n_sections] = (struct inf_section){
		.name = name,
		.hash = hash,
		.place = place,
		.first_line = INF_NONE,
		.last_line = INF_NONE,
	};
	enter_section(&inf->section_names, inf->n_sections, hash);
	inf->n_sections++;
	return 0;
}
