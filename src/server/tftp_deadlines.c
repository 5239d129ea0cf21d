/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/tftp_deadlines.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static void place(struct tftp_deadlines *deadlines, struct tftp_transfer *transfer, size_t at)
{
	deadlines->heap[at] = transfer;
	transfer->heap_at = at;
}

static void settle(struct tftp_deadlines *deadlines, struct tftp_transfer *transfer, size_t at)
{
	while (at > 0) {
		size_t parent = (at - 1) / 2;
		if (deadlines->heap[parent]->deadline_us <= transfer->deadline_us)
			break;
		place(deadlines, deadlines->heap[parent], at);
		at = parent;
	}
	for (size_t child; (child = 2 * at + 1) < deadlines->n; at = child) {
		if (child + 1 < deadlines->n && deadlines->heap[child + 1]->deadline_us <
							deadlines->heap[child]->deadline_us)
			child++;
		if (transfer->deadline_us <= deadlines->heap[child]->deadline_us)
			break;
		place(deadlines, deadlines->heap[child], at);
	}
	place(deadlines, transfer, at);
}

int tftp_deadlines_add(
	struct tftp_deadlines *deadlines, struct tftp_transfer *transfer, int64_t deadline_us)
{
	if (deadlines->n == deadlines->capacity) {
		size_t capacity = deadlines->capacity > 0 ? 2 * deadlines->capacity : 64;
		struct tftp_transfer **heap =
			reallocarray(deadlines->heap, capacity, sizeof(struct tftp_transfer *));
		if (heap == NULL)
			return -ENOMEM;
		deadlines->heap = heap;
		deadlines->capacity = capacity;
	}
	transfer->deadline_us = deadline_us;
	settle(deadlines, transfer, deadlines->n++);
	return 0;
}

void tftp_deadlines_move(
	struct tftp_deadlines *deadlines, struct tftp_transfer *transfer, int64_t deadline_us)
{
	assert(deadlines->heap[transfer->heap_at] == transfer);
	transfer->deadline_us = deadline_us;
	settle(deadlines, transfer, transfer->heap_at);
}

void tftp_deadlines_remove(struct tftp_deadlines *deadlines, struct tftp_transfer *transfer)
{
	size_t at = transfer->heap_at;
	assert(deadlines->heap[at] == transfer);
	struct tftp_transfer *last = deadlines->heap[--deadlines->n];
	if (last != transfer)
		settle(deadlines, last, at);
}

struct tftp_transfer *tftp_deadlines_first(const struct tftp_deadlines *deadlines)
{
	return deadlines->n > 0 ? deadlines->heap[0] : NULL;
}

void tftp_deadlines_free(struct tftp_deadlines *deadlines)
{
	free(deadlines->heap);
	*deadlines = (struct tftp_deadlines){0};
}
