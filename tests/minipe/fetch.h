/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One way to ask for files, whether over TFTP, over HTTP or of the medium we were loaded from. */
#pragma once

#include "station.h"

enum fetch_result {
	FETCH_OK,
	FETCH_ABSENT,  /* the server or the medium says that there is no such file */
	FETCH_TIMEOUT, /* it says nothing */
	FETCH_BROKEN,  /* it says something that makes no sense, or memory is short */
};

/* What a BCD says about TFTP; the others ignore it. */
struct fetch_tuning {
	uint32_t block_bytes;
	uint32_t window_blocks; /* 0: do not ask for a window */
	bool variable_window;
};

struct fetch_ways {
	/* Asks for the size only: tsize and abort, or HEAD. */
	enum fetch_result (*probe)(const char *path, uint64_t *ret_size);
	enum fetch_result (*read)(
		const char *path, const struct fetch_tuning *tuning, struct bytes *ret_data);
};

/* NULL if the firmware offers no such way on this device. */
const struct fetch_ways *fetch_over_tftp(const struct station *station);
const struct fetch_ways *fetch_over_http(const struct station *station);
const struct fetch_ways *fetch_from_medium(const struct station *station);
/* Of the CD that holds this volume; NULL if it is on no CD, or on one that cannot be read. */
const struct fetch_ways *fetch_from_cd(efi_handle volume, bool *ret_is_cd);
/* Gives the connection back, so that the next stage can make its own. */
void fetch_http_close(void);
/* One TFTP request for this name, whose answer does not matter: the last resort of a report. */
void fetch_tftp_mention(const struct station *station, const char *name);
