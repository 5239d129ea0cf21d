/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/view_cache.h"

#include "base/text.h"
#include "image/revision_view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_BUCKETS     4096
#define REVISIONS_MAX 64
#define FILES_MAX     16384
#define FILES_MIN     64
#define KEY_BYTES     512

enum entry_kind {
	ENTRY_FILE, /* a blob or a path: a descriptor */
	ENTRY_REVISION,
	N_ENTRY_KINDS,
};

struct entry {
	enum entry_kind kind;
	bool is_blob;
	struct view *view;
	struct entry *next;          /* in its bucket */
	struct entry *newer, *older; /* of its kind, by when it was used last */
	char key[];
};

struct view_cache {
	struct store *store;
	struct entry *buckets[N_BUCKETS];
	struct entry *newest[N_ENTRY_KINDS], *oldest[N_ENTRY_KINDS];
	size_t n[N_ENTRY_KINDS], max[N_ENTRY_KINDS];
};

/* A quarter of what we may open: sockets, and transfers of what is no longer in here, need some. */
static size_t files_max(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 4 < FILES_MIN)
		return FILES_MIN;
	return limit.rlim_cur / 4 < FILES_MAX ? (size_t)limit.rlim_cur / 4 : FILES_MAX;
}

int view_cache_new(struct store *store, struct view_cache **ret_cache)
{
	struct view_cache *cache = calloc(1, sizeof(*cache));
	if (cache == NULL)
		return -ENOMEM;
	cache->store = store;
	cache->max[ENTRY_FILE] = files_max();
	cache->max[ENTRY_REVISION] = REVISIONS_MAX;
	*ret_cache = cache;
	return 0;
}

/* ---- entries ---- */

static struct entry **bucket_of(struct view_cache *cache, const char *key)
{
	uint32_t hash = 2166136261U;
	for (const char *c = key; *c != 0; c++)
		hash = (hash ^ (uint8_t)*c) * 16777619U;
	return &cache->buckets[hash % N_BUCKETS];
}

static void unlink_age(struct view_cache *cache, struct entry *entry)
{
	*(entry->newer != NULL ? &entry->newer->older : &cache->newest[entry->kind]) = entry->older;
	*(entry->older != NULL ? &entry->older->newer : &cache->oldest[entry->kind]) = entry->newer;
}

static void link_newest(struct view_cache *cache, struct entry *entry)
{
	struct entry **newest = &cache->newest[entry->kind];
	entry->newer = NULL;
	entry->older = *newest;
	*(*newest != NULL ? &(*newest)->newer : &cache->oldest[entry->kind]) = entry;
	*newest = entry;
}

static void drop(struct view_cache *cache, struct entry *entry)
{
	struct entry **at = bucket_of(cache, entry->key);
	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	unlink_age(cache, entry);
	cache->n[entry->kind]--;
	(void)view_unref(entry->view);
	free(entry);
}

static struct view *find(struct view_cache *cache, enum entry_kind kind, const char *key)
{
	for (struct entry *entry = *bucket_of(cache, key); entry != NULL; entry = entry->next) {
		if (entry->kind != kind || strcmp(entry->key, key) != 0)
			continue;
		unlink_age(cache, entry);
		link_newest(cache, entry);
		return view_ref(entry->view);
	}
	return NULL;
}

/* In place of the one that was used longest ago. Without memory it is not kept: no harm done. */
static void keep(struct view_cache *cache, enum entry_kind kind, bool is_blob, const char *key,
	struct view *view)
{
	size_t length = strlen(key);
	struct entry *entry = malloc(sizeof(*entry) + length + 1);
	if (entry == NULL)
		return;
	if (cache->n[kind] == cache->max[kind])
		drop(cache, cache->oldest[kind]);
	*entry = (struct entry){.kind = kind, .is_blob = is_blob, .view = view_ref(view)};
	memcpy(entry->key, key, length + 1);
	struct entry **bucket = bucket_of(cache, key);
	entry->next = *bucket;
	*bucket = entry;
	link_newest(cache, entry);
	cache->n[kind]++;
}

static void drop_kind(struct view_cache *cache, enum entry_kind kind)
{
	while (cache->oldest[kind] != NULL)
		drop(cache, cache->oldest[kind]);
}

struct view_cache *view_cache_free(struct view_cache *cache)
{
	for (int kind = 0; cache != NULL && kind < N_ENTRY_KINDS; kind++)
		drop_kind(cache, (enum entry_kind)kind);
	free(cache);
	return NULL;
}

/* A blob never changes; its file goes when nothing names it any more, or when it was damaged and
 * came again. */
static bool is_as_it_was(const struct entry *entry)
{
	const struct view_segment *segment = view_segment(entry->view, 0);
	struct stat status;
	return entry->is_blob && segment != NULL && fstat(segment->fd, &status) == 0 &&
	       status.st_nlink > 0 && (uint64_t)status.st_size == view_size(entry->view);
}

void view_cache_refresh(struct view_cache *cache)
{
	drop_kind(cache, ENTRY_REVISION);
	for (struct entry *entry = cache->oldest[ENTRY_FILE], *next; entry != NULL; entry = next) {
		next = entry->newer;
		if (!is_as_it_was(entry))
			drop(cache, entry);
	}
}

size_t view_cache_count(const struct view_cache *cache)
{
	return cache->n[ENTRY_FILE] + cache->n[ENTRY_REVISION];
}

/* ---- files ---- */

/* Takes the descriptor over. */
static int open_view(struct view_cache *cache, const char *key, bool is_blob, int fd, uint64_t size,
	struct view **ret_view)
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
	keep(cache, ENTRY_FILE, is_blob, key, view);
	*ret_view = TAKE(view);
	return 0;
}

static int open_blob(
	struct view_cache *cache, const struct blob *blob, int *ret_fd, struct error *err)
{
	int rc = revision_blob_open(cache->store, blob, ret_fd, err);
	if (rc != -EMFILE && rc != -ENFILE)
		return rc;
	/* What nobody reads just now is closed, and then there may be room. */
	drop_kind(cache, ENTRY_REVISION);
	drop_kind(cache, ENTRY_FILE);
	return revision_blob_open(cache->store, blob, ret_fd, err);
}

int view_cache_blob(struct view_cache *cache, const struct blob *blob, struct view **ret_view,
	struct error *err)
{
	int fd = -1;
	*ret_view = find(cache, ENTRY_FILE, blob->sha256);
	if (*ret_view != NULL)
		return 0;
	int rc = open_blob(cache, blob, &fd, err);
	/* A record names it, so this is no file that the client should not have asked for: it is
	 * our fault, and somebody has to hear of it. */
	if (rc == -ENOENT)
		return -EIO;
	if (rc < 0)
		return rc;
	rc = open_view(cache, blob->sha256, true, fd, blob->size, ret_view);
	return rc < 0 ? error_set(err, rc, "cannot serve a blob: %s", strerror(-rc)) : 0;
}

int view_cache_path(
	struct view_cache *cache, const char *path, struct view **ret_view, struct error *err)
{
	struct stat status;
	*ret_view = find(cache, ENTRY_FILE, path);
	if (*ret_view != NULL)
		return 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		(void)close(fd);
		return error_set(err, -EINVAL, "%s is no regular file", path);
	}
	int rc = open_view(cache, path, false, fd, (uint64_t)status.st_size, ret_view);
	return rc < 0 ? error_set(err, rc, "%s: %s", path, strerror(-rc)) : 0;
}

/* ---- revisions ---- */

static int blob_for_revision(
	void *context, const struct blob *blob, struct view **ret_view, struct error *err)
{
	return view_cache_blob(context, blob, ret_view, err);
}

static int compose(struct view_cache *cache, const struct image_record *image, uint32_t revision,
	struct view **ret_view, struct error *err)
{
	CLEANUP(revision_record_clear) struct revision_record record = {.blobs = NULL};
	int rc = store_revision_get(cache->store, image->name, revision, &record, err);
	if (rc < 0)
		return rc;
	if (strcmp(record.blobs[0].sha256, image->base.sha256) != 0)
		return error_set(err, -ENOENT, "image \"%s\" has just been replaced", image->name);
	return revision_view(&record, blob_for_revision, cache, ret_view, err);
}

int view_cache_revision(struct view_cache *cache, const struct image_record *image,
	uint32_t revision, struct view **ret_view, struct error *err)
{
	char key[KEY_BYTES];
	if (revision == 0)
		revision = image->revision;
	/* A replaced image begins with revision 1 again. */
	(void)snprintf(key, sizeof(key), "%s@%u %s", image->name, revision, image->base.sha256);
	*ret_view = find(cache, ENTRY_REVISION, key);
	if (*ret_view != NULL)
		return 0;
	int rc = compose(cache, image, revision, ret_view, err);
	if (rc == 0)
		keep(cache, ENTRY_REVISION, false, key, *ret_view);
	return rc;
}
