/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An empty registry hive (regf 1.5): a root key without subkeys or values, and its security cell.
 * hivex can change hives but not make one, so every hive of ours grows from this seed.
 */
#pragma once

#include <stdint.h>

#define HIVE_SEED_BYTES 8192 /* the base block and one bin, 4 KiB each */

void hive_seed_write(uint8_t out[static HIVE_SEED_BYTES]);
