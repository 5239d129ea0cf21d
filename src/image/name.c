/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/name.h"

#include "base/limits.h"

#include <string.h>

bool image_name_is_valid(const char *name)
{
	const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t length = strlen(name);
	return length > 0 && length <= LIMIT_IMAGE_NAME_BYTES && strspn(name, allowed) == length &&
	       name[0] != '.' && name[0] != '-';
}
