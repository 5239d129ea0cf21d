/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tree that clients see, with bytes behind it: a path over TFTP or HTTP -> whose boot -> a
 * view; and what became of each transfer, into that boot's timeline.
 */
#pragma once

#include "server/config.h"
#include "server/file_source.h"
#include "server/guide.h"
#include "server/view_cache.h"

struct files_config {
	struct guide *guide;
	struct view_cache *cache;
	const struct config *config; /* paths, and what the BCD asks for */
	const char *script_template; /* the user's own iPXE script; NULL: ours */
};

struct files_counters {
	uint64_t n_opened;
	uint64_t n_absent;
	uint64_t n_refused; /* hostile paths, machines that may not boot */
	uint64_t n_failed;  /* our faults */
	uint64_t n_reports;
	uint64_t n_delivered;
	uint64_t n_bytes;
};

struct files;

/* config is copied; what it points to outlives the files. */
int files_new(const struct files_config *config, struct files **ret_files) MUST_CHECK;
struct files *files_free(struct files *files);
DEFINE_FREEP(struct files, files_free);
const struct file_source *files_source(const struct files *files);
const struct files_counters *files_counters(const struct files *files);
