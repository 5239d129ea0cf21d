/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the makers of parts share: of packages, of a user's files, of packages ahead. */
#pragma once

#include "image/part.h"
#include "image/resources.h"

/* An empty part with room for that many files. */
int part_begin(struct part_record *part, enum wim_compression compression, size_t n_files,
	struct error *err) MUST_CHECK;
int part_add_file(struct part_record *part, const char *path, const struct resource *resource,
	struct error *err) MUST_CHECK;

/* Compresses the inputs into a blob of its own, which is not in the store yet. */
int part_press_blob(struct store *store, const struct press_way *way, resource_opener *opener,
	void *context, size_t n_inputs, uint64_t n_bytes, const struct progress_sink *progress,
	struct resource *resources, uint64_t *ret_size, int *ret_fd, struct error *err) MUST_CHECK;
/* A package's part, all but its id and its blob's hash. Asks no database, so that threads may do
 * it side by side. What is in part is the caller's to clear, on failure too. */
int part_press(struct store *store, const struct driver_package *package,
	const struct press_way *way, const struct progress_sink *progress, struct part_record *part,
	int *ret_fd, struct error *err) MUST_CHECK;

/* Puts the blob into the store; takes fd over. Of nothing but empty files there is no blob. */
int part_keep_blob(
	struct store *store, int fd, struct part_record *part, struct error *err) MUST_CHECK;
/* The record, after that. key: the package's id; NULL: it is of no package. */
int part_keep(struct store *store, const char *key, struct part_record *part,
	struct error *err) MUST_CHECK;
