/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and paths inside images: UTF-16 units, and the same in upper case, by which Windows
 * compares them. */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define WIM_NAME_UNITS 255

/* A path as units; between names a 0 stands, which no name can have and which sorts before all that
 * names can have. "" is the root. */
struct wim_path {
	uint16_t *units;  /* owned */
	uint16_t *folded; /* in upper case; in the same memory */
	size_t n;
};

/* UTF-8, '\\' or '/' between names, a leading one allowed. -EINVAL for ill-formed text, empty names
 * and control characters, -ENAMETOOLONG for names of more than WIM_NAME_UNITS. */
int wim_path_read(const char *text, struct wim_path *ret_path, struct error *err) MUST_CHECK;
void wim_path_clear(struct wim_path *path);
/* How many units the name at from has. */
size_t wim_path_name(const struct wim_path *path, size_t from);

/* What Windows has against a file of that name, or NULL. */
const char *wim_name_fault(const uint16_t *folded, size_t n);
/* By units, the shorter one first: of folded ones the order that Windows gives its lists. */
int wim_name_compare(const uint16_t *a, size_t n_a, const uint16_t *b, size_t n_b);
