/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tree that clients see, as a source of files: a path over TFTP or HTTP -> whose boot -> a view
 * (file_view.h), and a transfer that is followed (file_transfers.h).
 */
#pragma once

#include "server/file_source.h"
#include "server/file_view.h"

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
