/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes behind a name of the tree, for one boot: its BCD and its script, made once; its image
 * as its revision has it; a loader of that image; or what is installed beside Pewter.
 */
#pragma once

#include "boot/tree.h"
#include "server/config.h"
#include "server/guide.h"
#include "server/view_cache.h"

/* What files are made from. */
struct files_config {
	struct guide *guide;
	struct view_cache *cache;
	const struct config *config; /* paths, and what the BCD asks for */
	const char *script_template; /* the user's own iPXE script; NULL: ours */
};

struct file_wish {
	const struct files_config *from;
	const struct tree_entry *entry;
	struct boot *boot; /* keeps what is made for it */
	const struct image_record *image;
	uint32_t server; /* our address that the client asked, host byte order */
};

/* -ENOENT without words in err: the image does not have that file. */
int file_view_find(
	const struct file_wish *wish, struct view **ret_view, struct error *err) MUST_CHECK;
