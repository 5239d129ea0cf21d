/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the TFTP server's main loop share, and nobody else sees. */
#pragma once

#include "server/tftp.h"
#include "server/tftp_listener.h"
#include "server/tftp_queue.h"

#define TFTP_BUCKETS 1024 /* a power of two */

struct tftp_server {
	const struct file_source *source;
	struct tftp_policy policy;
	bool (*allows)(void *context, uint32_t local);
	void *allows_context;
	unsigned max_sessions, max_sessions_per_client;
	struct tftp_listener *listener;
	struct tftp_server_counters counters;
	uint64_t complained_ms;

	uv_loop_t *loop;
	uv_poll_t poll;
	uv_async_t async; /* there is something in `finished` */
	uv_timer_t timer; /* progress; runs while there are transfers */
	unsigned n_handles;

	unsigned n_workers, n_workers_asked, next_worker;
	atomic_uint n_workers_ended;
	struct tftp_worker *workers[TFTP_WORKERS_MAX];
	struct tftp_queue finished;
	struct tftp_transfer *active[TFTP_BUCKETS]; /* by the client's address */

	bool is_stopping;
	void (*stopped)(void *context);
	void *stopped_context;
};

/* ---- the transfers under way (tftp_follow.c) ---- */

/* How many transfers the client has, and which of them, if any, is this very request's. */
unsigned tftp_count(struct tftp_server *server, const struct tftp_datagram *datagram,
	struct tftp_transfer **ret_same);
/* From here on the source hears of the transfer, which this request began. */
void tftp_follow(struct tftp_server *server, struct tftp_transfer *transfer,
	const struct tftp_datagram *datagram);
/* Tells log and source how it ended. It stays the caller's. */
void tftp_follow_end(struct tftp_server *server, struct tftp_transfer *transfer);

/* ---- requests (tftp_request.c) ---- */

void tftp_take_request(struct tftp_server *server, const struct tftp_datagram *datagram);
/* Of a transfer that has ended: the client had ended it when it asked once more. */
void tftp_take_repeat(struct tftp_server *server, const struct tftp_transfer *transfer);
