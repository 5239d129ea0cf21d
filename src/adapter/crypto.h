/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4) over GnuTLS, whose types stay behind this header. */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32

struct sha256;

int sha256_new(struct sha256 **ret_hash) MUST_CHECK;
struct sha256 *sha256_free(struct sha256 *hash);
DEFINE_FREEP(struct sha256, sha256_free);

int sha256_add(struct sha256 *hash, const void *bytes, size_t n) MUST_CHECK;
/* The hash of all that was added; the next byte added begins a new message. */
void sha256_finish(struct sha256 *hash, uint8_t ret_digest[static SHA256_BYTES]);

int sha256_of(const void *bytes, size_t n, uint8_t ret_digest[static SHA256_BYTES]) MUST_CHECK;
