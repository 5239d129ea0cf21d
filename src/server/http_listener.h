/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The boot listener's HTTP/1.1: GET, HEAD and single ranges over a file_source, for UEFI HTTP boot,
 * iPXE and reports. Read-only and unauthenticated. libmicrohttpd does the protocol, on the main
 * loop: its epoll descriptor is polled by libuv, so it has no thread of its own.
 */
#pragma once

#include "base/error.h"
#include "server/file_source.h"

#include <uv.h>

struct http_listener;

struct http_counters {
	uint64_t n_requests;
	uint64_t n_not_found;
	uint64_t n_refused; /* 4xx other than 404 */
	uint64_t n_failed;  /* 5xx */
};

struct http_config {
	uint32_t address; /* host byte order; 0: all */
	uint16_t port;    /* 0: any free one */
	/* Whether requests that reach us at this address are answered; NULL: always. */
	bool (*allows)(void *context, uint32_t local);
	void *context;
	const struct file_source *source; /* outlives the listener */
};

/* Binds and listens. The caller ignores SIGPIPE: sendfile() raises it when a client goes away. */
int http_listener_start(uv_loop_t *loop, const struct http_config *config,
	struct http_listener **ret_listener, struct error *err) MUST_CHECK;
/* The port that it listens on. */
uint16_t http_listener_port(const struct http_listener *listener);
const struct http_counters *http_listener_counters(const struct http_listener *listener);
/* Ends every connection; the memory goes with the loop's next turns. NULL is fine. */
void http_listener_stop(struct http_listener *listener);
