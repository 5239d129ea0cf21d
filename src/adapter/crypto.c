/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/crypto.h"

#include <errno.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

struct sha256 {
	struct sha256_ctx context;
};

int sha256_new(struct sha256 **ret_hash)
{
	CLEANUP(memory_freep) struct sha256 *hash = calloc(1, sizeof(*hash));
	if (hash == NULL)
		return -ENOMEM;
	sha256_init(&hash->context);
	*ret_hash = TAKE(hash);
	return 0;
}

struct sha256 *sha256_free(struct sha256 *hash)
{
	free(hash);
	return NULL;
}

int sha256_add(struct sha256 *hash, const void *bytes, size_t n)
{
	sha256_update(&hash->context, n, bytes);
	return 0;
}

void sha256_finish(struct sha256 *hash, uint8_t ret_digest[static SHA256_BYTES])
{
	sha256_digest(&hash->context, SHA256_BYTES, ret_digest);
}

int sha256_of(const void *bytes, size_t n, uint8_t ret_digest[static SHA256_BYTES])
{
	CLEANUP(sha256_freep) struct sha256 *hash = NULL;
	int rc = sha256_new(&hash);
	if (rc == 0)
		rc = sha256_add(hash, bytes, n);
	if (rc == 0)
		sha256_finish(hash, ret_digest);
	return rc;
}

struct sha1 {
	struct sha1_ctx context;
};

int sha1_new(struct sha1 **ret_hash)
{
	CLEANUP(memory_freep) struct sha1 *hash = calloc(1, sizeof(*hash));
	if (hash == NULL)
		return -ENOMEM;
	sha1_init(&hash->context);
	*ret_hash = TAKE(hash);
	return 0;
}

struct sha1 *sha1_free(struct sha1 *hash)
{
	free(hash);
	return NULL;
}

int sha1_add(struct sha1 *hash, const void *bytes, size_t n)
{
	sha1_update(&hash->context, n, bytes);
	return 0;
}

void sha1_finish(struct sha1 *hash, uint8_t ret_digest[static SHA1_BYTES])
{
	sha1_digest(&hash->context, SHA1_BYTES, ret_digest);
}
