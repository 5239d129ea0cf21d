/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Brings a boot image into the state: its base, and the boot files that belong to it. Everything
 * hostile about WIMs and ISOs is met here, in the process of `pewter image import`, never in the
 * daemon's. Until the last step nothing in the state knows of it; a refusal leaves no trace.
 */
#pragma once

#include "base/error.h"
#include "base/progress.h"
#include "image/loaders.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct import_request {
	const char *source; /* a WIM, an .iso, an SDI, or a folder with media */
	const char *name;
	uint32_t index;         /* of the image inside the WIM; 0: the WIM's own choice */
	const char *arch;       /* for what does not tell; NULL */
	const char *boot_files; /* image, WIM or medium that gives the boot files which the source
				   lacks; NULL */
	bool replace;           /* an image of that name may be there already */
	const char *state;      /* the store's directory */
	int64_t now_ms;
	const struct progress_sink *progress;
};

struct import_result {
	struct image_record record;
	uint32_t source_index; /* which image of the source's WIM */
	char source_kind[16];  /* "WIM", "SDI", "folder", "UDF", "ISO 9660" */
	char converted[64];    /* why the base is not the source's bytes; "" if it is */
	bool has_inbox;        /* what the image drives by itself is known: it names its Windows */
	size_t n_inbox, n_inbox_nics; /* drivers of its own; those of class Net */
	size_t n_inbox_bare;          /* INFs without their binaries */
	size_t n_inbox_skipped;       /* INFs that are no drivers */
	size_t n_warnings;
	char warnings[BOOT_NOTES_MAX][ERROR_TEXT_BYTES];
};

/* Is it one of "amd64", "x86", "arm64", "arm"? */
bool image_arch_is_valid(const char *arch);
/* -EEXIST if the name is taken; -EINVAL, -ENOENT, -EMEDIUMTYPE for what the source is or lacks. */
int image_import(struct store *store, const struct import_request *request,
	struct import_result *ret_result, struct error *err) MUST_CHECK;
void import_result_clear(struct import_result *result);
