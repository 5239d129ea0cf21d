/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/press.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* 8 MB: a tenth of a second's work, so that starting threads for each batch is lost in it. */
#define CHUNKS_MAX        256
/* A thread for less than this costs more than it brings. */
#define CHUNKS_PER_THREAD 8
/* Where no thread is started, a batch need not be large. */
#define CHUNKS_ALONE      16

struct chunk {
	uint32_t n, n_pressed; /* 0: did not become smaller */
};

struct press {
	uint8_t *in, *out; /* n_max chunks each, owned */
	struct chunk *chunks;
	size_t n, n_max;
	atomic_size_t next; /* the first that no thread has taken */
	size_t n_threads;
	struct wim_codec *codecs[PRESS_THREADS_MAX];
};

size_t press_processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > PRESS_THREADS_MAX ? PRESS_THREADS_MAX : (size_t)n;
}

static size_t threads_for(const struct press_way *way, uint64_t n_chunks)
{
	size_t max = press_processors();
	uint64_t n = n_chunks / CHUNKS_PER_THREAD;
	if (way->max_threads > 0 && max > way->max_threads)
		max = way->max_threads;
	return n == 0 ? 1 : n > max ? max : (size_t)n;
}

int press_open(
	const struct press_way *way, uint64_t n_chunks, struct press **ret_press, struct error *err)
{
	enum wim_compression compression = way->compression;
	if (compression != WIM_COMPRESSION_LZX && compression != WIM_COMPRESSION_XPRESS)
		return error_set(err, -EOPNOTSUPP,
			"nothing can be added to a WIM compressed with %s",
			wim_compression_text(compression));
	enum wim_codec_kind kind =
		compression == WIM_COMPRESSION_LZX ? WIM_CODEC_LZX : WIM_CODEC_XPRESS;
	CLEANUP(press_closep) struct press *press = calloc(1, sizeof(*press));
	if (press == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	size_t n_threads = threads_for(way, n_chunks);
	size_t n_max = n_threads == 1 ? CHUNKS_ALONE : CHUNKS_MAX;
	press->n_max = n_chunks < n_max ? (size_t)n_chunks + 1 : n_max;
	press->in = malloc(press->n_max * WIM_CHUNK_BYTES);
	press->out = malloc(press->n_max * WIM_CHUNK_BYTES);
	press->chunks = calloc(press->n_max, sizeof(*press->chunks));
	if (press->in == NULL || press->out == NULL || press->chunks == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (; press->n_threads < n_threads; press->n_threads++) {
		int rc = wim_codec_open(kind, &press->codecs[press->n_threads], err);
		if (rc < 0)
			return rc;
	}
	*ret_press = TAKE(press);
	return 0;
}

struct press *press_close(struct press *press)
{
	if (press == NULL)
		return NULL;
	for (size_t i = 0; i < press->n_threads; i++)
		(void)wim_codec_close(press->codecs[i]);
	free(press->in);
	free(press->out);
	free(press->chunks);
	free(press);
	return NULL;
}

uint8_t *press_room(struct press *press)
{
	return press->n < press->n_max ? press->in + press->n * WIM_CHUNK_BYTES : NULL;
}

void press_add(struct press *press, uint32_t n)
{
	assert(press->n < press->n_max && n > 0 && n <= WIM_CHUNK_BYTES);
	press->chunks[press->n++] = (struct chunk){.n = n};
}

/* ---- pressing ---- */

struct hand {
	struct press *press;
	struct wim_codec *codec;
};

static void *work(void *context)
{
	const struct hand *hand = context;
	struct press *press = hand->press;
	for (;;) {
		size_t i = atomic_fetch_add_explicit(&press->next, 1, memory_order_relaxed);
		if (i >= press->n)
			return NULL;
		struct chunk *chunk = &press->chunks[i];
		chunk->n_pressed =
			(uint32_t)wim_codec_compress(hand->codec, press->in + i * WIM_CHUNK_BYTES,
				chunk->n, press->out + i * WIM_CHUNK_BYTES);
	}
}

void press_run(struct press *press)
{
	struct hand hands[PRESS_THREADS_MAX];
	pthread_t threads[PRESS_THREADS_MAX];
	size_t n_started = 0;
	atomic_store_explicit(&press->next, 0, memory_order_relaxed);
	for (size_t i = 0; i < press->n_threads; i++)
		hands[i] = (struct hand){press, press->codecs[i]};
	/* One that does not start leaves more to the others. */
	while (n_started + 1 < press->n_threads && press->n > 1 &&
		pthread_create(&threads[n_started], NULL, work, &hands[n_started + 1]) == 0)
		n_started++;
	(void)work(&hands[0]);
	for (size_t i = 0; i < n_started; i++)
		(void)pthread_join(threads[i], NULL);
}

size_t press_n(const struct press *press)
{
	return press->n;
}

const uint8_t *press_chunk(const struct press *press, size_t index, uint32_t *ret_n)
{
	assert(index < press->n);
	const struct chunk *chunk = &press->chunks[index];
	*ret_n = chunk->n_pressed > 0 ? chunk->n_pressed : chunk->n;
	return (chunk->n_pressed > 0 ? press->out : press->in) + index * WIM_CHUNK_BYTES;
}

void press_empty(struct press *press)
{
	press->n = 0;
}
