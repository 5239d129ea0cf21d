/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/path.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

static bool is_dots(const char *name, size_t n)
{
	return (n == 1 && name[0] == '.') || (n == 2 && name[0] == '.' && name[1] == '.');
}

int path_normalize(const char *path, size_t length, char *out, size_t size)
{
	while (length > 0 && ((unsigned char)path[length - 1] == 0xff || path[length - 1] == 0))
		length--;

	size_t n = 0, name_at = 0;
	for (size_t i = 0; i < length; i++) {
		char c = path[i] == '\\' ? '/' : text_lower(path[i]);
		if ((unsigned char)c < 0x20 || c == 0x7f)
			return -EINVAL;
		if (c == '/') {
			if (n == name_at)
				continue; /* leading or doubled */
			if (is_dots(out + name_at, n - name_at))
				return -EINVAL;
			name_at = n + 1;
		}
		if (n + 1 >= size)
			return -ENAMETOOLONG;
		out[n++] = c;
	}
	if (n > 0 && is_dots(out + name_at, n - name_at))
		return -EINVAL;
	if (n > 0 && out[n - 1] == '/')
		n--;
	if (n == 0)
		return -EINVAL;
	out[n] = 0;
	return 0;
}

const char *path_name(const char *path)
{
	const char *name = path;
	for (const char *slash = path; (slash = strpbrk(slash, "/\\")) != NULL;)
		name = ++slash;
	return name;
}

const char *path_extension(const char *path)
{
	const char *name = path_name(path);
	const char *dot = strrchr(name, '.');
	return dot != NULL ? dot : name + strlen(name);
}
