/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/wim_codec.h"

#include "adapter/libwim.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct wim_codec {
	struct wimlib_compressor *compressor;
	struct wimlib_decompressor *decompressor;
};

void wim_codec_load_ahead(void)
{
	library_load_ahead(&libwim_library);
}

int wim_codec_open(enum wim_codec_kind kind, struct wim_codec **ret_codec, struct error *err)
{
	const enum wimlib_compression_type type = kind == WIM_CODEC_LZX
							  ? WIMLIB_COMPRESSION_TYPE_LZX
							  : WIMLIB_COMPRESSION_TYPE_XPRESS;

	CLEANUP(wim_codec_closep) struct wim_codec *codec = calloc(1, sizeof(*codec));
	if (codec == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	int rc = library_load(&libwim_library, err);
	if (rc < 0)
		return rc;
	int code = libwim.wimlib_create_compressor(
		type, WIM_CODEC_CHUNK_BYTES, WIM_CODEC_LEVEL, &codec->compressor);
	if (code == 0)
		code = libwim.wimlib_create_decompressor(
			type, WIM_CODEC_CHUNK_BYTES, &codec->decompressor);
	/* With a type and a chunk size that wimlib knows nothing else can fail. */
	if (code != 0)
		return error_set(err, code == WIMLIB_ERR_NOMEM ? -ENOMEM : -EINVAL,
			"wimlib cannot compress: %s",
			libwim.wimlib_get_error_string((enum wimlib_error_code)code));
	*ret_codec = TAKE(codec);
	return 0;
}

struct wim_codec *wim_codec_close(struct wim_codec *codec)
{
	if (codec != NULL) {
		libwim.wimlib_free_compressor(codec->compressor);
		libwim.wimlib_free_decompressor(codec->decompressor);
	}
	free(codec);
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
