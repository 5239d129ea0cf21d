/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where in an image INFs lie, and which files they could install. */
#pragma once

#include "adapter/wimlib.h"
#include "base/name_table.h"

struct inbox_inf {
	char *path;        /* as the image has it, '/' in front and between names; owned */
	const char *name;  /* the end of path */
	const char *store; /* the name of its folder in the driver store, up to '/'; NULL for one of
			      \Windows\INF; in path */
	uint8_t sha1[20];
	uint64_t size;
	bool is_shadowed; /* \Windows\INF has the same, under this name or another */
};

struct inbox_look {
	struct inbox_inf *infs; /* owned; those of \Windows\INF first */
	size_t n_infs;
	size_t n_left_out;          /* past LIMIT_INBOX_INFS */
	struct name_table binaries; /* files of \Windows\System32 and its drivers folder */
	struct name_table stored;   /* "FOLDER/FILE" of the driver store, whatever lies between */
};

int inbox_look(struct wim_file *wim, struct inbox_look *ret_look, struct error *err) MUST_CHECK;
void inbox_look_clear(struct inbox_look *look);
/* Does the image hold that file where this INF's driver would have it? */
bool inbox_holds(const struct inbox_look *look, const struct inbox_inf *inf, const char *file);
/* Its name before Windows called it oem3.inf, where the driver store knows it; else its own. */
const char *inbox_original_name(const struct inbox_look *look, const struct inbox_inf *inf);
