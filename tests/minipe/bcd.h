/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a boot manager takes out of a BCD to start Windows PE from a RAM disk. */
#pragma once

#include "bytes.h"

#define BCD_PATH_BYTES 260

struct bcd_choice {
	char wim_path[BCD_PATH_BYTES];    /* of element 11000001 */
	char loader_path[BCD_PATH_BYTES]; /* 12000002, inside the WIM */
	char sdi_path[BCD_PATH_BYTES];    /* 32000004 of the ramdisk options object */
	uint32_t tftp_block_bytes;        /* 35000007, 0 if absent */
	uint32_t tftp_window_blocks;      /* 35000008, 0 if absent */
	bool tftp_variable_window;        /* 3600000b */
};

/* NULL, or what is wrong with the store. */
const char *bcd_choose(struct bytes store, struct bcd_choice *ret_choice);
