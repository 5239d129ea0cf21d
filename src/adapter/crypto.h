/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256, and SHA-1 for what others have signed with it (FIPS 180-4), over Nettle: what GnuTLS
 * stands on, without what takes GnuTLS 2.5 ms to start in every command. */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>
#include <stdint.h>

#define SHA1_BYTES   20
#define SHA256_BYTES 32

struct sha256;

int sha256_new(struct sha256 **ret_hash) MUST_CHECK;
struct sha256 *sha256_free(struct sha256 *hash);
DEFINE_FREEP(struct sha256, sha256_free);

int sha256_add(struct sha256 *hash, const void *bytes, size_t n) MUST_CHECK;
/* The hash of all that was added; the next byte added begins a new message. */
void sha256_finish(struct sha256 *hash, uint8_t ret_digest[static SHA256_BYTES]);

int sha256_of(const void *bytes, size_t n, uint8_t ret_digest[static SHA256_BYTES]) MUST_CHECK;

struct sha1;

int sha1_new(struct sha1 **ret_hash) MUST_CHECK;
struct sha1 *sha1_free(struct sha1 *hash);
DEFINE_FREEP(struct sha1, sha1_free);
int sha1_add(struct sha1 *hash, const void *bytes, size_t n) MUST_CHECK;
/* The hash of all that was added; the next byte added begins a new message. */
void sha1_finish(struct sha1 *hash, uint8_t ret_digest[static SHA1_BYTES]);
