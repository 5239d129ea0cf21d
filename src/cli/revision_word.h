/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "win11@3" on a command line: an image and one of its revisions. */
#pragma once

#include "cli/cli.h"
#include "store/revisions.h"

struct revision_word {
	char image[LIMIT_IMAGE_NAME_BYTES + 1];
	uint32_t revision; /* 0 for the newest: "win11" */
};

/* False, with a sentence in err, if it cannot be one. */
bool revision_word_parse(const char *word, struct revision_word *ret_word, struct error *err);
/* False, with a sentence in err, if it names a revision where only an image can be meant. */
bool revision_word_is_image(const char *word, struct error *err);
