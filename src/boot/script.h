/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The iPXE script made for one boot. Three ways: wimboot, where the user has it; else Windows' own
 * loader, chained by iPXE; else words on the client's screen that say what is missing.
 */
#pragma once

#include "base/buffer.h"
#include "boot/decide.h"
#include "boot/tree.h"

#define BOOT_SCRIPT_BYTES_MAX 16384

struct boot_script {
	const char *boot_id;
	uint32_t server;
	uint16_t http_port;              /* 0: no HTTP listener, all goes over TFTP */
	const struct pxe_client *client; /* architecture; whether its iPXE has HTTP */
	const struct boot_image *image;
	uint32_t revision;
	bool has_wimboot;
	const char *template; /* the user's own script, or NULL: @BASE@, @ID@, @SERVER@, @IMAGE@ and
				 @REVISION@ are filled in */
};

/* wimboot is made for x86; ARM goes the native way. */
bool boot_script_fits_wimboot(const struct boot_image *image);

/* Appends the script to out. -EFBIG if it grew past the buffer's maximum. */
int boot_script_write(const struct boot_script *script, struct buffer *out) MUST_CHECK;
