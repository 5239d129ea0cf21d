/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A boot medium for machines whose network card has no PXE ROM: it starts iPXE, which boots from
 * the network as a ROM would. One raw image is disk, USB stick and CD, for BIOS and UEFI:
 *
 *   block 0 (2048 bytes)  MBR and our boot program (image/ipxe_loader.S), for disks
 *   block 16              ISO 9660 without files, and the El Torito catalogue
 *   block 23              the boot program again, for CDs; then the two parts of ipxe.lkrn, and
 *                         the script
 *   1 MiB                 FAT volume: EFI/BOOT/BOOTX64.EFI, autoexec.ipxe; a partition for
 *                         disks, UEFI's boot image for CDs
 *
 * Why not syslinux: it would write its own blocks into the volume from outside, and bring an
 * isolinux for CDs that is another program. What Linux' boot protocol asks for is 200 instructions.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct ipxe_medium_request {
	const char *lkrn_path, *efi_path; /* of iPXE; "" leaves that firmware out */
	const char *script_path;          /* NULL: iPXE does what it does by itself */
	int64_t now_ms;
};

struct ipxe_medium {
	struct view *view; /* owned */
	bool boots_bios, boots_uefi;
	/* What needs an eye: "" or that the iPXE for UEFI is too old to read scripts. */
	char attention[ERROR_TEXT_BYTES];
};
void ipxe_medium_clear(struct ipxe_medium *medium);

/* -ENOENT names the file and the package that brings it. */
int ipxe_medium_build(const struct ipxe_medium_request *request, struct ipxe_medium *ret_medium,
	struct error *err) MUST_CHECK;
