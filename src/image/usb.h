/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A medium as the raw image of a USB stick or disk: a partition table, and one FAT32 volume in it
 * with the medium's files. UEFI starts it. BIOS would need boot sectors for bootmgr, which are
 * Microsoft's and lie on no medium as files: there it only says so.
 */
#pragma once

#include "base/error.h"
#include "base/view.h"
#include "format/partition.h"
#include "image/medium.h"

#include <stdint.h>

struct usb_request {
	const struct medium *medium;
	enum partition_scheme scheme;
	uint64_t size_bytes; /* of the whole disk; 0: as small as it can be */
	int64_t now_ms;      /* the date of all files */
};

#define USB_LABEL_BYTES 12
/* Of its volume, which has room for less than an ISO's. */
void usb_label(const struct medium *medium, char label[static USB_LABEL_BYTES]);
/* -EOPNOTSUPP if UEFI cannot start the medium: err says what to import. The same medium gives the
 * same bytes. */
int usb_build(
	const struct usb_request *request, struct view **ret_view, struct error *err) MUST_CHECK;
