/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far the bodies of answers have come, for those who want to know. */
#include "server/http_room.h"
#include "server/tcp_acked.h"

#include <sys/socket.h>
#include <sys/stat.h>

#define PROGRESS_PERIOD_MS 250

static void look_at_progress(struct http_request *request)
{
	uint64_t acked = tcp_acked_bytes(connection_fd(request->connection));
	if (acked <= request->acked_at_start)
		return;
	acked -= request->acked_at_start;
	request->acked = acked < request->length ? acked : request->length;
}

/*
 * The library does not see that a file became shorter than what sendfile() is to take from it: it
 * would leave the client waiting until the connection's time is over. So we look, and close the
 * connection under both.
 */
static void end_if_file_shrank(struct http_request *request)
{
	struct stat status;
	if (request->view == NULL || request->has_failed ||
		(fstat(request->file, &status) == 0 &&
			(uint64_t)status.st_size >= request->file_end))
		return;
	request->has_failed = true;
	(void)shutdown(connection_fd(request->connection), SHUT_RDWR);
}

static void on_progress(uv_timer_t *timer)
{
	struct http_listener *listener = timer->data;
	const struct file_source *source = listener->config.source;
	for (struct http_request *r = listener->first; r != NULL; r = r->next) {
		uint64_t before = r->acked;
		look_at_progress(r);
		if (r->acked != before)
			source->progress(source->context, r->transfer, r->acked);
		end_if_file_shrank(r);
	}
}

void http_follow(struct http_request *request, uint64_t transfer, uint64_t length)
{
	struct http_listener *listener = request->listener;
	request->transfer = transfer;
	request->length = length;
	if (transfer == 0)
		return;
	request->acked_at_start = tcp_acked_bytes(connection_fd(request->connection));
	request->written_at_start = tcp_written_bytes(connection_fd(request->connection));
	request->next = listener->first;
	request->back = &listener->first;
	if (request->next != NULL)
		request->next->back = &request->next;
	listener->first = request;
	if (!uv_is_active((uv_handle_t *)&listener->progress))
		(void)uv_timer_start(
			&listener->progress, on_progress, PROGRESS_PERIOD_MS, PROGRESS_PERIOD_MS);
}

/* The library counts a sendfile() that ends early, because the file shrank, as done. */
static bool was_cut_short(const struct http_request *request)
{
	uint64_t written = tcp_written_bytes(connection_fd(request->connection));
	return written - request->written_at_start < request->length;
}

void http_follow_end(struct http_request *request, enum MHD_RequestTerminationCode code)
{
	struct http_listener *listener = request->listener;
	const struct file_source *source = listener->config.source;
	struct file_outcome outcome = {.bytes = request->length, .end = FILE_END_DONE};
	if (request->transfer == 0)
		return;
	*request->back = request->next;
	if (request->next != NULL)
		request->next->back = request->back;
	if (listener->first == NULL)
		(void)uv_timer_stop(&listener->progress);

	if (request->is_head) {
		outcome.end = FILE_END_PROBE;
		outcome.bytes = 0;
	} else if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK || was_cut_short(request)) {
		look_at_progress(request);
		outcome.bytes = request->acked;
		outcome.end = code == MHD_REQUEST_TERMINATED_TIMEOUT_REACHED ? FILE_END_TIMEOUT
			      : code == MHD_REQUEST_TERMINATED_COMPLETED_OK || request->has_failed
				      ? FILE_END_FAILED
				      : FILE_END_ABORTED;
	}
	source->ended(source->context, request->transfer, &outcome);
	request->transfer = 0;
}
