/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4), so that the machine itself says which bytes arrived. */
#pragma once

#include "bytes.h"

#define SHA256_HEX_BYTES 65

void sha256_hex(struct bytes data, char out[SHA256_HEX_BYTES]);
