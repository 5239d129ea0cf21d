/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/boot_sdi.h"

#include "image/boot_sdi_file.h" /* made by the build: BOOT_SDI_FILE */

__asm__(".pushsection .rodata\n"
	".balign 4096\n"
	"boot_sdi_start:\n"
	".incbin \"" BOOT_SDI_FILE "\"\n"
	"boot_sdi_end:\n"
	".byte 0\n"
	".popsection\n");

extern const uint8_t boot_sdi_start[], boot_sdi_end[];

const uint8_t *boot_sdi_bytes(size_t *ret_size)
{
	*ret_size = (size_t)(boot_sdi_end - boot_sdi_start);
	return boot_sdi_start;
}
