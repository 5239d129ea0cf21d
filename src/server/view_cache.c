/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/view_cache.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRIES_MAX 64
#define KEY_BYTES   512

struct view_entry {
	char key[KEY_BYTES]; /* a hash or a path; "" if free */
	struct view *view;
	uint64_t used; /* the cache's count when it was used last */
};

struct view_cache {
	struct store *store;
	uint64_t count;
	struct view_entry entries[ENTRIES_MAX];
};

int view_cache_new(struct store *store, struct view_cache **ret_cache)
{
	struct view_cache *cache = calloc(1, sizeof(*cache));
	if (cache == NULL)
		return -ENOMEM;
	cache->store = store;
	*ret_cache = cache;
	return 0;
}

void view_cache_drop(struct view_cache *cache)
{
	for (size_t i = 0; i < ENTRIES_MAX; i++) {
		cache->entries[i].view = view_unref(cache->entries[i].view);
		cache->entries[i].key[0] = 0;
	}
}

struct view_cache *view_cache_free(struct view_cache *cache)
{
	if (cache != NULL)
		view_cache_drop(cache);
	free(cache);
	return NULL;
}

static struct view *find(struct view_cache *cache, const char *key)
{
	for (size_t i = 0; i < ENTRIES_MAX; i++) {
		struct view_entry *entry = &cache->entries[i];
		if (strcmp(entry->key, key) == 0) {
			entry->used = ++cache->count;
			return view_ref(entry->view);
		}
	}
	return NULL;
}

/* In place of the entry that was used longest ago; free ones never were. */
static void keep(struct view_cache *cache, const char *key, struct view *view)
{
	struct view_entry *oldest = &cache->entries[0];
	for (size_t i = 1; i < ENTRIES_MAX; i++)
		if (cache->entries[i].key[0] == 0
				? oldest->key[0] != 0
				: oldest->key[0] != 0 && cache->entries[i].used < oldest->used)
			oldest = &cache->entries[i];
	(void)view_unref(oldest->view);
	(void)text_copy(oldest->key, sizeof(oldest->key), key);
	oldest->view = view_ref(view);
	oldest->used = ++cache->count;
}

/* Takes the descriptor over. */
static int open_view(
	struct view_cache *cache, const char *key, int fd, uint64_t size, struct view **ret_view)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	int rc = view_new(&view);
	if (rc < 0) {
		(void)close(fd);
		return rc;
	}
	rc = view_add_file(view, fd, 0, size);
	if (rc < 0)
		return rc;
	keep(cache, key, view);
	*ret_view = TAKE(view);
	return 0;
}

int view_cache_blob(struct view_cache *cache, const struct blob *blob, struct view **ret_view,
	struct error *err)
{
	struct stat status;
	int fd = -1;
	*ret_view = find(cache, blob->sha256);
	if (*ret_view != NULL)
		return 0;
	int rc = store_blob_open(cache->store, blob->sha256, &fd, err);
	/* A record names it, so this is no file that the client should not have asked for: it is
	 * our fault, and somebody has to hear of it. */
	if (rc == -ENOENT)
		return -EIO;
	if (rc < 0)
		return rc;
	if (fstat(fd, &status) != 0 || (uint64_t)status.st_size != blob->size) {
		(void)close(fd);
		return error_set(err, -EIO,
			"blob %s is not the %llu bytes that it was; import the image that needs it "
			"again, with --replace",
			blob->sha256, (unsigned long long)blob->size);
	}
	rc = open_view(cache, blob->sha256, fd, blob->size, ret_view);
	return rc < 0 ? error_set(err, rc, "cannot serve a blob: %s", strerror(-rc)) : 0;
}

int view_cache_path(
	struct view_cache *cache, const char *path, struct view **ret_view, struct error *err)
{
	struct stat status;
	*ret_view = find(cache, path);
	if (*ret_view != NULL)
		return 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		(void)close(fd);
		return error_set(err, -EINVAL, "%s is no regular file", path);
	}
	int rc = open_view(cache, path, fd, (uint64_t)status.st_size, ret_view);
	return rc < 0 ? error_set(err, rc, "%s: %s", path, strerror(-rc)) : 0;
}
