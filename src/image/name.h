/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a boot image may be called. */
#pragma once

#include <stdbool.h>

/* Letters, digits and "._-", not first '.' or '-', at most LIMIT_IMAGE_NAME_BYTES: it goes into
   paths and URLs. */
bool image_name_is_valid(const char *name);
