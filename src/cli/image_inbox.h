/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a boot image drives by itself, in numbers: for `image import` and `image show`. */
#pragma once

#include "cli/cli.h"
#include "store/inbox.h"

struct image_inbox {
	bool is_known; /* not of an image whose Windows is not known, or that an older Pewter
			  imported */
	struct inbox_count count;
};

int image_inbox_get(struct store *store, const struct image_record *record,
	struct image_inbox *ret_inbox, struct error *err) MUST_CHECK;
/* {"drivers", "nics"}, or null; NULL without memory. */
json_t *image_inbox_json(const struct image_inbox *inbox);
/* "412, of them for network cards: 120" */
#define IMAGE_INBOX_TEXT_BYTES 96
void image_inbox_format(const struct image_inbox *inbox, char text[static IMAGE_INBOX_TEXT_BYTES]);
