/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The transfers that boots are followed by: a place in a table for each, and how far it came and
 * how it ended, into its boot's timeline.
 */
#pragma once

#include "boot/tree.h"
#include "server/boots.h"
#include "server/file_source.h"

struct file_transfers;

int file_transfers_new(struct file_transfers **ret_transfers) MUST_CHECK;
struct file_transfers *file_transfers_free(struct file_transfers *transfers);
DEFINE_FREEP(struct file_transfers, file_transfers_free);

/* The name of the new transfer. 0 if every place is taken: it is served all the same, only nobody
 * follows it. */
uint64_t file_transfers_begin(struct file_transfers *transfers, const struct file_request *request,
	const struct tree_entry *entry, const struct boot *boot, uint64_t size, int64_t now_ms);
/* bytes: how many have arrived. A boot that is forgotten hears nothing. */
void file_transfers_progress(struct file_transfers *transfers, struct boots *boots, uint64_t id,
	uint64_t bytes, int64_t now_ms);
/* 1: its boot has the file now; 0: it has not, or is forgotten; -ENOENT: there is no such transfer.
 */
int file_transfers_end(struct file_transfers *transfers, struct boots *boots, uint64_t id,
	const struct file_outcome *outcome, int64_t now_ms);
