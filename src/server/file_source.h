/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where transports get their files from: what TFTP and HTTP ask, and whom they tell how it went.
 * The server's tree (files.c) stands behind it; tests put a plain folder there. Every function is
 * called on the main loop's thread only.
 */
#pragma once

#include "base/view.h"

#include <stdint.h>

enum file_transport {
	FILE_TFTP,
	FILE_HTTP,
};

struct file_request {
	enum file_transport transport;
	const char *path; /* as it came, not normalised; not NUL-terminated */
	size_t path_length;
	const char *query; /* HTTP: what stands behind '?', not decoded; NULL if nothing does */
	bool is_head;      /* HTTP HEAD: a size probe */
	uint32_t peer;     /* addresses in host byte order */
	uint16_t peer_port;
	uint32_t local; /* our address that the client asked */
};

struct file_answer {
	struct view *view;        /* one reference, the caller's; of size 0 for reports */
	const char *content_type; /* a constant */
	uint64_t transfer; /* names this transfer in progress() and ended(); 0: nobody wants to know
			    */
	bool no_cache;     /* made for this boot alone */
};

enum file_end {
	FILE_END_DONE,    /* every byte arrived and was acknowledged */
	FILE_END_PROBE,   /* the client asked for the size only and stopped politely */
	FILE_END_ABORTED, /* the client stopped in the middle */
	FILE_END_TIMEOUT, /* the client went silent */
	FILE_END_FAILED,  /* our side: the file shrank, out of memory */
};

/* "done", "probe", ...: as timelines and logs name it. */
const char *file_end_name(enum file_end end);

/* How a transfer went. */
struct file_outcome {
	enum file_end end;
	uint64_t bytes;       /* delivered */
	uint32_t block_bytes; /* TFTP: negotiated; 0 for HTTP */
	uint32_t window_blocks;
	bool variable_window;  /* msftwindow granted */
	uint64_t resent_bytes; /* TFTP: sent more than once */
	const char *detail;    /* what the client said when it stopped, printable; may be NULL */
};

struct file_source {
	void *context;
	/* 0; -ENOENT: no such file (answer fast); -EACCES: not for this client; -EINVAL: a hostile
	 * path; others: our fault. */
	int (*open)(
		void *context, const struct file_request *request, struct file_answer *ret_answer);
	/* Now and then during a transfer, at most some times a second. */
	void (*progress)(void *context, uint64_t transfer, uint64_t bytes);
	/* Once for each transfer that open() named. */
	void (*ended)(void *context, uint64_t transfer, const struct file_outcome *outcome);
};
