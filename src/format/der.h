/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DER (ITU-T X.690): a cursor over the items of one level. Nothing is copied, nothing recurses; the
 * first thing that is wrong is told with its place in the whole file, and every later call fails.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DER_INTEGER         0x02
#define DER_OCTET_STRING    0x04
#define DER_NULL            0x05
#define DER_OID             0x06
#define DER_UTC_TIME        0x17
#define DER_GENERALIZED     0x18
#define DER_BMP_STRING      0x1e
#define DER_SEQUENCE        0x30
#define DER_SET             0x31
#define DER_CONTEXT(number) (0xa0 + (number)) /* constructed */

struct der {
	const uint8_t *bytes; /* of the whole file: places are counted from its start */
	size_t size;          /* of the whole file */
	size_t at, end;       /* of what is left of this level */
	struct error *err;    /* may be NULL */
	bool failed;
};

/* Where an item lies, in the whole file. */
struct der_item {
	uint8_t tag;
	size_t at;      /* of its tag */
	size_t content; /* of its first content byte */
	size_t size;    /* of its content, bytes */
};

struct der der_over(const void *bytes, size_t n, struct error *err);
/* The items inside an item of the same file. */
struct der der_inside(const struct der *level, const struct der_item *item);
/* The same over a part of the file. */
struct der der_part(const struct der *level, size_t at, size_t size);

bool der_is_at_end(const struct der *level);
/* The tag of the next item; 0 at the end. */
uint8_t der_peek(const struct der *level);
/* The next item, of any tag; what says what is expected, for the error. */
bool der_any(struct der *level, const char *what, struct der_item *ret_item);
/* The next item, which must have that tag. */
bool der_next(struct der *level, uint8_t tag, const char *what, struct der_item *ret_item);
/* The next item, if it has that tag; else it stays where it is. */
bool der_maybe(struct der *level, uint8_t tag, struct der_item *ret_item);
/* The next item, opened. After a failure a level that is at its end and failed. */
struct der der_enter(struct der *level, uint8_t tag, const char *what);
/* Is the item this OID? oid: its content bytes, as a string literal. */
#define der_is_oid(level, item, oid) der_equals((level), (item), DER_OID, (oid), sizeof(oid) - 1)
bool der_equals(const struct der *level, const struct der_item *item, uint8_t tag,
	const char *content, size_t n);
/* UTCTime or GeneralizedTime, in UTC ("Z"), to the second: Unix time in milliseconds. */
bool der_time(const struct der *level, const struct der_item *item, int64_t *ret_ms);

/* Says what is wrong at a place ("byte AT: ..."), and fails the level. */
void der_fault(struct der *level, size_t at, const char *format, ...) PRINTF_LIKE(3, 4);
