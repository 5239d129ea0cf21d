/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the HTTP listener share, and nobody else sees. */
#pragma once

#include "adapter/library.h"
#include "server/http_body.h"
#include "server/http_listener.h"

#include <microhttpd.h>
#include <stdbool.h>

#define IDLE_TIMEOUT_S   120 /* a connection on which nothing moves; loaders pause to unpack */
#define RANGE_TEXT_BYTES 80

#define LIBMHD_FUNCTIONS(X)                                                                        \
	X(MHD_add_response_header)                                                                 \
	X(MHD_create_response_from_buffer)                                                         \
	X(MHD_create_response_from_callback)                                                       \
	X(MHD_create_response_from_fd_at_offset64)                                                 \
	X(MHD_destroy_response)                                                                    \
	X(MHD_get_connection_info)                                                                 \
	X(MHD_get_daemon_info)                                                                     \
	X(MHD_get_timeout)                                                                         \
	X(MHD_lookup_connection_value)                                                             \
	X(MHD_queue_response)                                                                      \
	X(MHD_resume_connection)                                                                   \
	X(MHD_run)                                                                                 \
	X(MHD_start_daemon)                                                                        \
	X(MHD_stop_daemon)                                                                         \
	X(MHD_suspend_connection)
LIBRARY_DECLARE(libmhd, LIBMHD_FUNCTIONS);

struct http_listener {
	uv_loop_t *loop;
	uv_poll_t poll;
	uv_timer_t timeout;
	uv_timer_t progress;
	int n_open_handles;
	struct MHD_Daemon *daemon;
	struct http_config config;
	uint16_t port;
	struct http_counters counters;
	struct http_request *first;      /* those with a transfer that somebody follows */
	struct http_request *first_body; /* those whose body goes past the library */
};

/* One request, from its first line to its last byte. */
struct http_request {
	struct http_listener *listener;
	struct MHD_Connection *connection;
	struct http_request *next, **back;
	struct http_request *next_body, **back_body;
	struct http_body *body; /* while it goes past the library, which waits */
	bool is_over;           /* it has gone: the library has nothing to do but to close */
	uint64_t transfer;      /* 0: nobody follows it */
	uint64_t length;        /* of the body */
	uint64_t acked_at_start, written_at_start; /* of the connection */
	uint64_t acked;                            /* of this body, as last seen */
	bool is_head;
	bool has_failed;     /* reading our own file did */
	struct view *view;   /* what sendfile() reads from, or NULL */
	int file;            /* its descriptor, the view's */
	uint64_t file_end;   /* what the file must reach to */
	bool is_announced;   /* its head is read, and its body, if any, comes now */
	size_t n_body_bytes; /* of a POST */
	const char *query;   /* inside uri; NULL if there is none */
	size_t path_length;
	char *path; /* inside uri */
	char uri[];
};

static inline int connection_fd(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		libmhd.MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	return info != NULL ? info->connect_fd : -1;
}

/* ---- the library on our loop (http_run.c) ---- */

/* Lets the library do what is to be done now, and sees to it that it runs again in time. */
void http_run(struct http_listener *listener);

/* ---- following a transfer (http_follow.c) ---- */

/* From here on the source hears of it; transfer 0: nobody wants to. */
void http_follow(struct http_request *request, uint64_t transfer, uint64_t length);
/* Tells the source how it ended, once. */
void http_follow_end(struct http_request *request, enum MHD_RequestTerminationCode code);

/* ---- bodies that go past the library (http_composed.c) ---- */

/* "bytes 2-5/14"; "" for the whole. */
void http_content_range(
	uint64_t offset, uint64_t length, uint64_t size, char text[static RANGE_TEXT_BYTES]);
/* Composed of several pieces, and long enough. */
bool http_is_composed(const struct http_request *request, const struct view *view, uint64_t offset,
	uint64_t length);
/* The library waits, and closes the connection when it is over. */
int http_composed_start(struct http_request *request, const struct file_answer *answer,
	uint64_t offset, uint64_t length) MUST_CHECK;
/* Ends all of them: before the library stops. */
void http_composed_stop(struct http_listener *listener);
