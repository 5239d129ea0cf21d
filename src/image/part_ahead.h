/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parts made before anybody waits for them. LZX takes a second of processor time for every 50 to 90
 * MB, which a machine would spend in front of its first boot with a new driver; who adds packages
 * is there for that anyway.
 */
#pragma once

#include "base/progress.h"
#include "format/wim.h"
#include "store/drivers.h"

struct part_wish {
	char package[SHA256_TEXT_BYTES]; /* its whole id */
	uint64_t size;                   /* of its files, bytes: for progress, and who goes first */
};

/*
 * Makes the parts that are not there yet, on all processors, and puts them into the store many at
 * a time. Which of the wishes were fulfilled already, or are of a package that has gone, does not
 * matter; the array is put in another order. Returns how many packages are without a part in the
 * end (they get it when an image takes them), and then err says why of the first: also where half
 * of what is left of the disk would not do. Memory: the lists of files of some dozen packages, and
 * 2 MB for each processor or 16 MB, whichever is more.
 */
size_t part_make_ahead(struct store *store, struct part_wish *wishes, size_t n,
	enum wim_compression compression, const struct progress_sink *progress,
	struct error *err) MUST_CHECK;
