/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables. Sources: RFC 4578 2.1 and IANA's registry of architecture types; PXE 2.1; edk2's
 * PxeBcDhcp4.c and HttpBootDhcp4.c (how UEFI classifies offers); iPXE's dhcp.c.
 */
#include "boot/firmware.h"

#include "base/cleanup.h"

#include <assert.h>

static const struct firmware_arch archs[] = {
	/* A BIOS tells nothing of its processor; every one of the last 15 years takes either. */
	{PXE_ARCH_BIOS, FIRMWARE_BIOS, "BIOS", {"amd64", "x86"}, BOOT_LOADER_PXEBOOT,
		BOOT_LOADER_UNDIONLY},
	{PXE_ARCH_EFI_IA32, FIRMWARE_UEFI, "UEFI IA32", {"x86"}, BOOT_LOADER_BOOTMGFW_IA32,
		BOOT_LOADER_NONE},
	{PXE_ARCH_EFI_X64, FIRMWARE_UEFI, "UEFI x64", {"amd64"}, BOOT_LOADER_BOOTMGFW_X64,
		BOOT_LOADER_IPXE_X64},
	/* RFC 4578 printed 7 and 9 the wrong way round, so x64 firmware in the field sends either.
	 */
	{PXE_ARCH_EFI_X64_EBC, FIRMWARE_UEFI, "UEFI x64 (as 9)", {"amd64"},
		BOOT_LOADER_BOOTMGFW_X64, BOOT_LOADER_IPXE_X64},
	{PXE_ARCH_EFI_ARM32, FIRMWARE_UEFI, "UEFI ARM32", {"arm"}, BOOT_LOADER_BOOTMGFW_ARM32,
		BOOT_LOADER_NONE},
	{PXE_ARCH_EFI_ARM64, FIRMWARE_UEFI, "UEFI ARM64", {"arm64"}, BOOT_LOADER_BOOTMGFW_ARM64,
		BOOT_LOADER_NONE},
	{PXE_ARCH_HTTP_IA32, FIRMWARE_HTTP, "UEFI IA32 over HTTP", {"x86"},
		BOOT_LOADER_BOOTMGFW_IA32, BOOT_LOADER_NONE},
	{PXE_ARCH_HTTP_X64, FIRMWARE_HTTP, "UEFI x64 over HTTP", {"amd64"},
		BOOT_LOADER_BOOTMGFW_X64, BOOT_LOADER_IPXE_X64},
	{PXE_ARCH_HTTP_ARM32, FIRMWARE_HTTP, "UEFI ARM32 over HTTP", {"arm"},
		BOOT_LOADER_BOOTMGFW_ARM32, BOOT_LOADER_NONE},
	{PXE_ARCH_HTTP_ARM64, FIRMWARE_HTTP, "UEFI ARM64 over HTTP", {"arm64"},
		BOOT_LOADER_BOOTMGFW_ARM64, BOOT_LOADER_NONE},
};

static const struct firmware_row rows[] = {
	/* PXE 2.1: a ROM that sees 43.6 = 8 with a file name loads it without discovery, menu or
	 * prompt. Without option 43 some BIOS ROMs stop with PXE-E55 or show no boot file (E53). */
	{FIRMWARE_BIOS, BOOT_PORT_PROXY, PXE_OFFER_DIRECT,
		"a BIOS PXE ROM loads the named file at once when option 43.6 is 8 (PXE 2.1)"},
	{FIRMWARE_BIOS, BOOT_PORT_SERVER, PXE_OFFER_DIRECT,
		"a BIOS PXE ROM loads the named file at once when option 43.6 is 8 (PXE 2.1)"},
	{FIRMWARE_BIOS, BOOT_PORT_PXE, PXE_OFFER_FINAL,
		"the answer on port 4011 carries the file and needs no option 43 (PXE 2.1)"},
	{FIRMWARE_BIOS, BOOT_PORT_FILE, PXE_OFFER_PLAIN,
		"another DHCP server sent this machine here (options 66 and 67)"},

	/* edk2 before 8cdd559be6 (April 2017; Dell T430, T130, ...) throws away every proxy offer
	 * that has option 43 of PXE 2.1 (edk2 issue 6944). All edk2 versions understand an offer
	 * with option 60 and no option 43 as BINL and ask on port 4011: the one shape that works
	 * with old and new. */
	{FIRMWARE_UEFI, BOOT_PORT_PROXY, PXE_OFFER_REDIRECT,
		"UEFI before 2017 drops proxy offers with option 43, and all UEFI asks on port "
		"4011 after one without (BINL; edk2 issue 6944)"},
	/* edk2 ranks an address together with PXE 2.1 options above all other offers, and starts
	 * the file directly for 43.6 = 8; the fault of 2017 concerned proxy offers only. */
	{FIRMWARE_UEFI, BOOT_PORT_SERVER, PXE_OFFER_DIRECT,
		"UEFI prefers an address with PXE options in one offer to all others, and loads "
		"the file at once when option 43.6 is 8 (edk2)"},
	{FIRMWARE_UEFI, BOOT_PORT_PXE, PXE_OFFER_FINAL,
		"the answer on port 4011 must carry the file; with option 43 UEFI would look for a "
		"boot menu in it (edk2)"},
	{FIRMWARE_UEFI, BOOT_PORT_FILE, PXE_OFFER_PLAIN,
		"another DHCP server sent this machine here (options 66 and 67)"},

	/* edk2's HttpBootDhcp4.c: option 60 of the offer must start with "HTTPClient", 67 holds the
	 * URL; a proxy offer counts too. */
	{FIRMWARE_HTTP, BOOT_PORT_PROXY, PXE_OFFER_HTTP,
		"UEFI HTTP boot takes a URL from option 67 of any offer marked HTTPClient (edk2)"},
	{FIRMWARE_HTTP, BOOT_PORT_SERVER, PXE_OFFER_HTTP,
		"UEFI HTTP boot takes a URL from option 67 of any offer marked HTTPClient (edk2)"},
	{FIRMWARE_HTTP, BOOT_PORT_PXE, PXE_OFFER_HTTP,
		"UEFI HTTP boot takes a URL from option 67 of any answer marked HTTPClient (edk2)"},
	{FIRMWARE_HTTP, BOOT_PORT_FILE, PXE_OFFER_PLAIN,
		"another DHCP server gave this machine the URL"},

	/* iPXE takes a proxy offer only if option 60 says PXEClient, and leaves out port 4011 when
	 * it names a server and a file (iPXE f0c6c4efd, 831106a87). */
	{FIRMWARE_IPXE, BOOT_PORT_PROXY, PXE_OFFER_FINAL,
		"iPXE takes a proxy offer only if it is marked PXEClient, and needs no question on "
		"port 4011 when it names server and file"},
	{FIRMWARE_IPXE, BOOT_PORT_SERVER, PXE_OFFER_PLAIN,
		"iPXE takes server and file from an ordinary DHCP answer; PXE options would only "
		"make it wait for a boot server"},
	{FIRMWARE_IPXE, BOOT_PORT_PXE, PXE_OFFER_FINAL,
		"the answer on port 4011 carries the file and needs no option 43"},
	{FIRMWARE_IPXE, BOOT_PORT_FILE, PXE_OFFER_PLAIN,
		"this iPXE came here by itself or by another DHCP server"},
};

const struct firmware_arch *firmware_arch(uint16_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		if (archs[i].number == number)
			return &archs[i];
	}
	return NULL;
}

const struct firmware_row *firmware_row(enum firmware_kind kind, enum boot_port port)
{
	size_t i = 0;
	while (i < ARRAY_SIZE(rows) && (rows[i].kind != kind || rows[i].port != port))
		i++;
	assert(i < ARRAY_SIZE(rows)); /* every kind has a row for every port: test_decide.c */
	return &rows[i];
}
