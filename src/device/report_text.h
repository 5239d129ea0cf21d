/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the readers of device reports share: any encoding becomes UTF-8, and spans of that text are
 * cut, compared and copied without ever being changed. Pure.
 */
#pragma once

#include "base/buffer.h"
#include "device/device.h"

#include <stdbool.h>

/* A piece of a text that somebody else owns. */
struct span {
	const char *at;
	size_t n;
};

/* By byte order mark, else by what the bytes look like: UTF-16 of either order, UTF-8, else one of
 * the two code pages of western Windows (1252, and the console's 850). Never fails for bad bytes.
 */
int report_text_decode(const void *bytes, size_t n, struct buffer *out) MUST_CHECK;

struct report_lines {
	struct span rest;
	size_t number; /* of the line that came last, from 1 */
};

/* The next line without its end; false behind the last. */
bool report_next_line(struct report_lines *lines, struct span *ret_line);

#define SPAN(literal) ((struct span){literal, sizeof(literal) - 1})
struct span span_trim(struct span span);
struct span span_cut(struct span span, size_t n); /* without its first n bytes */
bool span_is(struct span span, const char *text); /* whatever the case of ASCII letters */
bool span_starts(struct span span, const char *text);
bool span_contains(struct span span, const char *text);
/* The part before the first c, and in rest what is behind it (empty without c). */
struct span span_until(struct span span, char c, struct span *rest);
/* n_digits hex digits (up to 8) at the place; false if there is anything else. */
bool span_hex(struct span span, size_t at, size_t n_digits, uint32_t *ret_value);
/* As much as fits without cutting a character; control characters become blanks. */
void span_copy(struct span span, char *out, size_t size);
bool span_is_id(struct span span); /* could it be a hardware id? */

typedef int add_id_function(struct device *device, const char *id);
/* Adds the id if it can be one; what cannot, and what is too long or too much, is left out. Only
 * -ENOMEM fails. */
int span_add_id(struct span id, struct device *device, add_id_function *add) MUST_CHECK;
