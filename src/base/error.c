/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"

#include "base/text.h"

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
	(void)snprintf(err->text + n, sizeof(err->text) - n, "%s%.*s",
		error_line(old, NULL) != 0 ? ":" : ": ", (int)(sizeof(err->text) - n - 3), old);
	return code;
}

uint32_t error_line(const char *text, const char **ret_rest)
{
	uint64_t line;
	char digits[11];
	size_t n = strspn(text, "0123456789");
	if (n == 0 || n >= sizeof(digits) || strncmp(text + n, ": ", 2) != 0)
		return 0;
	memcpy(digits, text, n);
	digits[n] = 0;
	if (!text_parse_u64(digits, UINT32_MAX, &line))
		return 0;
	if (ret_rest != NULL)
		*ret_rest = text + n + 2;
	return (uint32_t)line;
}
