/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of verify.h share. Functions return 0 also where they found faults: those are in
 * the result. */
#pragma once

#include "format/wim_tree.h"
#include "image/frame.h"
#include "image/verify.h"

struct verifying {
	struct store *store;
	const struct image_record *image;
	const struct revision_record *revision;
	struct view *view;
	struct frame frame;
	struct wim_tree *tree;
	const struct progress_sink *progress;
	struct verify_result *result;
};

void verify_fault(struct verify_result *result, const char *format, ...) PRINTF_LIKE(2, 3);

/* The frame and the tree are read, by us and by wimlib; every file has its content, and each
 * content as many names as the table says; the data has the SHA-1s. */
int verify_wim(struct verifying *verifying, struct error *err) MUST_CHECK;
/* Packages and files are there as recorded, and the manifest says so. */
int verify_contents(struct verifying *verifying, struct error *err) MUST_CHECK;
