/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every file below a folder. */
#pragma once

#include "driver/fileset.h"

struct walk {
	/* Is this folder (path below the root) worth a look? NULL: all are. */
	bool (*wants)(void *context, const char *folder);
	/* What could not be looked at: an unreadable folder, a link that leads out. Not NULL. */
	int (*skipped)(void *context, const char *path, const char *reason);
	void *context;
};

/*
 * Fills and sorts the set. Links to folders are not followed (they may go round in circles), links
 * to files only where they do not lead out. -E2BIG past LIMIT_ARCHIVE_ENTRIES.
 */
int walk_folder(const char *path, const struct walk *walk, struct fileset *set,
	struct error *err) MUST_CHECK;
