/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/part_ahead.h"

#include "image/part_room.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What one sync and one transaction are for. */
#define BATCH_PACKAGES 64
#define BATCH_BYTES    (128U << 20)

/* One package on its way to its part. */
struct job {
	struct driver_package package; /* no more of it than pressing needs; owned */
	struct part_record part;
	int fd; /* the part's blob; -1: none, or the store has it */
	int rc; /* 0: pressed; -ECANCELED: nobody has begun it */
	struct error why;
};

struct ahead {
	struct store *store;
	enum wim_compression compression;
	struct blob_batch *blobs;
	const struct progress_sink *progress;
	uint64_t n_bytes;        /* of all wishes */
	atomic_uint_fast64_t at; /* bytes that are done */
	struct job jobs[BATCH_PACKAGES];
	size_t n;
	atomic_size_t next;  /* the first job that nobody has begun */
	atomic_bool is_over; /* one failed in a way that the next would too */
	size_t n_failed;
	struct error *err; /* of the first that failed */
};

static void job_clear(struct job *job)
{
	driver_package_clear(&job->package);
	part_record_clear(&job->part);
	if (job->fd >= 0)
		(void)close(job->fd);
}

static bool is_over(struct ahead *ahead)
{
	return atomic_load_explicit(&ahead->is_over, memory_order_relaxed);
}

/* A package that is damaged is alone in that. */
static void judge(struct ahead *ahead, int rc)
{
	if (rc < 0 && rc != -EIO && rc != -EBADMSG)
		atomic_store_explicit(&ahead->is_over, true, memory_order_relaxed);
}

static void count_failed(struct ahead *ahead, int rc, const struct error *why)
{
	if (rc != -ECANCELED && ahead->err->text[0] == 0)
		*ahead->err = *why;
	ahead->n_failed++;
	judge(ahead, rc);
}

/* ---- what there is to do ---- */

static int compare_wishes(const void *a, const void *b)
{
	const struct part_wish *x = a, *y = b;
	return (x->size < y->size) - (x->size > y->size);
}

static bool is_made(const struct ahead *ahead, const struct part_wish *wish)
{
	CLEANUP(part_record_clear) struct part_record part = {.files = NULL};
	struct error unheard;
	return store_part_get(ahead->store, wish->package, wim_compression_text(ahead->compression),
		       &part, &unheard) == 0 &&
	       part_is_whole(ahead->store, &part);
}

/* Lists of models are by far the largest part of a record. */
static void drop_lists(struct driver_package *package)
{
	struct driver_package slim = {.files = package->files, .n_files = package->n_files};
	memcpy(slim.id, package->id, sizeof(slim.id));
	memcpy(slim.inf, package->inf, sizeof(slim.inf));
	package->files = NULL;
	package->n_files = 0;
	driver_package_clear(package);
	*package = slim;
}

static void take(struct ahead *ahead, const struct part_wish *wish)
{
	struct job *job = &ahead->jobs[ahead->n];
	*job = (struct job){.fd = -1, .rc = -ECANCELED};
	int rc = store_driver_get(ahead->store, wish->package, &job->package, &job->why);
	if (rc < 0 && rc != -ENOENT) /* removed meanwhile: nobody wants it */
		count_failed(ahead, rc, &job->why);
	if (rc < 0)
		return;
	drop_lists(&job->package);
	job->package.size = wish->size;
	ahead->n++;
}

/* ---- pressing ---- */

/* Progress inside one package, as part of the whole. */
static void report_within(void *context, const char *what, uint64_t done, uint64_t total)
{
	struct ahead *ahead = context;
	(void)total;
	progress_tell(ahead->progress, what,
		atomic_load_explicit(&ahead->at, memory_order_relaxed) + done, ahead->n_bytes);
}

static void press_one(struct ahead *ahead, struct job *job, size_t max_threads)
{
	const struct press_way way = {ahead->compression, max_threads};
	const struct progress_sink within = {.report = report_within, .context = ahead};
	job->rc = part_press(ahead->store, &job->package, &way, max_threads == 1 ? NULL : &within,
		&job->part, &job->fd, &job->why);
	judge(ahead, job->rc);
	(void)atomic_fetch_add_explicit(&ahead->at, job->package.size, memory_order_relaxed);
}

static struct job *next_job(struct ahead *ahead)
{
	if (is_over(ahead))
		return NULL;
	size_t i = atomic_fetch_add_explicit(&ahead->next, 1, memory_order_relaxed);
	return i < ahead->n ? &ahead->jobs[i] : NULL;
}

static void *work(void *context)
{
	struct ahead *ahead = context;
	for (struct job *job; (job = next_job(ahead)) != NULL;)
		press_one(ahead, job, 1);
	return NULL;
}

/* What is more than one processor's share is pressed by all of them; of the rest each takes whole
 * packages, the largest first: nothing is shared, and reading, hashing and writing go side by side
 * too. */
static void press_batch(struct ahead *ahead)
{
	pthread_t threads[PRESS_THREADS_MAX];
	size_t n_processors = press_processors(), n_threads = 0;
	uint64_t left = 0;
	for (size_t i = 0; i < ahead->n; i++)
		left += ahead->jobs[i].package.size;
	size_t i = 0;
	for (; i < ahead->n && ahead->jobs[i].package.size > left / n_processors && !is_over(ahead);
		i++) {
		left -= ahead->jobs[i].package.size;
		press_one(ahead, &ahead->jobs[i], 0);
	}
	atomic_store_explicit(&ahead->next, i, memory_order_relaxed);
	while (n_threads + 1 < n_processors && n_threads + 1 < ahead->n - i &&
		pthread_create(&threads[n_threads], NULL, work, ahead) == 0)
		n_threads++;
	/* Only this thread tells how far it is. */
	for (struct job *job; (job = next_job(ahead)) != NULL;) {
		press_one(ahead, job, 1);
		report_within(ahead, "compressing", 0, 0);
	}
	for (size_t k = 0; k < n_threads; k++)
		(void)pthread_join(threads[k], NULL);
}

/* ---- into the store ---- */

/* Blobs first, all with one sync. */
static int keep_blobs(struct ahead *ahead, struct error *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < ahead->n; i++) {
		struct job *job = &ahead->jobs[i];
		if (job->fd < 0 || job->part.blob.size == 0)
			continue;
		int fd = job->fd;
		job->fd = -1;
		rc = store_blob_batch_add(ahead->blobs, fd, &job->part.blob, err);
	}
	return rc < 0 ? rc : store_blob_batch_commit(ahead->blobs, err);
}

static int keep_records(struct ahead *ahead, struct error *err)
{
	int rc = store_begin(ahead->store, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < ahead->n; i++) {
		struct job *job = &ahead->jobs[i];
		if (job->rc < 0)
			continue;
		rc = part_id(&job->part);
		rc = rc < 0 ? error_set(err, rc, "%s", strerror(-rc))
			    : store_part_put_ahead(ahead->store, job->package.id, &job->part, err);
	}
	if (rc == 0)
		rc = store_commit(ahead->store, err);
	if (rc < 0)
		store_rollback(ahead->store);
	return rc;
}

static void flush(struct ahead *ahead)
{
	struct error why = ERROR_NULL;
	press_batch(ahead);
	int rc = keep_blobs(ahead, &why);
	if (rc == 0)
		rc = keep_records(ahead, &why);
	for (size_t i = 0; i < ahead->n; i++) {
		struct job *job = &ahead->jobs[i];
		if (job->rc < 0)
			count_failed(ahead, job->rc, &job->why);
		else if (rc < 0)
			count_failed(ahead, rc, &why);
		job_clear(job);
	}
	ahead->n = 0;
}

/* ---- the whole ---- */

/* The largest first: what ends a batch, and the whole, is small. */
static size_t sort_out(struct ahead *ahead, struct part_wish *wishes, size_t n)
{
	size_t n_left = 0;
	for (size_t i = 0; i < n; i++) {
		if (is_made(ahead, &wishes[i]))
			continue;
		struct part_wish wish = wishes[i];
		wishes[i] = wishes[n_left];
		wishes[n_left++] = wish;
	}
	for (size_t i = 0; i < n_left; i++)
		ahead->n_bytes += wishes[i].size;
	if (n_left > 0)
		qsort(wishes, n_left, sizeof(*wishes), compare_wishes);
	return n_left;
}

/* What can be made later must not take what the server needs now: its database lies there too. No
 * part is larger than what it is made of. */
static uint64_t spare_bytes(const struct ahead *ahead)
{
	struct statvfs status;
	if (statvfs(store_directory(ahead->store), &status) < 0)
		return UINT64_MAX; /* then writing says what is the matter */
	return (uint64_t)status.f_bavail * status.f_frsize / 2;
}

size_t part_make_ahead(struct store *store, struct part_wish *wishes, size_t n,
	enum wim_compression compression, const struct progress_sink *progress, struct error *err)
{
	CLEANUP(memory_freep) struct ahead *ahead = calloc(1, sizeof(*ahead));
	if (ahead == NULL) {
		(void)error_set(err, -ENOMEM, "out of memory");
		return n;
	}
	*err = ERROR_NULL;
	ahead->store = store;
	ahead->compression = compression;
	ahead->progress = progress;
	ahead->err = err;
	n = sort_out(ahead, wishes, n);
	if (n > 0 && store_blob_batch_open(store, &ahead->blobs, err) < 0)
		return n;
	size_t i = 0;
	while (i < n && !is_over(ahead)) {
		uint64_t spare = spare_bytes(ahead), n_bytes = 0;
		if (wishes[i].size > spare)
			break;
		for (; i < n && ahead->n < BATCH_PACKAGES && n_bytes < BATCH_BYTES &&
			wishes[i].size <= spare - n_bytes;
			i++) {
			take(ahead, &wishes[i]);
			n_bytes += wishes[i].size;
		}
		flush(ahead);
	}
	if (i < n && err->text[0] == 0)
		(void)error_set(err, -ENOSPC, "%s/blobs: no space to spare on its disk",
			store_directory(store));
	ahead->blobs = store_blob_batch_close(ahead->blobs);
	return ahead->n_failed + (n - i);
}
