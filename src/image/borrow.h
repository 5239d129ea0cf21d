/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot files for an image that lacks them, from another one, or from media (`--boot-files`). */
#pragma once

#include "image/base.h"
#include "image/loaders.h"

/*
 * from: the name of an image that is there, a WIM, an .iso or a folder with media. Files that are
 * gathered already are kept. request: store, scratch and progress.
 */
int boot_files_borrow(struct boot_files *files, const char *from,
	const struct base_request *request, struct error *err) MUST_CHECK;
