/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/der.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LENGTH_BYTES_MAX 4

struct der der_over(const void *bytes, size_t n, struct error *err)
{
	return (struct der){.bytes = bytes, .size = n, .end = n, .err = err};
}

struct der der_part(const struct der *level, size_t at, size_t size)
{
	struct der inside = *level;
	inside.at = at;
	inside.end = at + size;
	return inside;
}

struct der der_inside(const struct der *level, const struct der_item *item)
{
	return der_part(level, item->content, item->size);
}

void der_fault(struct der *level, size_t at, const char *format, ...)
{
	char text[200];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	level->failed = true;
	(void)error_set(level->err, -EINVAL, "byte %zu: %s", at, text);
}

bool der_is_at_end(const struct der *level)
{
	return level->failed || level->at >= level->end;
}

uint8_t der_peek(const struct der *level)
{
	return der_is_at_end(level) ? 0 : level->bytes[level->at];
}

/* Fewer than `wanted` bytes follow: the file ends there, or the item around them does. */
static bool cut_off(struct der *level, size_t at, size_t wanted, const char *what)
{
	size_t more = wanted - (level->end - at);
	if (level->end < level->size)
		der_fault(level, level->at, "%s ends %zu bytes past what it lies in", what, more);
	else if (at == level->at)
		(void)error_set(level->err, -EINVAL, "truncated at byte %zu, expected %s",
			level->end, what);
	else
		(void)error_set(level->err, -EINVAL,
			"truncated at byte %zu, expected %zu more bytes of %s", level->end, more,
			what);
	level->failed = true;
	return false;
}

bool der_any(struct der *level, const char *what, struct der_item *ret_item)
{
	struct der_item item = {.at = level->at};
	if (level->failed)
		return false;
	if (level->end - level->at < 2)
		return cut_off(level, level->at, 2, what);
	const uint8_t *bytes = level->bytes;
	size_t at = level->at;
	item.tag = bytes[at++];
	if ((item.tag & 0x1f) == 0x1f) {
		der_fault(level, item.at, "a tag of several bytes, expected %s", what);
		return false;
	}
	size_t size = bytes[at++];
	if (size == 0x80) {
		der_fault(level, item.at, "%s has no length of its own, and DER wants one", what);
		return false;
	}
	if (size > 0x80) {
		size_t n = size & 0x7f;
		if (n > LENGTH_BYTES_MAX) {
			der_fault(level, item.at, "%s has a length of %zu bytes", what, n);
			return false;
		}
		if (level->end - at < n)
			return cut_off(level, at, n, what);
		for (size = 0; n > 0; n--)
			size = size << 8 | bytes[at++];
	}
	if (level->end - at < size)
		return cut_off(level, at, size, what);
	item.content = at;
	item.size = size;
	level->at = at + size;
	*ret_item = item;
	return true;
}

bool der_next(struct der *level, uint8_t tag, const char *what, struct der_item *ret_item)
{
	uint8_t found = der_peek(level);
	/* Before its length is believed: a file that is something else is not a truncated one. */
	if (!der_is_at_end(level) && found != tag) {
		der_fault(level, level->at, "a tag 0x%02x, expected %s (0x%02x)", found, what, tag);
		return false;
	}
	return der_any(level, what, ret_item);
}

bool der_maybe(struct der *level, uint8_t tag, struct der_item *ret_item)
{
	return der_peek(level) == tag && der_any(level, "an item", ret_item);
}

struct der der_enter(struct der *level, uint8_t tag, const char *what)
{
	struct der_item item;
	if (!der_next(level, tag, what, &item)) {
		struct der nothing = *level;
		nothing.end = nothing.at;
		return nothing;
	}
	return der_inside(level, &item);
}

bool der_equals(const struct der *level, const struct der_item *item, uint8_t tag,
	const char *content, size_t n)
{
	return item->tag == tag && item->size == n &&
	       memcmp(level->bytes + item->content, content, n) == 0;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar: years counted from March, so that
 * the leap day comes last. */
static int64_t days_since_1970(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

/* Decimal digits at a place; -1 for anything else. */
static int digits(const uint8_t *text, size_t n)
{
	int value = 0;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

bool der_time(const struct der *level, const struct der_item *item, int64_t *ret_ms)
{
	const uint8_t *text = level->bytes + item->content;
	size_t year_digits = item->tag == DER_GENERALIZED ? 4 : 2;
	if (item->tag != DER_GENERALIZED && item->tag != DER_UTC_TIME)
		return false;
	if (item->size < year_digits + 11 || text[item->size - 1] != 'Z')
		return false;
	int year = digits(text, year_digits);
	const uint8_t *rest = text + year_digits;
	int month = digits(rest, 2), day = digits(rest + 2, 2), hour = digits(rest + 4, 2),
	    minute = digits(rest + 6, 2), second = digits(rest + 8, 2);
	if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
		minute < 0 || minute > 59 || second < 0 || second > 60)
		return false;
	if (year_digits == 2) /* RFC 5280 4.1.2.5.1 */
		year += year < 50 ? 2000 : 1900;
	if (year < 1970)
		return false;
	int64_t seconds =
		days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	*ret_ms = seconds * 1000;
	return true;
}
