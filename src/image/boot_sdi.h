/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The boot.sdi that was made when Pewter was built: an empty NTFS volume on which the loader mounts
 * the WIM. It holds nothing of Microsoft's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The file, which lives as long as the program. */
const uint8_t *boot_sdi_bytes(size_t *ret_size);
