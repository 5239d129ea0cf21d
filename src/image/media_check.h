/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a medium that lies before us was made of, and whether the state has something newer since.
 * The medium is an .iso, the raw image of a disk, or a drive; it may be anybody's.
 */
#pragma once

#include "base/error.h"
#include "base/progress.h"
#include "image/medium.h"

#include <stdbool.h>
#include <stdint.h>

struct medium_reading;

/* -EMEDIUMTYPE if it is no medium of Pewter's: err says how far it was understood. */
int medium_reading_open(
	const char *path, struct medium_reading **ret_reading, struct error *err) MUST_CHECK;
struct medium_reading *medium_reading_close(struct medium_reading *reading);
DEFINE_FREEP(struct medium_reading, medium_reading_close);

/* "iso", "usb" */
const char *medium_reading_kind(const struct medium_reading *reading);
const struct medium_identity *medium_reading_identity(const struct medium_reading *reading);
/* Holes where its files lie: a power cut may have left them before the disk had its bytes. */
bool medium_reading_has_hole(const struct medium_reading *reading);

enum medium_age {
	MEDIUM_FRESH,
	MEDIUM_STALE,
};

struct medium_verdict {
	enum medium_age age;
	uint32_t newest;  /* what it would be made of now; 0 if the image has gone */
	char reason[512]; /* why it is stale, and what to do; "" if it is fresh */
};

/* path: for the words of what to do. */
int medium_judge(struct store *store, const struct medium_reading *reading, const char *path,
	struct medium_verdict *ret_verdict, struct error *err) MUST_CHECK;

struct medium_content {
	const char *path; /* MEDIUM_WIM_PATH or MEDIUM_SDI_PATH */
	bool is_same;
};

/* Whether its WIM (or SDI) is the revision it says, byte by byte. -ENOENT if the state does not
 * have that revision (any more). */
int medium_compare(struct store *store, struct medium_reading *reading,
	const struct progress_sink *progress, struct medium_content *ret_content,
	struct error *err) MUST_CHECK;
