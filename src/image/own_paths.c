/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/own_paths.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <string.h>

bool own_path(const char *path)
{
	static const char *const files[] = {OWN_MANIFEST, OWN_SCRIPT, OWN_ORIGINAL};
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (text_equal_nocase(path, files[i]))
			return true;
	size_t n = strlen(OWN_DRIVERS);
	return text_starts_nocase(path, OWN_DRIVERS) && (path[n] == '/' || path[n] == 0);
}

bool own_path_clean(const char *path, char *ret_path, size_t size)
{
	size_t at = 0;
	for (;;) {
		path += strspn(path, "/\\");
		size_t n = strcspn(path, "/\\");
		if (n == 0)
			break;
		if ((n == 1 && path[0] == '.') || (n == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		if (n > size - at || size - at - n < 2)
			return false;
		if (at > 0)
			ret_path[at++] = '/';
		memcpy(ret_path + at, path, n);
		at += n;
		path += n;
	}
	ret_path[at] = 0;
	return true;
}
