/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of firmware, in two tables and nowhere else: which architectures there are and what
 * they boot, and which shape of offer each kind of client gets, with the reason. docs/wire.md tells
 * the same as prose.
 */
#pragma once

#include "boot/decide.h"

/* What reads our offer. */
enum firmware_kind {
	FIRMWARE_BIOS,
	FIRMWARE_UEFI,
	FIRMWARE_HTTP, /* UEFI HTTP boot */
	FIRMWARE_IPXE, /* an iPXE, whatever it runs on */
};

struct firmware_arch {
	uint16_t number; /* enum pxe_arch */
	enum firmware_kind kind;
	const char *words;         /* "UEFI x64" */
	const char *image_arch[2]; /* that it can boot; [1] may be NULL */
	enum boot_loader loader;   /* Windows' own */
	enum boot_loader ipxe;     /* ours, where there is one */
};

/* NULL for a number that cannot boot Windows. */
const struct firmware_arch *firmware_arch(uint16_t number);

struct firmware_row {
	enum firmware_kind kind;
	enum boot_port port;
	enum pxe_offer_style style;
	const char *why; /* one sentence for an administrator */
};

/* There is a row for every kind and port. */
const struct firmware_row *firmware_row(enum firmware_kind kind, enum boot_port port);
