/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/file.h"

#include <errno.h>
#include <inttypes.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdbool.h>
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

int file_write_at(int fd, uint64_t offset, const void *bytes, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t written =
			pwrite(fd, (const uint8_t *)bytes + done, n - done, (off_t)(offset + done));
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		done += (size_t)written;
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

/* A copy on its way. */
struct copy {
	int in, out;
	uint64_t offset; /* in in */
	uint64_t size, done;
	const struct progress_sink *progress;
};

static int copy_by_hand(struct copy *copy)
{
	CLEANUP(memory_freep) uint8_t *step = malloc(COPY_STEP_BYTES);
	if (step == NULL)
		return -ENOMEM;
	if (lseek(copy->out, (off_t)copy->done, SEEK_SET) < 0)
		return -errno;
	while (copy->done < copy->size) {
		uint64_t left = copy->size - copy->done;
		size_t n = left < COPY_STEP_BYTES ? (size_t)left : COPY_STEP_BYTES;
		int rc = file_read_at(copy->in, copy->offset + copy->done, step, n);
		if (rc == 0)
			rc = file_write(copy->out, step, n);
		if (rc < 0)
			return rc;
		copy->done += n;
		progress_tell(copy->progress, "copying", copy->done, copy->size);
	}
	return 0;
}

/* Shared extents: of whole blocks only, but the last one of the file. */
static bool share(const struct copy *copy, uint64_t file_bytes)
{
	struct file_clone_range range = {
		.src_fd = copy->in, .src_offset = copy->offset, .src_length = copy->size};
	if (copy->offset == 0 && copy->size == file_bytes)
		return ioctl(copy->out, FICLONE, copy->in) == 0;
	return ioctl(copy->out, FICLONERANGE, &range) == 0;
}

int file_copy_part(
	int in, uint64_t offset, int out, uint64_t size, const struct progress_sink *progress)
{
	struct copy copy = {in, out, offset, size, 0, progress};
	struct stat status;
	if (fstat(in, &status) < 0)
		return -errno;
	uint64_t file_bytes = (uint64_t)status.st_size;
	if (S_ISREG(status.st_mode) && (offset > file_bytes || size > file_bytes - offset))
		return -EIO;
	if (share(&copy, file_bytes)) {
		progress_tell(progress, "copying", size, size);
		return 0;
	}
	while (copy.done < size) {
		off_t from = (off_t)(offset + copy.done), to = (off_t)copy.done;
		uint64_t left = size - copy.done;
		ssize_t n = copy_file_range(
			in, &from, out, &to, left < COPY_STEP_BYTES ? left : COPY_STEP_BYTES, 0);
		if (n < 0 && errno == EINTR)
			continue;
		/* File systems that cannot (EXDEV, EOPNOTSUPP, EINVAL), kernels whose answer is 0
		   for files of proc and FUSE: the plain way tells a real fault by its own errno. */
		if (n <= 0)
			return copy_by_hand(&copy);
		copy.done += (uint64_t)n;
		progress_tell(progress, "copying", copy.done, size);
	}
	return 0;
}

int file_copy(int in, int out, uint64_t size, const struct progress_sink *progress)
{
	return file_copy_part(in, 0, out, size, progress);
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
