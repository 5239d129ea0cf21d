/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The compression of WIM chunks (LZX, XPRESS), through wimlib. */
#pragma once

#include "base/error.h"

#include <stddef.h>

/*
 * How hard LZX tries. Measured on drivers (3.5 MB, one core): level 10 leaves 26.4 % at 91 MB/s, 30
 * leaves 26.3 % at 67, 35 leaves 25.8 % at 12; wimlib's own default of 50 takes longer still. A
 * revision is made while somebody waits, and the part that a package adds to a boot is small.
 */
#define WIM_CODEC_LEVEL 10

#define WIM_CODEC_CHUNK_BYTES 32768

enum wim_codec_kind {
	WIM_CODEC_XPRESS,
	WIM_CODEC_LZX,
};

struct wim_codec;

/* One thread at a time. */
int wim_codec_open(
	enum wim_codec_kind kind, struct wim_codec **ret_codec, struct error *err) MUST_CHECK;
struct wim_codec *wim_codec_close(struct wim_codec *codec);
DEFINE_FREEP(struct wim_codec, wim_codec_close);
/* At most WIM_CODEC_CHUNK_BYTES; returns the compressed size, which is below n, or 0 if it would
 * not be smaller: then the chunk is stored as it is. out has room for n bytes. */
size_t wim_codec_compress(struct wim_codec *codec, const void *bytes, size_t n, void *out);
/* -EINVAL if it does not expand to exactly n_out bytes. */
int wim_codec_expand(
	struct wim_codec *codec, const void *bytes, size_t n, void *out, size_t n_out) MUST_CHECK;
