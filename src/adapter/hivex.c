/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/hivex.h"

#include "adapter/library.h"
#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <hivex.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 16
#define KEY_BYTES 1024

#define FUNCTIONS(X)                                                                               \
	X(hivex_close)                                                                             \
	X(hivex_commit)                                                                            \
	X(hivex_node_add_child)                                                                    \
	X(hivex_node_children)                                                                     \
	X(hivex_node_get_child)                                                                    \
	X(hivex_node_name)                                                                         \
	X(hivex_node_set_value)                                                                    \
	X(hivex_node_values)                                                                       \
	X(hivex_open)                                                                              \
	X(hivex_root)                                                                              \
	X(hivex_value_key)                                                                         \
	X(hivex_value_value)
LIBRARY_DECLARE(libhivex, FUNCTIONS);
LIBRARY_DEFINE(libhivex, FUNCTIONS, "libhivex.so.0", "libhivex0", "required",
	"makes boot configurations (BCD)");

static void fd_closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static void hive_closep(hive_h **hive)
{
	if (*hive != NULL)
		(void)libhivex.hivex_close(*hive);
}

int hive_load_library(struct error *err)
{
	return library_load(&libhivex_library, err);
}

/* libhivex sets errno, though not to anything a person could use. */
static int failure(struct error *err, const char *what)
{
	int rc = errno > 0 ? -errno : -EIO;
	return error_set(err, rc, "%s: %s", what, strerror(-rc));
}

/* A file in memory that holds the bytes, and the path by which hivex opens it. */
static int memory_file(const void *bytes, size_t n, int *ret_fd, char *path, size_t path_size)
{
	CLEANUP(fd_closep) int fd = memfd_create("hive", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	const uint8_t *from = bytes;
	for (size_t done = 0; done < n;) {
		ssize_t written = write(fd, from + done, n - done);
		if (written < 0)
			return -errno;
		done += (size_t)written;
	}
	(void)snprintf(path, path_size, "/proc/self/fd/%d", fd);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

/* ---- writing ---- */

/* The node of the key, made if it is not there. */
static int find_node(hive_h *hive, const char *key, hive_node_h *ret_node)
{
	hive_node_h node = libhivex.hivex_root(hive);
	while (node != 0 && *key != 0) {
		char name[KEY_BYTES];
		size_t length = strcspn(key, "\\");
		if (length >= sizeof(name))
			return -ENAMETOOLONG;
		memcpy(name, key, length);
		name[length] = 0;
		key += length + (key[length] == '\\' ? 1 : 0);

		errno = 0;
		hive_node_h child = libhivex.hivex_node_get_child(hive, node, name);
		if (child == 0 && errno == 0)
			child = libhivex.hivex_node_add_child(hive, node, name);
		node = child;
	}
	if (node == 0)
		return errno > 0 ? -errno : -EIO;
	*ret_node = node;
	return 0;
}

static int set_value(hive_h *hive, const struct hive_value *value)
{
	hive_node_h node = 0;
	int rc = find_node(hive, value->key, &node);
	if (rc < 0)
		return rc;
	/* hivex takes pointers to data that it does not change. */
	const hive_set_value set = {
		.key = (char *)(uintptr_t)value->name,
		.t = (hive_type)value->type,
		.len = value->size,
		.value = (char *)(uintptr_t)value->bytes,
	};
	return libhivex.hivex_node_set_value(hive, node, &set, 0) == 0 ? 0 : -errno;
}

static int append_file(int fd, struct buffer *out)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return -errno;
	size_t n = (size_t)st.st_size, done = 0;
	int rc = buffer_reserve(out, n);
	if (rc < 0)
		return rc;
	while (done < n) {
		ssize_t got = pread(fd, out->bytes + out->size + done, n - done, (off_t)done);
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		done += (size_t)got;
	}
	out->size += n;
	out->bytes[out->size] = 0;
	return 0;
}

int hive_build(const void *seed, size_t seed_size, const struct hive_value *values, size_t n_values,
	struct buffer *out, struct error *err)
{
	CLEANUP(fd_closep) int fd = -1;
	char path[64];
	int rc = hive_load_library(err);
	if (rc < 0)
		return rc;
	rc = memory_file(seed, seed_size, &fd, path, sizeof(path));
	if (rc < 0)
		return error_set(err, rc, "cannot make a file in memory: %s", strerror(-rc));
	CLEANUP(hive_closep) hive_h *hive = libhivex.hivex_open(path, HIVEX_OPEN_WRITE);
	if (hive == NULL)
		return failure(err, "cannot open the empty hive (is /proc there?)");
	for (size_t i = 0; i < n_values; i++) {
		rc = set_value(hive, &values[i]);
		if (rc < 0)
			return error_set(err, rc, "cannot set %s\\%s in a hive: %s", values[i].key,
				values[i].name, strerror(-rc));
	}
	if (libhivex.hivex_commit(hive, path, 0) != 0)
		return failure(err, "cannot write a hive");
	rc = append_file(fd, out);
	if (rc < 0)
		return error_set(err, rc, "cannot read back a hive: %s", strerror(-rc));
	return 0;
}

/* ---- reading ---- */

struct level {
	hive_node_h *children; /* owned, ends with 0 */
	size_t next;
	size_t key_length; /* of the node above */
};

struct walk {
	hive_h *hive;
	hive_visitor *visitor;
	void *context;
	size_t depth;
	struct level levels[DEPTH_MAX];
	char key[KEY_BYTES];
};

static void walk_clear(struct walk *walk)
{
	while (walk->depth > 0)
		free(walk->levels[--walk->depth].children);
}

static int visit_value(struct walk *walk, hive_value_h handle)
{
	hive_type type = hive_t_none;
	size_t size = 0;
	CLEANUP(memory_freep) char *name = libhivex.hivex_value_key(walk->hive, handle);
	if (name == NULL)
		return -errno;
	CLEANUP(memory_freep)
	char *bytes = libhivex.hivex_value_value(walk->hive, handle, &type, &size);
	if (bytes == NULL)
		return -errno;
	const struct hive_value value = {walk->key, name, (uint32_t)type, bytes, size};
	return walk->visitor(walk->context, &value);
}

/* The node's values, and its children onto the stack. */
static int enter(struct walk *walk, hive_node_h node, size_t key_length)
{
	CLEANUP(memory_freep) hive_value_h *values = libhivex.hivex_node_values(walk->hive, node);
	if (values == NULL)
		return -errno;
	for (size_t i = 0; values[i] != 0; i++) {
		int rc = visit_value(walk, values[i]);
		if (rc < 0)
			return rc;
	}
	if (walk->depth == DEPTH_MAX)
		return -ELOOP;
	hive_node_h *children = libhivex.hivex_node_children(walk->hive, node);
	if (children == NULL)
		return -errno;
	walk->levels[walk->depth++] = (struct level){children, 0, key_length};
	return 0;
}

static int step_down(struct walk *walk, struct level *level)
{
	hive_node_h node = level->children[level->next++];
	CLEANUP(memory_freep) char *name = libhivex.hivex_node_name(walk->hive, node);
	if (name == NULL)
		return -errno;
	size_t used = level->key_length;
	int n = snprintf(
		walk->key + used, sizeof(walk->key) - used, "%s%s", used > 0 ? "\\" : "", name);
	if (n < 0 || (size_t)n >= sizeof(walk->key) - used)
		return -ENAMETOOLONG;
	return enter(walk, node, used + (size_t)n);
}

static int walk_all(struct walk *walk)
{
	hive_node_h root = libhivex.hivex_root(walk->hive);
	if (root == 0)
		return -errno;
	int rc = enter(walk, root, 0);
	while (rc == 0 && walk->depth > 0) {
		struct level *level = &walk->levels[walk->depth - 1];
		if (level->children[level->next] != 0) {
			rc = step_down(walk, level);
		} else {
			free(level->children);
			walk->depth--;
		}
	}
	return rc;
}

int hive_walk(const void *bytes, size_t n, hive_visitor *visitor, void *context, struct error *err)
{
	if (n > LIMIT_BCD_BYTES)
		return error_set(err, -EFBIG, "a hive of %zu bytes is larger than any BCD", n);
	CLEANUP(fd_closep) int fd = -1;
	char path[64];
	int rc = hive_load_library(err);
	if (rc < 0)
		return rc;
	rc = memory_file(bytes, n, &fd, path, sizeof(path));
	if (rc < 0)
		return error_set(err, rc, "cannot make a file in memory: %s", strerror(-rc));
	CLEANUP(hive_closep) hive_h *hive = libhivex.hivex_open(path, 0);
	if (hive == NULL)
		return failure(err, "this is no registry hive");
	struct walk walk = {.hive = hive, .visitor = visitor, .context = context};
	rc = walk_all(&walk);
	walk_clear(&walk);
	if (rc < 0)
		return error_set(
			err, rc, "cannot read the hive at \"%s\": %s", walk.key, strerror(-rc));
	return 0;
}
