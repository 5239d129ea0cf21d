/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/export.h"

#include "adapter/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* Between two words about how far it is. */
#define STEP_BYTES  (8U << 20)
/* What media align their largest file to. */
#define FOLIO_BYTES (64U << 10)
/* Pieces below this say nothing about how the file was made. */
#define LARGE_BYTES (1U << 20)

/* A file that is being written. */
struct target {
	const char *path;         /* what it will be */
	char folder[PATH_MAX];    /* in which that lies */
	char temporary[PATH_MAX]; /* its name until then; "" while it has none */
	int fd;
	uint64_t at, size;    /* written; to be written */
	uint64_t block_bytes; /* of its file system: what a shared extent is counted in */
	bool can_clone, can_splice, can_reserve; /* as far as is known */
	bool is_replaced;                        /* it takes the place of a file */
	enum export_method method;               /* the slowest that a large piece needed */
	bool has_large;
	const struct progress_sink *progress;
};

const char *export_method_name(enum export_method method)
{
	switch (method) {
	case EXPORT_REFLINK: return "reflink";
	case EXPORT_COPY_FILE_RANGE: return "copy_file_range";
	case EXPORT_COPY: break;
	}
	return "copy";
}

/* ---- bytes ---- */

/* Where the disk will be waited for, it begins to write while the next step is copied, so that the
 * fsync() at the end finds little left to do. Where that is not known it finds all of it. */
static void advance(struct target *target, uint64_t n)
{
	if (target->is_replaced && n >= LARGE_BYTES)
		(void)sync_file_range(
			target->fd, (off_t)target->at, (off_t)n, SYNC_FILE_RANGE_WRITE);
	target->at += n;
	progress_tell(target->progress, "exporting", target->at, target->size);
}

static int put_bytes(struct target *target, const uint8_t *bytes, size_t n)
{
	int rc = file_write_at(target->fd, target->at, bytes, n);
	if (rc == 0)
		advance(target, n);
	return rc;
}

static int copy_by_hand(struct target *target, int fd, uint64_t from, uint64_t n)
{
	size_t room = n < STEP_BYTES ? (size_t)n : STEP_BYTES;
	CLEANUP(memory_freep) uint8_t *bytes = malloc(room);
	if (bytes == NULL)
		return -ENOMEM;
	while (n > 0) {
		size_t step = n < room ? (size_t)n : room;
		int rc = file_read_at(fd, from, bytes, step);
		if (rc == 0)
			rc = put_bytes(target, bytes, step);
		if (rc < 0)
			return rc;
		from += step;
		n -= step;
	}
	return 0;
}

/* What the kernel copies by itself, n bytes or fewer; the rest is copied by hand. */
static uint64_t copy_in_kernel(struct target *target, int fd, uint64_t from, uint64_t n)
{
	uint64_t done = 0;
	while (target->can_splice && done < n) {
		off_t in = (off_t)(from + done), out = (off_t)target->at;
		uint64_t left = n - done, astray = (from + done) % FOLIO_BYTES;
		/* One short step to where large folios begin: the next ones copy them whole. */
		uint64_t step = astray != 0 ? FOLIO_BYTES - astray : STEP_BYTES;
		ssize_t got = copy_file_range(
			fd, &in, target->fd, &out, (size_t)(left < step ? left : step), 0);
		if (got < 0 && errno == EINTR)
			continue;
		/* Another file system (EXDEV), one that cannot, no space, the end of a file that
		 * was cut: the plain way tells a real fault by its own errno. */
		if (got <= 0) {
			target->can_splice = false;
			break;
		}
		done += (uint64_t)got;
		advance(target, (uint64_t)got);
	}
	return done;
}

/* Blocks for a large piece are asked for at once: ext4 copies a third faster into blocks that it
 * has than when each page asks for its own, and a full disk is told before anything is copied. */
static int reserve(struct target *target, uint64_t n)
{
	while (target->can_reserve && n >= LARGE_BYTES) {
		if (fallocate(target->fd, 0, (off_t)target->at, (off_t)n) == 0)
			break;
		if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
			return -errno;
		target->can_reserve = errno == EINTR;
	}
	return 0;
}

static int copy_range(
	struct target *target, int fd, uint64_t from, uint64_t n, enum export_method *method)
{
	int rc = reserve(target, n);
	if (rc < 0)
		return rc;
	uint64_t done = copy_in_kernel(target, fd, from, n);
	*method = done < n ? EXPORT_COPY : EXPORT_COPY_FILE_RANGE;
	return done < n ? copy_by_hand(target, fd, from + done, n - done) : 0;
}

/* The blocks that lie in both files at whole blocks: shared. True if they are. */
static bool clone_range(struct target *target, int fd, uint64_t from, uint64_t n)
{
	struct file_clone_range range = {
		.src_fd = fd,
		.src_offset = from,
		.src_length = n,
		.dest_offset = target->at,
	};
	if (ioctl(target->fd, FICLONERANGE, &range) == 0) {
		advance(target, n);
		return true;
	}
	target->can_clone = false;
	return false;
}

/* Base ranges lie in a revision where they lie in the base, so all of a base but its first and last
 * block can be shared. */
static int put_file(struct target *target, const struct view_segment *segment)
{
	uint64_t from = segment->offset, n = segment->length, block = target->block_bytes;
	uint64_t head = (block - from % block) % block;
	enum export_method method = EXPORT_REFLINK, edge;
	int rc = 0;
	if (target->can_clone && from % block == target->at % block && n > head + block) {
		uint64_t middle = (n - head) / block * block;
		rc = copy_range(target, segment->fd, from, head, &edge);
		if (rc == 0 && !clone_range(target, segment->fd, from + head, middle))
			rc = copy_range(target, segment->fd, from + head, middle, &method);
		if (rc == 0)
			rc = copy_range(target, segment->fd, from + head + middle,
				n - head - middle, &edge);
	} else {
		rc = copy_range(target, segment->fd, from, n, &method);
	}
	bool is_large = n >= LARGE_BYTES;
	if ((is_large && !target->has_large) ||
		(is_large == target->has_large && method > target->method))
		target->method = method;
	target->has_large |= is_large;
	return rc;
}

static int put_view(struct target *target, const struct view *view)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < view_n_segments(view); i++) {
		const struct view_segment *segment = view_segment(view, i);
		switch (segment->kind) {
		case VIEW_FILE: rc = put_file(target, segment); break;
		case VIEW_MEMORY:
			rc = put_bytes(target, segment->memory, (size_t)segment->length);
			break;
		case VIEW_ZEROS: advance(target, segment->length); break;
		}
	}
	/* A hole at the end, too, is part of the file. */
	if (rc == 0 && ftruncate(target->fd, (off_t)target->size) < 0)
		rc = -errno;
	return rc;
}

/* ---- the file ---- */

static int fail(const struct target *target, int rc, struct error *err)
{
	if (rc == -ENOSPC || rc == -EDQUOT)
		return error_set(err, rc, "%s: no space left on its disk (%llu bytes are needed)",
			target->path, (unsigned long long)target->size);
	if (rc == -EIO)
		return error_set(err, rc,
			"%s: a file of the state cannot be read, or has become shorter; `pewter "
			"image verify` says which",
			target->path);
	return error_set(err, rc, "%s: %s", target->path, strerror(-rc));
}

static int refuse_replacing(const char *path, struct error *err)
{
	return error_set(err, -EEXIST, "%s is there already; --replace overwrites it", path);
}

/* What lies at the path must be something that may be put in the place of. */
static int check_place(const char *path, bool replace, bool *ret_is_there, struct error *err)
{
	struct stat status;
	/* Without its folder it is not there either: open_target() says so. */
	if (lstat(path, &status) < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : error_set(err, -errno, "%s: %s", path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return error_set(err, -EISDIR, "%s is a folder; name a file in it", path);
	if (!S_ISREG(status.st_mode))
		return error_set(err, -EINVAL, "%s is no ordinary file; name another", path);
	if (!replace)
		return refuse_replacing(path, err);
	*ret_is_there = true;
	return 0;
}

/* Names in the folder that are nobody's; the first that make() can take. Leftovers of the killed
 * stay where they are: they may be somebody's. */
static int with_temporary(
	struct target *target, int (*make)(struct target *target, const char *path))
{
	char path[PATH_MAX];
	int rc = -EEXIST;
	for (unsigned i = 0; rc == -EEXIST && i < 1000; i++) {
		(void)snprintf(path, sizeof(path), "%.*s/.pewter-%ld-%u", PATH_MAX - 64,
			target->folder, (long)getpid(), i);
		rc = make(target, path);
	}
	if (rc == 0)
		memcpy(target->temporary, path, sizeof(path));
	return rc;
}

static int create(struct target *target, const char *path)
{
	target->fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
	return target->fd < 0 ? -errno : 0;
}

static int refuse_folder(const struct target *target, const char *path, int rc, struct error *err)
{
	const char *folder = target->folder;
	if (access(folder, F_OK) < 0 && errno == ENOENT)
		return error_set(err, rc,
			"%s: the folder %s is not there; `mkdir -p %s` makes it, or name another",
			path, folder, folder);
	switch (rc) {
	case -ENOTDIR: return error_set(err, rc, "%s: %s is no folder; name another", path, folder);
	case -ENOENT: /* /proc and its like */
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return error_set(err, rc,
			"%s: nothing can be written into the folder %s (%s); name another", path,
			folder, strerror(-rc));
	default: return error_set(err, rc, "%s: %s", path, strerror(-rc));
	}
}

static int open_target(const char *path, struct target *target, struct error *err)
{
	const char *slash = strrchr(path, '/');
	int length = slash == NULL || slash == path ? 1 : (int)(slash - path);
	if (length >= PATH_MAX - 64)
		return error_set(err, -ENAMETOOLONG, "%.80s...: %s", path, strerror(ENAMETOOLONG));
	(void)snprintf(
		target->folder, sizeof(target->folder), "%.*s", length, slash == NULL ? "." : path);
	/* Without a name nothing is left behind, whenever this is killed. */
	target->fd = open(target->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	int rc = target->fd < 0 ? -errno : 0;
	if (rc == -EOPNOTSUPP || rc == -EISDIR || rc == -EINVAL)
		rc = with_temporary(target, create);
	struct statvfs status;
	if (rc == 0 && fstatvfs(target->fd, &status) < 0)
		rc = -errno;
	if (rc < 0)
		return refuse_folder(target, path, rc, err);
	target->block_bytes = status.f_frsize > 0 ? status.f_frsize : 4096;
	return 0;
}

/* A name for a file that has none. */
static int link_to(struct target *target, const char *path)
{
	char self[32];
	if (linkat(target->fd, "", AT_FDCWD, path, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT && errno != EPERM)
		return -errno;
	/* Without CAP_DAC_READ_SEARCH (before Linux 6.10) only by way of /proc. */
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", target->fd);
	return linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
}

static int rename_to(const char *from, const char *to, bool replace)
{
	if (replace)
		return rename(from, to) == 0 ? 0 : -errno;
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* NFS. The first name goes when the target is closed. */
	return link(from, to) == 0 ? 0 : -errno;
}

/* A file that is new can be made again, so nobody waits for the disk; but then NFS and others tell
 * what they could not store only to who closes it. */
static int finish(struct target *target)
{
	if (target->is_replaced)
		return fsync(target->fd) < 0 ? -errno : 0;
	int fd = fcntl(target->fd, F_DUPFD_CLOEXEC, 0);
	return fd < 0 || close(fd) < 0 ? -errno : 0;
}

static int sync_folder(const struct target *target)
{
	CLEANUP(file_closep)
	int folder = open(target->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder >= 0 && fsync(folder) == 0 ? 0 : -errno;
}

static int give_name(struct target *target, bool replace)
{
	int rc = finish(target);
	if (rc == 0 && target->temporary[0] == 0 && !replace) {
		rc = link_to(target, target->path);
	} else if (rc == 0) {
		if (target->temporary[0] == 0)
			rc = with_temporary(target, link_to);
		if (rc == 0)
			rc = rename_to(target->temporary, target->path, replace);
	}
	return rc == 0 && target->is_replaced ? sync_folder(target) : rc;
}

static void close_target(struct target *target)
{
	if (target->temporary[0] != 0)
		(void)unlink(target->temporary);
	if (target->fd >= 0)
		(void)close(target->fd);
}

int view_export(const struct view *view, const char *path, bool replace,
	const struct progress_sink *progress, enum export_method *ret_method, struct error *err)
{
	CLEANUP(close_target)
	struct target target = {
		.path = path,
		.fd = -1,
		.size = view_size(view),
		.can_clone = true,
		.can_splice = true,
		.can_reserve = true,
		.progress = progress,
	};
	int rc = check_place(path, replace, &target.is_replaced, err);
	if (rc == 0)
		rc = open_target(path, &target, err);
	if (rc < 0)
		return rc;
	rc = put_view(&target, view);
	if (rc == 0)
		rc = give_name(&target, replace);
	if (rc == -EEXIST)
		return refuse_replacing(path, err);
	if (rc < 0)
		return fail(&target, rc, err);
	*ret_method = target.method;
	return 0;
}
