/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's files: whole reads and writes, and the cheapest copy there is. */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/progress.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

/* Opens for reading (flags: O_DIRECTORY, ...) below a folder only: a link inside may point to a
 * neighbour, but one that leads out is -EXDEV: "x.sys -> /etc/shadow" is not what anybody wants to
 * hand out. Never waits for the other end of a pipe. */
int file_open_beneath(int root, const char *path, int flags) MUST_CHECK;
/* All n bytes, or a negative errno: -EIO if the file ends before them. */
int file_read_at(int fd, uint64_t offset, void *bytes, size_t n) MUST_CHECK;
int file_write(int fd, const void *bytes, size_t n) MUST_CHECK;
int file_write_at(int fd, uint64_t offset, const void *bytes, size_t n) MUST_CHECK;
/* Of a file or block device. */
int file_size(int fd, uint64_t *ret_size) MUST_CHECK;
/* The whole file into the buffer; -EFBIG past its maximum. */
int file_read_all(int fd, struct buffer *out) MUST_CHECK;
/* What comes from here on until its end, of a pipe too; -EFBIG past the buffer's maximum. */
int file_read_stream(int fd, struct buffer *out) MUST_CHECK;
/* The first size bytes of in become the contents of out, which is empty: shared extents where the
 * file system can, else copied inside the kernel, else by hand. -EIO if in is shorter. */
int file_copy(int in, int out, uint64_t size, const struct progress_sink *progress) MUST_CHECK;

/* The same of size bytes from offset on: a file within a file. */
int file_copy_part(int in, uint64_t offset, int out, uint64_t size,
	const struct progress_sink *progress) MUST_CHECK;

/* What a reader of a medium gives of one of its files; like read(). */
typedef ssize_t file_read_function(void *context, void *bytes, size_t n);
/* The size bytes that read gives become the contents of out. path is for the words of an error:
 * bytes that the medium does not have are its fault. */
int file_pour(file_read_function *read, void *context, const char *path, uint64_t size, int out,
	const struct progress_sink *progress, struct error *err) MUST_CHECK;

static inline void file_closep(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}
