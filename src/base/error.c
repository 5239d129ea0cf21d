/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, int code, const char *format, ...)
{
	if (err == NULL)
		return code;

	va_list args;
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return code;
}

int error_prefix(struct error *err, int code, const char *format, ...)
{
	if (err == NULL)
		return code;

	char prefix[ERROR_TEXT_BYTES];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(prefix, sizeof(prefix), format, args);
	va_end(args);

	char old[ERROR_TEXT_BYTES];
	memcpy(old, err->text, sizeof(old));
	/* Both may be long: a cut sentence is better than none, so the truncation is deliberate. */
	size_t n = strnlen(prefix, sizeof(prefix));
	memcpy(err->text, prefix, n);
	if (n > sizeof(err->text) - 3)
		n = sizeof(err->text) - 3;
	(void)snprintf(err->text + n, sizeof(err->text) - n, ": %.*s",
		(int)(sizeof(err->text) - n - 3), old);
	return code;
}
