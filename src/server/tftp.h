/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The TFTP server: listens on the main loop, asks a file source, and hands each transfer to one of
 * its worker threads, which share nothing but read-only views. Read-only: writes are refused.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "server/file_source.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#define TFTP_WORKERS_MAX 16

struct tftp_server_config {
	uint32_t address; /* to listen at, host byte order; 0: every address of the machine */
	uint16_t port;    /* 0: any free one */
	/* Whether this address of ours is served, host byte order; NULL: all are. Requests to
	 * others are dropped. */
	bool (*allows)(void *context, uint32_t local);
	void *context;                    /* of allows */
	unsigned n_workers;               /* 0: one for each CPU that we may use, at most 8 */
	unsigned max_sessions;            /* 0: LIMIT_TFTP_SESSIONS */
	unsigned max_sessions_per_client; /* 0: LIMIT_TFTP_SESSIONS_PER_CLIENT */
	bool allow_fragments;             /* blocks larger than the path's MTU, as IP fragments */
	bool no_variable_window;          /* do not grant msftwindow */
};

/* Since the start. */
struct tftp_server_counters {
	uint64_t requests;         /* well-formed ones */
	uint64_t elsewhere;        /* dropped: to an address that is not served */
	uint64_t malformed;        /* dropped without an answer */
	uint64_t repeated;         /* of a transfer that is under way: dropped */
	uint64_t over_limit;       /* dropped: the client, or all clients, have enough transfers */
	uint64_t refused;          /* answered with an ERROR: writes, modes, names, our faults */
	uint64_t not_found;        /* answered with ERROR 1 */
	uint64_t transfers;        /* handed to a worker */
	uint64_t transfers_active; /* now */
};

struct tftp_server;

/* Opens the port, for which one may have to be root. The source must outlive the server. On failure
 * err says what to do. */
int tftp_server_open(uv_loop_t *loop, const struct tftp_server_config *config,
	const struct file_source *source, struct tftp_server **ret_server,
	struct error *err) MUST_CHECK;
/* Starts the workers, which have the rights that the caller has now, and serves. After a failure
 * tftp_server_stop() is still the caller's to call. */
int tftp_server_start(struct tftp_server *server, struct error *err) MUST_CHECK;
/* In host byte order. */
uint16_t tftp_server_port(const struct tftp_server *server);
void tftp_server_counters(
	const struct tftp_server *server, struct tftp_server_counters *ret_counters);
/*
 * Takes no more requests and ends the transfers under way (the clients and the source are told).
 * When all that is done the server is freed and stopped() called, on the main loop; NULL is fine,
 * and calls nobody.
 */
void tftp_server_stop(struct tftp_server *server, void (*stopped)(void *context), void *context);
