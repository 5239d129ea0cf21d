/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Driver rank 0xSSGGTHHH, lower is better: signature score, feature score, identifier score ("How
 * Windows Ranks Driver Packages"). Pure.
 */
#pragma once

#include "store/drivers.h"

struct rank_facts {
	enum driver_signature signature;
	bool is_nt; /* the install section carries .nt or .ntARCH, or its Models section is for NT
		     */
	uint8_t feature_score;     /* 0xFF unless given, and before Windows Vista */
	bool is_device_compatible; /* the device's id stands among its compatible ids */
	uint32_t device_index;     /* of the id in that list of the device, from 0 */
	uint32_t inf_position;     /* 0: the Models line's hardware id; k: its k-th compatible id */
};

uint32_t rank_of(const struct rank_facts *facts);
/* "signed; hardware id 2 of the device, hardware id of the INF": numbers from 1 */
#define RANK_WORDS_BYTES 160
void rank_words(uint32_t rank, char text[static RANK_WORDS_BYTES]);
/* > 0 if the driver (date, version) a is newer than b: the date first, then the version. */
int driver_version_compare(
	uint32_t date_a, uint64_t version_a, uint32_t date_b, uint64_t version_b);
