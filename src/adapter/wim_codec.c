/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/wim_codec.h"

#include "adapter/libwim.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct wim_codec {
	enum wim_codec_kind kind;
	struct wimlib_compressor *compressor;
	struct wimlib_decompressor *decompressor;
};

/* ---- kept ones ---- */

/*
 * A compressor has 0.7 MB of tables, and the first touch of fresh memory takes longer than
 * compressing some chunks with them. A command opens codecs for each file and each thread; those
 * that were closed serve again.
 */
#define KEPT_MAX 8

static struct {
	pthread_mutex_t mutex;
	struct wim_codec *codecs[KEPT_MAX];
	size_t n;
} kept = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static struct wim_codec *take_kept(enum wim_codec_kind kind)
{
	struct wim_codec *codec = NULL;
	(void)pthread_mutex_lock(&kept.mutex);
	for (size_t i = kept.n; codec == NULL && i > 0; i--) {
		if (kept.codecs[i - 1]->kind != kind)
			continue;
		codec = kept.codecs[i - 1];
		kept.codecs[i - 1] = kept.codecs[--kept.n];
	}
	(void)pthread_mutex_unlock(&kept.mutex);
	return codec;
}

static bool keep(struct wim_codec *codec)
{
	(void)pthread_mutex_lock(&kept.mutex);
	bool is_kept = kept.n < KEPT_MAX;
	if (is_kept)
		kept.codecs[kept.n++] = codec;
	(void)pthread_mutex_unlock(&kept.mutex);
	return is_kept;
}

/* ---- opening and closing ---- */

static void release(struct wim_codec *codec)
{
	libwim.wimlib_free_compressor(codec->compressor);
	libwim.wimlib_free_decompressor(codec->decompressor);
	free(codec);
}

int wim_codec_open(enum wim_codec_kind kind, struct wim_codec **ret_codec, struct error *err)
{
	const enum wimlib_compression_type type = kind == WIM_CODEC_LZX
							  ? WIMLIB_COMPRESSION_TYPE_LZX
							  : WIMLIB_COMPRESSION_TYPE_XPRESS;

	struct wim_codec *codec = take_kept(kind);
	if (codec != NULL) {
		*ret_codec = codec;
		return 0;
	}
	int rc = library_load(&libwim_library, err);
	if (rc < 0)
		return rc;
	codec = calloc(1, sizeof(*codec));
	if (codec == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	codec->kind = kind;
	int code = libwim.wimlib_create_compressor(
		type, WIM_CODEC_CHUNK_BYTES, WIM_CODEC_LEVEL, &codec->compressor);
	if (code == 0)
		code = libwim.wimlib_create_decompressor(
			type, WIM_CODEC_CHUNK_BYTES, &codec->decompressor);
	/* With a type and a chunk size that wimlib knows nothing else can fail. */
	if (code != 0) {
		release(codec);
		return error_set(err, code == WIMLIB_ERR_NOMEM ? -ENOMEM : -EINVAL,
			"wimlib cannot compress: %s",
			libwim.wimlib_get_error_string((enum wimlib_error_code)code));
	}
	*ret_codec = codec;
	return 0;
}

struct wim_codec *wim_codec_close(struct wim_codec *codec)
{
	if (codec != NULL && !keep(codec))
		release(codec);
	return NULL;
}

size_t wim_codec_compress(struct wim_codec *codec, const void *bytes, size_t n, void *out)
{
	assert(n <= WIM_CODEC_CHUNK_BYTES);
	if (n <= 1)
		return 0;
	return libwim.wimlib_compress(bytes, n, out, n - 1, codec->compressor);
}

int wim_codec_expand(struct wim_codec *codec, const void *bytes, size_t n, void *out, size_t n_out)
{
	if (n_out == 0 || n_out > WIM_CODEC_CHUNK_BYTES)
		return -EINVAL;
	return libwim.wimlib_decompress(bytes, n, out, n_out, codec->decompressor) == 0 ? 0
											: -EINVAL;
}
