/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Enough of an ISO 9660 volume, without any files, that a disk image which has its first blocks to
 * spare starts machines as a CD too: "El Torito" Bootable CD-ROM Format Specification 1.0, and for
 * UEFI chapter 13.3.2 of its specification 2.10.
 */
#pragma once

#include <stdint.h>

#define CD_BLOCK_BYTES        2048U
/* Which blocks el_torito_write() fills: [16, 23). */
#define EL_TORITO_FIRST_BLOCK 16U
#define EL_TORITO_END_BLOCK   23U

struct el_torito {
	const char *label;     /* A-Z, 0-9, '_'; at most 32 */
	uint32_t n_blocks;     /* of the whole medium */
	uint32_t bios_block;   /* where the program for BIOS lies; 0: none */
	uint16_t bios_sectors; /* of 512 bytes: what BIOS loads of it */
	uint32_t uefi_block;   /* where the FAT volume for UEFI lies; 0: none */
	uint16_t uefi_sectors; /* of 512 bytes */
};

/* start: the first EL_TORITO_END_BLOCK blocks of the medium. One of bios and uefi is there. */
void el_torito_write(const struct el_torito *el_torito, uint8_t *start);
