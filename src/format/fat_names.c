/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names on FAT: long ones in UTF-16, pieces of 13 units, and for each a short one of 8 and 3. */
#include "base/text.h"
#include "format/fat_room.h"

#include <errno.h>
#include <string.h>

#define ATTRIBUTES_LONG 0x0f
#define LAST_PIECE      0x40
#define PADDING         0xffffU
#define BASE_BYTES      8
#define TAILS_PLAIN     4 /* attempts before the hash */

static uint16_t unit_at(const uint8_t *utf16, size_t i)
{
	return (uint16_t)(utf16[2 * i] | utf16[2 * i + 1] << 8);
}

/* ---- long names ---- */

static bool is_forbidden(uint16_t c)
{
	return c < 0x20 || c == 0x7f || (c < 0x80 && strchr("\"*/:<>?\\|", c) != NULL);
}

int fat_name_utf16(const char *name, size_t n, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer back = buffer_with_max(3 * n + 4);
	const size_t start = out->size;
	int rc = text_utf8_to_utf16le(name, n, out);
	if (rc < 0)
		return rc;
	const size_t n_units = (out->size - start) / 2;
	if (n_units == 0 || n_units > FAT_NAME_UNITS_MAX)
		return -EINVAL;
	const uint8_t *utf16 = out->bytes + start;
	for (size_t i = 0; i < n_units; i++) {
		if (is_forbidden(unit_at(utf16, i)))
			return -EINVAL;
	}
	/* Windows takes such an end off whenever it is asked for the file; so "." and ".." go. */
	const uint16_t last = unit_at(utf16, n_units - 1);
	if (last == '.' || last == ' ')
		return -EINVAL;
	rc = text_utf16le_to_utf8(utf16, out->size - start, &back);
	if (rc < 0)
		return rc;
	return back.size == n && memcmp(back.bytes, name, n) == 0 ? 0 : -EINVAL;
}

/* Latin, Greek and Cyrillic. Other letters that have a case are as rare on media as they are in
 * names that differ by nothing else. */
static uint16_t upper(uint16_t c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7) ||
		(c >= 0x3b1 && c <= 0x3c9 && c != 0x3c2) || (c >= 0x430 && c <= 0x44f))
		return (uint16_t)(c - 0x20);
	if (c >= 0x450 && c <= 0x45f)
		return (uint16_t)(c - 0x50);
	if ((c >= 0x100 && c <= 0x137 && c != 0x131) || (c >= 0x14a && c <= 0x177) ||
		(c >= 0x460 && c <= 0x481))
		return c & 0xfffe;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return (uint16_t)(c % 2 == 0 ? c - 1 : c);
	return c;
}

int fat_name_folded(const uint8_t *utf16, size_t n_bytes, struct buffer *out)
{
	uint8_t folded[2 * FAT_NAME_UNITS_MAX];
	for (size_t i = 0; i < n_bytes / 2; i++) {
		const uint16_t c = upper(unit_at(utf16, i));
		folded[2 * i] = (uint8_t)c;
		folded[2 * i + 1] = (uint8_t)(c >> 8);
	}
	return text_utf16le_to_utf8(folded, n_bytes, out);
}

size_t fat_long_entries(size_t n_bytes)
{
	return (n_bytes / 2 + FAT_LONG_UNITS - 1) / FAT_LONG_UNITS;
}

static void write_units(
	struct writer *writer, const uint8_t *utf16, size_t n_units, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		writer_le16(writer, i < n_units ? unit_at(utf16, i) : i == n_units ? 0 : PADDING);
}

void fat_long_write(struct writer *writer, const uint8_t *utf16, size_t n_bytes, uint8_t checksum)
{
	const size_t n = fat_long_entries(n_bytes), n_units = n_bytes / 2;
	for (size_t piece = n; piece > 0; piece--) {
		const size_t from = (piece - 1) * FAT_LONG_UNITS;
		writer_u8(writer, (uint8_t)(piece | (piece == n ? LAST_PIECE : 0)));
		write_units(writer, utf16, n_units, from, from + 5);
		writer_u8(writer, ATTRIBUTES_LONG);
		writer_u8(writer, 0);
		writer_u8(writer, checksum);
		write_units(writer, utf16, n_units, from + 5, from + 11);
		writer_le16(writer, 0);
		write_units(writer, utf16, n_units, from + 11, from + 13);
	}
}

/* ---- short names ---- */

uint8_t fat_short_checksum(const uint8_t name[static FAT_SHORT_BYTES])
{
	uint8_t sum = 0;
	for (size_t i = 0; i < FAT_SHORT_BYTES; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + name[i]);
	return sum;
}

/* What stands for the character in a short name; 0 for nothing. */
static uint8_t short_letter(uint16_t c, enum fat_short_kind *kind)
{
	if (c >= 'a' && c <= 'z') {
		if (*kind == FAT_SHORT_SAME)
			*kind = FAT_SHORT_CASE;
		return (uint8_t)(c - 0x20);
	}
	if (c == ' ' || c == '.') {
		*kind = FAT_SHORT_LOSSY;
		return 0;
	}
	/* Above ASCII it depends on the reader's code page what a byte is. */
	if (c >= 0x80 || strchr("+,;=[]", c) != NULL) {
		*kind = FAT_SHORT_LOSSY;
		return '_';
	}
	return (uint8_t)c;
}

enum fat_short_kind fat_short_name(
	const uint8_t *utf16, size_t n_bytes, uint8_t ret_short[static FAT_SHORT_BYTES])
{
	enum fat_short_kind kind = FAT_SHORT_SAME;
	const size_t n = n_bytes / 2;
	size_t dot = n, used = 0, end = BASE_BYTES;
	/* One in front begins no extension. */
	for (size_t i = 1; i < n; i++)
		dot = unit_at(utf16, i) == '.' ? i : dot;
	memset(ret_short, ' ', FAT_SHORT_BYTES);
	for (size_t i = 0; i < n; i++) {
		if (i == dot) {
			used = BASE_BYTES;
			end = FAT_SHORT_BYTES;
			continue;
		}
		const uint8_t letter = short_letter(unit_at(utf16, i), &kind);
		if (letter != 0 && used == end)
			kind = FAT_SHORT_LOSSY;
		else if (letter != 0)
			ret_short[used++] = letter;
	}
	if (ret_short[0] == ' ') {
		ret_short[0] = '_';
		kind = FAT_SHORT_LOSSY;
	}
	return kind;
}

static uint16_t name_hash(const uint8_t *utf16, size_t n_bytes)
{
	uint32_t hash = 2166136261U; /* FNV-1a */
	for (size_t i = 0; i < n_bytes; i++)
		hash = (hash ^ utf16[i]) * 16777619U;
	return (uint16_t)(hash ^ hash >> 16);
}

void fat_short_tail(const uint8_t plain[static FAT_SHORT_BYTES], const uint8_t *utf16,
	size_t n_bytes, unsigned attempt, uint8_t ret_short[static FAT_SHORT_BYTES])
{
	uint8_t base[BASE_BYTES], tail[BASE_BYTES];
	size_t n_base = 0, n_tail = 0;
	while (n_base < BASE_BYTES && plain[n_base] != ' ')
		n_base++;
	memcpy(base, plain, BASE_BYTES);
	if (attempt > TAILS_PLAIN) {
		const uint16_t hash = name_hash(utf16, n_bytes);
		attempt -= TAILS_PLAIN;
		n_base = n_base < 2 ? n_base : 2;
		for (int shift = 12; shift >= 0; shift -= 4)
			base[n_base++] = (uint8_t) "0123456789ABCDEF"[hash >> shift & 15];
	}
	for (; attempt > 0 && n_tail < BASE_BYTES - 1; attempt /= 10)
		tail[n_tail++] = (uint8_t)('0' + attempt % 10);
	if (n_base > BASE_BYTES - 1 - n_tail)
		n_base = BASE_BYTES - 1 - n_tail;
	memcpy(ret_short, plain, FAT_SHORT_BYTES);
	memset(ret_short, ' ', BASE_BYTES);
	memcpy(ret_short, base, n_base);
	ret_short[n_base] = '~';
	for (size_t i = 0; i < n_tail; i++)
		ret_short[n_base + 1 + i] = tail[n_tail - 1 - i];
}
