/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only image of a base as a place that boot files are found in. */
#pragma once

#include "adapter/wimlib.h"
#include "image/loaders.h"

struct wim_place {
	struct wim_file *wim;
	const char *scratch; /* an empty folder, for moments */
};

/* Lives as long as place. */
struct boot_place wim_place_of(struct wim_place *place);
