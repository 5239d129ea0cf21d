/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker: a thread that runs TFTP transfers, each on a connected socket of its own. Its loop is
 * epoll itself and not libuv: what counts here is the number of system calls for each ACK, and
 * they are three (wait, receive, send).
 */
#pragma once

#include "base/error.h"
#include "server/tftp_transfer.h"

struct tftp_worker;

/* finished() is called on the worker's thread, for each transfer that it was given and, at the very
 * end, once with NULL: then nothing but tftp_worker_join() is left to do. */
int tftp_worker_start(void (*finished)(void *context, struct tftp_transfer *transfer),
	void *context, struct tftp_worker **ret_worker, struct error *err) MUST_CHECK;
void tftp_worker_give(struct tftp_worker *worker, struct tftp_transfer *transfer);
/* Ends all transfers, then the thread. Nothing may be given any more. */
void tftp_worker_stop(struct tftp_worker *worker);
/* Waits for the thread's end (so call it after finished(NULL)) and frees the worker. */
void tftp_worker_join(struct tftp_worker *worker);
