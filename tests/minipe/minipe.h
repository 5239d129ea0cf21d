/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stage 1 (in the place of bootmgfw.efi) hands to stage 2 (in the place of winload.efi), and
 * how both of them end. */
#pragma once

#include "sha256.h"
#include "station.h"

#define MINIPE_MAGIC 0x6570696e696d0001ULL

/* NTSTATUS values as a Windows boot manager shows them. */
#define STATUS_TIMEOUT       0x00000102U
#define STATUS_UNSUCCESSFUL  0xc0000001U
#define STATUS_NO_SUCH_FILE  0xc000000fU
#define STATUS_INVALID_IMAGE 0xc000007bU
#define STATUS_BAD_BCD       0xc0000098U
#define STATUS_NOT_SUPPORTED 0xc00000bbU
#define STATUS_NOT_FOUND     0xc0000225U

struct minipe {
	uint64_t magic;
	uint32_t stage;
	struct station station;
	struct bytes wim;
	char bcd_sha256[SHA256_HEX_BYTES], sdi_sha256[SHA256_HEX_BYTES],
		wim_sha256[SHA256_HEX_BYTES]; /* "" until it has arrived */
	char nic[10];                         /* "8086:100e", "" if it is no PCI device */
};

/* "8086:100e" of the network card that we were loaded over; the subsystem's ids too if wanted. */
bool minipe_nic(efi_handle device, char ret_nic[10], uint32_t *ret_subsystem);
/* The card that we were loaded over; of a machine that was started from a medium its first one. */
efi_handle minipe_card(const struct station *station);
/* Tells the server how it went: GET /b/ID/report?verdict=...&detail=... */
void minipe_report(const struct minipe *minipe, const char *verdict, const char *detail);
/* One line that says what failed on which file, the report, and off. */
_Noreturn void minipe_fail(
	const struct minipe *minipe, uint32_t status, const char *file, const char *why);
