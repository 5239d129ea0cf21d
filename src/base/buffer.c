/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Touching fresh memory costs about 0.5 us for each kB in pages of 4 kB (2 us each), and 0.1 in
 * pages of 2 MB: the tree of files of a Windows PE is faster read into those than into the others.
 * One of them is asked for where at least a quarter of it will be used.
 */
#define HUGE_BYTES     (2U << 20)
#define HUGE_USE_BYTES (HUGE_BYTES / 4)

struct buffer buffer_with_max(size_t max)
{
	return (struct buffer){.max = max};
}

static uint8_t *grow_huge(const struct buffer *buffer, size_t *capacity)
{
	size_t n_huge = (*capacity + HUGE_BYTES - HUGE_USE_BYTES) / HUGE_BYTES * HUGE_BYTES;
	*capacity = (*capacity + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES;
	uint8_t *bytes = aligned_alloc(HUGE_BYTES, *capacity);
	if (bytes == NULL)
		return NULL;
	/* A wish: where there are none, it is memory all the same. */
	(void)madvise(bytes, n_huge, MADV_HUGEPAGE);
	if (buffer->bytes != NULL)
		memcpy(bytes, buffer->bytes, buffer->size + 1);
	free(buffer->bytes);
	return bytes;
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
	uint8_t *bytes = capacity < HUGE_USE_BYTES ? realloc(buffer->bytes, capacity)
						   : grow_huge(buffer, &capacity);
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
