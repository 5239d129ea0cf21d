/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The BCD that boots one image out of RAM: boot manager, options of the RAM disk, loader. It is
 * made for each boot, because the paths in it carry the boot's id and because it decides how fast
 * the client loads (block size and window of its TFTP).
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct image_bcd_parameters {
	const char *description; /* shown while loading */
	const char *sdi_path;    /* "\b\ID\boot.sdi", or "\boot\boot.sdi" for HTTP and media */
	const char *wim_path;    /* "\b\ID\boot.wim", or "\sources\boot.wim" */
	/* In place of both: an SDI that holds the system, and the volume in it. */
	const char *image_sdi_path; /* "\b\ID\image.sdi", or "\boot\image.sdi"; NULL for a WIM */
	uint64_t ramdisk_offset, ramdisk_length; /* bytes */
	bool is_uefi;                            /* winload.efi, else winload.exe */
	/* Over TFTP; 0 and false leave the element out. Without a window the loader waits for an
	 * answer after every block; with variable it opens the window by itself (msftwindow). */
	uint32_t tftp_block_bytes;
	uint32_t tftp_window_blocks;
	bool tftp_variable_window;
};

/* Appends the store's bytes to out. The same parameters give the same bytes. */
int image_bcd_build(const struct image_bcd_parameters *parameters, struct buffer *out,
	struct error *err) MUST_CHECK;
