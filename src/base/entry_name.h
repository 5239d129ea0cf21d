/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of entries in archives, which strangers chose: brought to one form (UTF-8, '/' between
 * names, relative), or refused with the reason. What passes can be made below a folder and nowhere
 * else.
 */
#pragma once

#include "base/error.h"

#include <stddef.h>

/* How bytes are read that are no UTF-8. */
enum entry_code_page {
	ENTRY_CP437,  /* .zip without the UTF-8 flag: APPNOTE.TXT, appendix D */
	ENTRY_CP1252, /* .cab and the others: what Windows programs of the West wrote */
};

/*
 * name[0..length) -> path. "" for the archive's own root ("./"). -EINVAL for ".." and absolute
 * paths, drives, control bytes; -ENAMETOOLONG past LIMIT_PATH_BYTES, a single name past 255 bytes
 * or LIMIT_FOLDER_DEPTH: err says which, without the name.
 */
int entry_name_read(const char *name, size_t length, enum entry_code_page code_page, char *path,
	size_t size, struct error *err) MUST_CHECK;
