/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers that are composed of many files: the library reads the request, and our own sender
 * (http_body.h) answers it. */
#include "server/http_room.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#define COMPOSED_BYTES_MIN (1U << 20) /* what is shorter is not worth its connection */
#define HEAD_BYTES         512

static void let_library_close(struct http_request *request)
{
	*request->back_body = request->next_body;
	if (request->next_body != NULL)
		request->next_body->back_body = request->back_body;
	request->body = NULL;
	request->is_over = true;
	libmhd.MHD_resume_connection(request->connection);
}

static void on_body_ended(void *context, int rc)
{
	struct http_request *request = context;
	request->has_failed |= rc == -EIO;
	http_follow_end(request, rc == 0            ? MHD_REQUEST_TERMINATED_COMPLETED_OK
				 : rc == -ETIMEDOUT ? MHD_REQUEST_TERMINATED_TIMEOUT_REACHED
						    : MHD_REQUEST_TERMINATED_WITH_ERROR);
	let_library_close(request);
	http_run(request->listener);
}

void http_composed_stop(struct http_listener *listener)
{
	while (listener->first_body != NULL) {
		struct http_request *request = listener->first_body;
		http_body_stop(request->body);
		let_library_close(request);
	}
}

void http_content_range(
	uint64_t offset, uint64_t length, uint64_t size, char text[static RANGE_TEXT_BYTES])
{
	text[0] = 0;
	if (length != size)
		(void)snprintf(text, RANGE_TEXT_BYTES, "bytes %llu-%llu/%llu",
			(unsigned long long)offset, (unsigned long long)(offset + length - 1),
			(unsigned long long)size);
}

/*
 * RFC 9112 9.6: with "close" a client knows that this is the last answer on the connection, and
 * sends what it may have sent already on another one. The WIM is the last file that a Windows boot
 * manager asks for (docs/wire.md).
 */
int http_composed_start(struct http_request *request, const struct file_answer *answer,
	uint64_t offset, uint64_t length)
{
	struct http_listener *listener = request->listener;
	char head[HEAD_BYTES], date[40], range[RANGE_TEXT_BYTES];
	time_t now = time(NULL);
	struct tm parts;
	http_content_range(offset, length, view_size(answer->view), range);
	(void)strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &parts));
	(void)snprintf(head, sizeof(head),
		"HTTP/1.1 %s\r\nDate: %s\r\nConnection: close\r\nContent-Type: %s\r\n"
		"Accept-Ranges: bytes\r\n%s%s%s%s"
		"Content-Length: %llu\r\n\r\n",
		range[0] != 0 ? "206 Partial Content" : "200 OK", date, answer->content_type,
		answer->no_cache ? "Cache-Control: no-store\r\n" : "",
		range[0] != 0 ? "Content-Range: " : "", range, range[0] != 0 ? "\r\n" : "",
		(unsigned long long)length);
	struct http_body_config config = {.fd = connection_fd(request->connection),
		.head = head,
		.view = answer->view,
		.offset = offset,
		.length = length,
		.idle_ms = IDLE_TIMEOUT_S * 1000,
		.ended = on_body_ended,
		.context = request};
	int rc = http_body_start(listener->loop, &config, &request->body);
	if (rc < 0)
		return rc;
	request->next_body = listener->first_body;
	request->back_body = &listener->first_body;
	if (request->next_body != NULL)
		request->next_body->back_body = &request->next_body;
	listener->first_body = request;
	libmhd.MHD_suspend_connection(request->connection);
	return 0;
}

bool http_is_composed(const struct http_request *request, const struct view *view, uint64_t offset,
	uint64_t length)
{
	uint64_t within = 0;
	const struct view_segment *segment = view_find(view, offset, &within);
	return !request->is_head && length >= COMPOSED_BYTES_MIN && segment != NULL &&
	       length > segment->length - within;
}
