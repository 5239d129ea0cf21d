/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/file.h"

#include <errno.h>
#include <inttypes.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Per step: large enough for the disk, small enough that progress moves. */
#define COPY_STEP_BYTES (8U << 20)
#define POUR_STEP_BYTES (1U << 20)

int file_open_beneath(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, root, path[0] != 0 ? path : ".", &how, sizeof(how));
	return fd < 0 ? -errno : (int)fd;
}

int file_read_at(int fd, uint64_t offset, void *bytes, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = pread(fd, (uint8_t *)bytes + done, n - done, (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -EIO;
		done += (size_t)got;
	}
	return 0;
}

int file_write(int fd, const void *bytes, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t put = write(fd, (const uint8_t *)bytes + done, n - done);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		done += (size_t)put;
	}
	return 0;
}

int file_size(int fd, uint64_t *ret_size)
{
	/* Not st_size, which is 0 for a drive. */
	off_t size = lseek(fd, 0, SEEK_END);
	if (size < 0)
		return -errno;
	*ret_size = (uint64_t)size;
	return 0;
}

int file_read_all(int fd, struct buffer *out)
{
	struct stat status;
	if (fstat(fd, &status) < 0)
		return -errno;
	size_t n = (size_t)status.st_size;
	int rc = buffer_reserve(out, n);
	if (rc == 0)
		rc = file_read_at(fd, 0, out->bytes + out->size, n);
	if (rc < 0)
		return rc;
	out->size += n;
	out->bytes[out->size] = 0; /* as buffer_add() does; buffer_reserve() has made the room */
	return 0;
}

int file_read_stream(int fd, struct buffer *out)
{
	uint8_t step[16384];
	for (;;) {
		ssize_t got = read(fd, step, sizeof(step));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		int rc = buffer_add(out, step, (size_t)got);
		if (rc < 0)
			return rc;
	}
}

static int copy_by_hand(
	int in, int out, uint64_t at, uint64_t size, const struct progress_sink *progress)
{
	CLEANUP(memory_freep) uint8_t *step = malloc(COPY_STEP_BYTES);
	if (step == NULL)
		return -ENOMEM;
	if (lseek(out, (off_t)at, SEEK_SET) < 0)
		return -errno;
	while (at < size) {
		size_t n = size - at < COPY_STEP_BYTES ? (size_t)(size - at) : COPY_STEP_BYTES;
		int rc = file_read_at(in, at, step, n);
		if (rc == 0)
			rc = file_write(out, step, n);
		if (rc < 0)
			return rc;
		at += n;
		progress_tell(progress, "copying", at, size);
	}
	return 0;
}

int file_copy(int in, int out, uint64_t size, const struct progress_sink *progress)
{
	struct stat status;
	if (fstat(in, &status) < 0)
		return -errno;
	if (S_ISREG(status.st_mode) && (uint64_t)status.st_size < size)
		return -EIO;
	if ((uint64_t)status.st_size == size && ioctl(out, FICLONE, in) == 0) {
		progress_tell(progress, "copying", size, size);
		return 0;
	}

	off_t from = 0;
	off_t to = 0;
	while ((uint64_t)from < size) {
		uint64_t left = size - (uint64_t)from;
		ssize_t n = copy_file_range(
			in, &from, out, &to, left < COPY_STEP_BYTES ? left : COPY_STEP_BYTES, 0);
		if (n < 0 && errno == EINTR)
			continue;
		/* File systems that cannot (EXDEV, EOPNOTSUPP, EINVAL), kernels whose answer is 0
		   for files of proc and FUSE: the plain way tells a real fault by its own errno. */
		if (n <= 0)
			return copy_by_hand(in, out, (uint64_t)from, size, progress);
		progress_tell(progress, "copying", (uint64_t)from, size);
	}
	return 0;
}

int file_pour(file_read_function *read, void *context, const char *path, uint64_t size, int out,
	const struct progress_sink *progress, struct error *err)
{
	CLEANUP(memory_freep) uint8_t *step = malloc(POUR_STEP_BYTES);
	if (step == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (uint64_t done = 0; done < size;) {
		size_t n = size - done < POUR_STEP_BYTES ? (size_t)(size - done) : POUR_STEP_BYTES;
		ssize_t got = read(context, step, n);
		if (got <= 0)
			return error_set(err, -EINVAL,
				"/%s cannot be read at its byte %" PRIu64 " of %" PRIu64
				": the .iso is cut or broken; copy it again",
				path, done, size);
		int rc = file_write(out, step, (size_t)got);
		if (rc < 0)
			return error_set(err, rc, "copying /%s: %s", path, strerror(-rc));
		done += (uint64_t)got;
		progress_tell(progress, "copying", done, size);
	}
	return 0;
}
