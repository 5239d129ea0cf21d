/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Pewter itself puts into an image, and where. '/' between names, none in front. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define OWN_MANIFEST "pewter/manifest.json"
#define OWN_SCRIPT   "pewter/start.cmd"
#define OWN_ORIGINAL "pewter/winpeshl.original.ini" /* the winpeshl.ini that ours stands for */
#define OWN_DRIVERS  "pewter/drivers"               /* NUMBER/... below */
#define WINPESHL     "Windows/System32/winpeshl.ini"
#define SETUP        "setup.exe"

/* Is that path, whatever its case, one that only Pewter writes? (WINPESHL is not: whoever brings
 * one has it run after the drivers are loaded.) */
bool own_path(const char *path);

/* "\\tools\\x//y/" -> "tools/x/y". False for "..", "." and what does not fit; "" for the root. */
bool own_path_clean(const char *path, char *ret_path, size_t size);
