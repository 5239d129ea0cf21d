/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/device_write.h"

#include "adapter/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define STEP_BYTES (4U << 20)

bool is_block_device(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISBLK(status.st_mode);
}

static int open_device(
	const char *path, uint64_t needed, bool force, int *ret_fd, struct error *err)
{
	uint64_t size = 0;
	if (!force)
		return error_set(err, -EPERM,
			"%s is a disk, and everything on it would be gone; --force writes over it",
			path);
	/* Exclusive, which the kernel gives nobody as long as a part of it is mounted. */
	int fd = open(path, O_RDWR | O_EXCL | O_CLOEXEC);
	if (fd < 0 && errno == EBUSY)
		return error_set(err, -EBUSY,
			"%s is in use: unmount what is mounted of it (`lsblk %s`)", path, path);
	if (fd < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	int rc = file_size(fd, &size);
	if (rc < 0)
		rc = error_set(err, rc, "%s: %s", path, strerror(-rc));
	else if (size < needed)
		rc = error_set(err, -ENOSPC, "%s has %llu bytes, and %llu are needed", path,
			(unsigned long long)size, (unsigned long long)needed);
	if (rc < 0) {
		(void)close(fd);
		return rc;
	}
	*ret_fd = fd;
	return 0;
}

static int write_at(int fd, const uint8_t *bytes, size_t n, uint64_t at)
{
	while (n > 0) {
		ssize_t done = pwrite(fd, bytes, n, (off_t)at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		bytes += done;
		n -= (size_t)done;
		at += (uint64_t)done;
	}
	return 0;
}

static int copy_all(const struct view *view, int fd, const struct progress_sink *progress)
{
	const uint64_t size = view_size(view);
	CLEANUP(memory_freep) uint8_t *bytes = malloc(STEP_BYTES);
	int rc = bytes == NULL ? -ENOMEM : 0;
	for (uint64_t at = 0; rc == 0 && at < size;) {
		uint64_t within = 0;
		const struct view_segment *segment = view_find(view, at, &within);
		uint64_t n = size - at < STEP_BYTES ? size - at : STEP_BYTES;
		/* Zeros over at least a step the device may know a shorter way to. */
		uint64_t zeros[2] = {at, n};
		if (segment->kind != VIEW_ZEROS || segment->length - within < n ||
			ioctl(fd, BLKZEROOUT, zeros) < 0) {
			rc = view_read(view, at, bytes, (size_t)n);
			if (rc == 0)
				rc = write_at(fd, bytes, (size_t)n, at);
		}
		at += n;
		progress_tell(progress, "writing", at, size);
	}
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	/* So that the kernel sees the new partition; who reads the disk next does it anyway. */
	if (rc == 0)
		(void)ioctl(fd, BLKRRPART);
	return rc;
}

int device_write(const struct view *view, const char *path, bool force,
	const struct progress_sink *progress, struct error *err)
{
	CLEANUP(file_closep) int fd = -1;
	int rc = open_device(path, view_size(view), force, &fd, err);
	if (rc < 0)
		return rc;
	rc = copy_all(view, fd, progress);
	return rc < 0 ? error_set(err, rc,
				"%s: %s; what was on it is gone, and what is on it now is of no "
				"use: write it again",
				path, strerror(-rc))
		      : 0;
}
