/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/checksum.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Its functions become this file's own: a library less to load for every command. */
#define XXH_INLINE_ALL
#include <xxhash.h>

struct checksum {
	XXH3_state_t *state; /* wants to be aligned by 64 */
};

int checksum_new(struct checksum **ret_sum)
{
	CLEANUP(checksum_freep) struct checksum *sum = calloc(1, sizeof(*sum));
	if (sum == NULL || (sum->state = XXH3_createState()) == NULL ||
		XXH3_128bits_reset(sum->state) != XXH_OK)
		return -ENOMEM;
	*ret_sum = TAKE(sum);
	return 0;
}

struct checksum *checksum_free(struct checksum *sum)
{
	if (sum != NULL)
		(void)XXH3_freeState(sum->state);
	free(sum);
	return NULL;
}

void checksum_add(struct checksum *sum, const void *bytes, size_t n)
{
	/* It fails for a null pointer alone, which 0 bytes may have. */
	if (n > 0)
		(void)XXH3_128bits_update(sum->state, bytes, n);
}

void checksum_get(const struct checksum *sum, uint8_t ret_bytes[static CHECKSUM_BYTES])
{
	XXH128_canonical_t canonical;
	XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(sum->state));
	memcpy(ret_bytes, canonical.digest, CHECKSUM_BYTES);
}
