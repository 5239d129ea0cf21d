/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * XXH3 of 128 bits, over xxHash: whether bytes are still what they were. It tells damage, and the
 * ways in which people change files, at the speed of memory (SHA-256 takes 0.7 ms for each MB); it
 * is no proof against somebody who wants it to match. That is SHA-256 (crypto.h), which blobs are
 * named by.
 */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>
#include <stdint.h>

#define CHECKSUM_BYTES 16

struct checksum;

int checksum_new(struct checksum **ret_sum) MUST_CHECK;
struct checksum *checksum_free(struct checksum *sum);
DEFINE_FREEP(struct checksum, checksum_free);

void checksum_add(struct checksum *sum, const void *bytes, size_t n);
/* Of all that was added. */
void checksum_get(const struct checksum *sum, uint8_t ret_bytes[static CHECKSUM_BYTES]);
