/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two compressions of boot images, decoding one chunk each: XPRESS with Huffman codes
 * ([MS-XCA] 2.2) and LZX as WIM files have it (window 32768, E8 translation of 12000000, blocks
 * with a one-bit size default). Slow and small; made apart from wimlib, whose output they read.
 */
#pragma once

#include "bytes.h"

#define CHUNK_BYTES 32768

/* Exactly `size` bytes (at most CHUNK_BYTES) into out; false if the input is not of the format. */
bool xpress_decompress(struct bytes in, uint8_t *out, size_t size);
bool lzx_decompress(struct bytes in, uint8_t *out, size_t size);
