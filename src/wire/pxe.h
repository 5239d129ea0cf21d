/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PXE 2.1 and its neighbours in DHCP options: who the client says it is (60, 77, 93, 94, 97, 175)
 * and what a boot server tells it (43, 60, 66/67, 97, 252). Bytes <-> struct only; which answer a
 * client gets is decided in boot/.
 */
#pragma once

#include "base/guid.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dhcp_message;
struct dhcp_writer;

#define PXE_PORT_BOOT_SERVER 4011

/* RFC 4578 2.1 and the IANA registry "Processor Architecture Types" that grew from it. */
enum pxe_arch {
	PXE_ARCH_BIOS = 0,
	PXE_ARCH_EFI_IA32 = 6,
	PXE_ARCH_EFI_X64 = 7,
	PXE_ARCH_EFI_X64_EBC =
		9, /* registered as EBC; x64 firmware sends it after an error in RFC 4578 */
	PXE_ARCH_EFI_ARM32 = 10,
	PXE_ARCH_EFI_ARM64 = 11,
	PXE_ARCH_HTTP_IA32 = 15,
	PXE_ARCH_HTTP_X64 = 16,
	PXE_ARCH_HTTP_ARM32 = 18,
	PXE_ARCH_HTTP_ARM64 = 19,
	PXE_ARCH_UNKNOWN = 0xffff, /* neither option 93 nor option 60 named one */
};

enum pxe_vendor {
	PXE_VENDOR_NONE, /* an ordinary DHCP client */
	PXE_VENDOR_PXE,  /* option 60 starts with "PXEClient" */
	PXE_VENDOR_HTTP, /* option 60 starts with "HTTPClient" */
};

/* What a DHCP packet tells of its sender, as far as network boot is concerned. */
struct pxe_client {
	enum pxe_vendor vendor;
	uint16_t arch; /* option 93, else from option 60, else PXE_ARCH_UNKNOWN; an enum pxe_arch
			  where we know it */
	uint8_t undi_major, undi_minor; /* option 94 or 60; 0.0 if absent */
	bool has_uuid;
	struct guid
		uuid; /* option 97 of 17 bytes whose first is 0; others are ignored, not refused,
			 and so is the blank UUID (all 0x00 or 0xff) that many boards share */
	bool is_ipxe; /* option 77 is "iPXE" (raw or RFC 3004 form) or option 175 is there */
	bool ipxe_has_http; /* 175.19 */
	bool ipxe_has_efi;  /* 175.36 */
	bool has_bus_id;    /* 175.177 of type 1 (PCI) */
	uint16_t bus_vendor, bus_device;
	bool has_item; /* 43.71: the boot menu item asked for, echoed in the answer */
	uint16_t item_type, item_layer;
	bool has_wds_request; /* option 250 is there: a wdsnbp.com speaks */
	uint16_t wds_arch;    /* 250.1 */
};

/* How an answer is shaped. Which client gets which, and why, is the table in boot/firmware.c. */
enum pxe_offer_style {
	PXE_OFFER_PLAIN,    /* no option 60, no 43: file and siaddr only, for old BOOTP-like loaders
			       and iPXE */
	PXE_OFFER_REDIRECT, /* option 60 without 43 and without file: "ask me on port 4011" (BINL)
			     */
	PXE_OFFER_DIRECT,   /* option 60, file, and 43 = {6: 8 (no discovery), 10: prompt}: load at
			       once */
	PXE_OFFER_FINAL,    /* option 60 and file without 43: the answer on port 4011 */
	PXE_OFFER_HTTP,     /* option 60 "HTTPClient" and an URL in 67 */
};

struct pxe_offer {
	enum pxe_offer_style style;
	uint32_t server;             /* siaddr and option 54: our own address towards this client */
	char file[LIMIT_PATH_BYTES]; /* boot file name or URL; "" for PXE_OFFER_REDIRECT */
	char bcd_path[128];          /* option 252, NUL-terminated on the wire; "" leaves it out */
};

/* Fills *ret from the message; never fails: what is malformed counts as absent. */
void pxe_client_read(const struct dhcp_message *message, struct pxe_client *ret);

/*
 * Writes options 60, 43, 66, 67, 97 and 252, siaddr and the file field, as the style asks. The
 * client is echoed where the protocol wants it (97, 43.71). Failure is sticky in the writer.
 */
void pxe_offer_write(const struct pxe_offer *offer, const struct pxe_client *client,
	const struct dhcp_message *request, struct dhcp_writer *writer);

/* "uefi-x64", "bios", "uefi-x64-http", ...; "arch-33" style is left to the caller: unknown numbers
 * give "unknown". */
const char *pxe_arch_name(uint16_t arch);
/* The inverse, for the command line; false if there is no such name. */
bool pxe_arch_parse(const char *name, uint16_t *ret_arch);
