/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct buffer buffer_with_max(size_t max)
{
	return (struct buffer){.max = max};
}

int buffer_reserve(struct buffer *buffer, size_t n)
{
	if (buffer->size > buffer->max || n > buffer->max - buffer->size)
		return -EFBIG;
	/* One byte more than asked, for the NUL. */
	size_t need = buffer->size + n + 1;
	if (need <= buffer->capacity)
		return 0;

	size_t capacity = buffer->capacity < 128 ? 256 : buffer->capacity * 2;
	if (capacity < need)
		capacity = need;
	uint8_t *bytes = realloc(buffer->bytes, capacity);
	if (bytes == NULL)
		return -ENOMEM;
	buffer->bytes = bytes;
	buffer->capacity = capacity;
	return 0;
}

int buffer_add(struct buffer *buffer, const void *bytes, size_t n)
{
	int rc = buffer_reserve(buffer, n);
	if (rc < 0)
		return rc;
	if (n > 0)
		memcpy(buffer->bytes + buffer->size, bytes, n);
	buffer->size += n;
	buffer->bytes[buffer->size] = 0;
	return 0;
}

int buffer_add_zeros(struct buffer *buffer, size_t n)
{
	int rc = buffer_reserve(buffer, n);
	if (rc < 0)
		return rc;
	memset(buffer->bytes + buffer->size, 0, n + 1);
	buffer->size += n;
	return 0;
}

int buffer_add_text(struct buffer *buffer, const char *text)
{
	return buffer_add(buffer, text, strlen(text));
}

int buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		return -EINVAL;

	int rc = buffer_reserve(buffer, (size_t)n);
	if (rc < 0)
		return rc;
	va_start(args, format);
	(void)vsnprintf((char *)buffer->bytes + buffer->size, (size_t)n + 1, format, args);
	va_end(args);
	buffer->size += (size_t)n;
	return 0;
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->bytes);
	*buffer = buffer_with_max(buffer->max);
}
