/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ /* glibc 2.35; Linux 5.14 */
#define MADV_POPULATE_READ 22
#endif

struct buffer buffer_with_max(size_t max)
{
	return (struct buffer){.max = max};
}

static void unmap(const struct buffer *buffer)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	(void)munmap(buffer->bytes - (uintptr_t)buffer->bytes % page, buffer->n_mapped);
}

static uint8_t *grow(struct buffer *buffer, size_t capacity)
{
	if (buffer->n_mapped == 0)
		return realloc(buffer->bytes, capacity);
	uint8_t *bytes = malloc(capacity);
	if (bytes == NULL)
		return NULL;
	memcpy(bytes, buffer->bytes, buffer->size + 1);
	unmap(buffer);
	buffer->n_mapped = 0;
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
	uint8_t *bytes = grow(buffer, capacity);
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

int buffer_map(struct buffer *buffer, int fd, uint64_t offset, size_t n, size_t room)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t before = (size_t)(offset % page);
	if (n > buffer->max || room > SIZE_MAX / 4 || n > SIZE_MAX / 4)
		return -EFBIG;
	const size_t n_file = (before + n + page - 1) / page * page;
	const size_t n_all = (before + n + room + page) / page * page; /* and one for the NUL */
	uint8_t *all =
		mmap(NULL, n_all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED)
		return -ENOMEM;
	if (mmap(all, n_file, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd,
		    (off_t)(offset - before)) == MAP_FAILED ||
		madvise(all, n_file, MADV_POPULATE_READ) < 0) {
		int rc = -errno;
		(void)munmap(all, n_all);
		return rc;
	}
	buffer_free(buffer);
	buffer->bytes = all + before;
	buffer->size = n;
	buffer->capacity = n_all - before;
	buffer->n_mapped = n_all;
	if (buffer->bytes[n] != 0)
		buffer->bytes[n] = 0;
	return 0;
}

void buffer_free(struct buffer *buffer)
{
	if (buffer->n_mapped > 0)
		unmap(buffer);
	else
		free(buffer->bytes);
	*buffer = buffer_with_max(buffer->max);
}
