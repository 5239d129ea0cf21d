/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The deadlines of a worker's transfers: a binary heap, the earliest on top. A deadline may be
 * earlier than the session wants (it moves on with every ACK); then it is put right when it is
 * reached, which costs a transfer some wake-ups a second instead of a heap operation for each ACK.
 */
#pragma once

#include "base/cleanup.h"
#include "server/tftp_transfer.h"

struct tftp_deadlines {
	struct tftp_transfer **heap;
	size_t n, capacity;
};

int tftp_deadlines_add(struct tftp_deadlines *deadlines, struct tftp_transfer *transfer,
	int64_t deadline_us) MUST_CHECK;
/* Earlier or later than it was. */
void tftp_deadlines_move(
	struct tftp_deadlines *deadlines, struct tftp_transfer *transfer, int64_t deadline_us);
void tftp_deadlines_remove(struct tftp_deadlines *deadlines, struct tftp_transfer *transfer);
/* The earliest, or NULL. */
struct tftp_transfer *tftp_deadlines_first(const struct tftp_deadlines *deadlines);
void tftp_deadlines_free(struct tftp_deadlines *deadlines);
