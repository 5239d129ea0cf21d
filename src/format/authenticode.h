/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What of a Portable Executable its Authenticode hash is taken over: all but what signing changes
 * ("Windows Authenticode Portable Executable Signature Format", Microsoft, 2008). Catalogues list
 * programs and drivers by this hash, everything else by the hash of the whole file.
 */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>
#include <stdint.h>

/* As much of the start of a file as always holds the fields. */
#define AUTHENTICODE_HEAD_BYTES 4096

struct file_range {
	uint64_t at, size;
};

struct authenticode {
	struct file_range ranges[4]; /* in this order */
	size_t n_ranges;
	uint8_t padding; /* zeros hashed after them: signing brings a file to 8 bytes first */
	struct file_range signature; /* the certificate table; size 0 for none */
};

/* head: the first n bytes of the file, AUTHENTICODE_HEAD_BYTES or all of it. -EINVAL if it is no
 * PE, or its certificate table does not lie in the file. */
int authenticode_ranges(const void *head, size_t n, uint64_t file_bytes,
	struct authenticode *ret_authenticode) MUST_CHECK;
