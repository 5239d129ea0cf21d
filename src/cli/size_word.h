/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizes as people write them: 8G, 512M, 16GB, 1474560. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* k, M, G, T (also KiB, MiB, ...) are powers of 1024, kB, MB, ... powers of 1000, as sticks are
 * sold. */
bool size_word_read(const char *word, uint64_t *ret_bytes);
