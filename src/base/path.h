/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Paths that strangers ask for. Loaders write "\Boot\BCD", "/boot\bcd" and "Boot/BCD" and mean one
 * file, so a path is brought to one form before anything looks at it: '/' between names, lower
 * case, no leading or doubled slash.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes the one form of path[0..length) to out. Trailing 0xFF and NUL bytes are dropped (firmware
 * that passes option 67 on unterminated sends them). Returns 0, -EINVAL for NUL inside, "..", ".",
 * control bytes or an empty path, -ENAMETOOLONG if it does not fit.
 */
int path_normalize(const char *path, size_t length, char *out, size_t size);
/* The part after the last slash of either kind (the whole, if there is none). */
const char *path_name(const char *path);
/* ".efi" of "x/bootx64.efi"; "" if there is none. */
const char *path_extension(const char *path);
