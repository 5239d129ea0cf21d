/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sends an answer whose body is composed of many files: each by sendfile(). libmicrohttpd can do
 * that for one file only, and would copy the rest through a buffer; so for a composed image it
 * reads the request, and the connection's socket is ours from then on until it is closed.
 */
#pragma once

#include "base/view.h"

#include <stdint.h>
#include <uv.h>

struct http_body;

struct http_body_config {
	int fd;            /* of the connection, not blocking; stays the caller's */
	const char *head;  /* status line and headers; copied */
	struct view *view; /* one reference is taken */
	uint64_t offset, length;
	uint64_t idle_ms; /* how long the client may take nothing */
	/* Once, and never from within http_body_start(): 0: the kernel has all; -ETIMEDOUT; -EIO: a
	 * file of ours is shorter than it was, or unreadable; others: the client's end. */
	void (*ended)(void *context, int rc);
	void *context;
};

int http_body_start(uv_loop_t *loop, const struct http_body_config *config,
	struct http_body **ret_body) MUST_CHECK;
/* NULL is fine. No ended() will come, and the descriptor is not touched any more. */
void http_body_stop(struct http_body *body);
