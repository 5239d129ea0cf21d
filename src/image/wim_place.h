/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An image inside a WIM (the only one of a base) as a place that boot files are found in. */
#pragma once

#include "adapter/wimlib.h"
#include "image/loaders.h"

struct wim_place {
	struct wim_file *wim; /* NULL: nobody can look into it, and nothing is found */
	const char *scratch;  /* an empty folder, for moments */
	uint32_t index;       /* 0: the first */
};

/* Lives as long as place. */
struct boot_place wim_place_of(struct wim_place *place);
