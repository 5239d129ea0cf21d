/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of this room share, and nobody else sees. */
#pragma once

#include "store/sql.h"
#include "store/store.h"

#include <sys/types.h>

struct store {
	char *directory, *database; /* paths, owned */
	struct sql *sql;
	int blobs_fd; /* the folder blobs/ */
	uid_t owner;  /* of the state directory: what root makes in it becomes theirs, so that a */
	gid_t group;  /* daemon without privileges can read what `pewter image import` brought */
};

/* Makes a file or folder belong to whom the state directory belongs. */
int store_adopt(const struct store *store, int fd) MUST_CHECK;
/* Now, as Unix time. */
int64_t store_now_ms(void);
