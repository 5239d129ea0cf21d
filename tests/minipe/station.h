/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How we were loaded, and who we are if that was over a network: what the firmware's boot left
 * behind. */
#pragma once

#include "bytes.h"
#include "efi.h"

#define STATION_PATH_BYTES 260

enum station_via {
	STATION_PXE,
	STATION_HTTP,
	STATION_MEDIUM, /* a disk, a USB stick, a CD: no network so far */
};

struct station {
	enum station_via via;
	efi_handle device;
	uint8_t address[4], mask[4], gateway[4], server[4];
	char host[STATION_PATH_BYTES];   /* for URLs: "10.0.0.1" or "10.0.0.1:8080" */
	char loader[STATION_PATH_BYTES]; /* the path that we were loaded by, as "\\bootx64.efi" */
	char bcd_option[STATION_PATH_BYTES]; /* DHCP option 252, "" if absent */
	char boot_id[64];                    /* of a path /b/ID/..., "" if none was seen */
};

/* NULL, or why we cannot say. */
const char *station_find(const struct efi_loaded_image *loaded, struct station *ret_station);
/* "HTTP", "http" */
const char *station_via(const struct station *station, bool lower);
/* Takes ID out of "\b\ID\..." (either slash) unless one is known already. */
void station_note_path(struct station *station, const char *path);
