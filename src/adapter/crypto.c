/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/crypto.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

struct sha256 {
	gnutls_hash_hd_t handle;
};

int sha256_new(struct sha256 **ret_hash)
{
	CLEANUP(memory_freep) struct sha256 *hash = calloc(1, sizeof(*hash));
	if (hash == NULL)
		return -ENOMEM;
	/* Besides memory, only a FIPS policy that forbids SHA-256 could make this fail, and none
	 * does. */
	if (gnutls_hash_init(&hash->handle, GNUTLS_DIG_SHA256) < 0)
		return -ENOMEM;
	*ret_hash = TAKE(hash);
	return 0;
}

struct sha256 *sha256_free(struct sha256 *hash)
{
	if (hash != NULL)
		gnutls_hash_deinit(hash->handle, NULL);
	free(hash);
	return NULL;
}

int sha256_add(struct sha256 *hash, const void *bytes, size_t n)
{
	return n == 0 || gnutls_hash(hash->handle, bytes, n) == 0 ? 0 : -EIO;
}

void sha256_finish(struct sha256 *hash, uint8_t ret_digest[static SHA256_BYTES])
{
	gnutls_hash_output(hash->handle, ret_digest);
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
	gnutls_hash_hd_t handle;
};

int sha1_new(struct sha1 **ret_hash)
{
	CLEANUP(memory_freep) struct sha1 *hash = calloc(1, sizeof(*hash));
	if (hash == NULL || gnutls_hash_init(&hash->handle, GNUTLS_DIG_SHA1) < 0)
		return -ENOMEM;
	*ret_hash = TAKE(hash);
	return 0;
}

struct sha1 *sha1_free(struct sha1 *hash)
{
	if (hash != NULL)
		gnutls_hash_deinit(hash->handle, NULL);
	free(hash);
	return NULL;
}

int sha1_add(struct sha1 *hash, const void *bytes, size_t n)
{
	return n == 0 || gnutls_hash(hash->handle, bytes, n) == 0 ? 0 : -EIO;
}

void sha1_finish(struct sha1 *hash, uint8_t ret_digest[static SHA1_BYTES])
{
	gnutls_hash_output(hash->handle, ret_digest);
}
