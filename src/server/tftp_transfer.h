/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One TFTP transfer on its way through the server: the main loop makes it and hands it to a worker,
 * the worker runs it and hands it back. Never do both look at the same field at the same time,
 * except at `delivered`.
 */
#pragma once

#include "session/tftp.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define TFTP_DETAIL_BYTES 96

struct tftp_repeat;

struct view;

struct tftp_transfer {
	/* Set by the main loop before it hands the transfer over; constant from then on. */
	uint32_t peer, local; /* host byte order; local 0: let routing choose */
	uint16_t peer_port;
	struct tftp_options asked;
	struct tftp_policy policy;
	struct view *view;  /* one reference, the main loop's */
	uint64_t source_id; /* the file source's name for it */

	/* The main loop's. */
	struct tftp_transfer *next_active, **previous_active; /* of one bucket in the table */
	uint64_t request_hash;                                /* of the whole request */
	struct tftp_repeat *repeat; /* the same request once more, or NULL; owned */
	uint64_t reported_bytes;
	uint64_t started_ms;
	char path[80]; /* printable, perhaps cut; for the log */

	/* The worker's, and the main loop's again when it is finished. */
	int fd;
	struct tftp_session session;
	uint64_t pending_first; /* blocks that wait for the socket to take them: */
	uint32_t pending_n;     /* 0: none */
	bool is_watching_writable;
	bool no_gso;         /* this path does not take UDP_SEGMENT */
	size_t heap_at;      /* where the deadline stands in the worker's heap */
	int64_t deadline_us; /* of the heap: never later than session.timer_at_us */
	struct tftp_transfer *next_running, **previous_running;
	enum tftp_end end;
	char detail[TFTP_DETAIL_BYTES]; /* what the client said at the end, or what failed */

	/* Between the two. */
	struct tftp_transfer *next_queued;
	_Atomic uint64_t delivered; /* written by the worker, read by the main loop */
};
