/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/http_listener.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "server/http_range.h"
#include "server/http_room.h"
#include "server/port_owner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG             1024
#define READER_BLOCK_BYTES  (128U * 1024)
#define N_HANDLES           3
#define STATUS_BAD_REQUEST  400
#define STATUS_FORBIDDEN    403
#define STATUS_NOT_FOUND    404
#define STATUS_NOT_ALLOWED  405
#define STATUS_TOO_LARGE    413
#define STATUS_BAD_RANGE    416
#define STATUS_SERVER_ERROR 500

/* ---- the request's words ---- */

/* Decodes in place; a NUL may come out, so the length counts. What is no %XX stays as it is. */
static size_t percent_decode(char *text, size_t length)
{
	size_t to = 0;
	for (size_t at = 0; at < length; at++) {
		int high = text[at] == '%' && length - at > 2 ? text_hex_digit(text[at + 1]) : -1;
		int low = high >= 0 ? text_hex_digit(text[at + 2]) : -1;
		if (low >= 0) {
			text[to++] = (char)(high << 4 | low);
			at += 2;
		} else {
			text[to++] = text[at];
		}
	}
	return to;
}

/* Called with the first line of each request; what it returns becomes the handler's context. */
static void *on_uri(void *context, const char *uri, struct MHD_Connection *connection)
{
	size_t length = strlen(uri);
	struct http_request *request = calloc(1, sizeof(*request) + length + 1);
	if (request == NULL)
		return NULL;
	request->listener = context;
	request->connection = connection;
	memcpy(request->uri, uri, length + 1);

	/* RFC 9112 3.2.2: the absolute form has to be accepted. */
	request->path = request->uri;
	if (strncmp(request->path, "http://", 7) == 0)
		request->path += 7 + strcspn(request->path + 7, "/?");
	char *question = strchr(request->path, '?');
	if (question != NULL) {
		*question = 0;
		request->query = question + 1;
	}
	request->path_length = percent_decode(request->path, strlen(request->path));
	return request;
}

/* Where the connection stands: our side's address and the peer's. */
static bool connection_ends(struct MHD_Connection *connection, struct file_request *ret)
{
	struct sockaddr_in peer, local;
	socklen_t peer_size = sizeof(peer), local_size = sizeof(local);
	int fd = connection_fd(connection);
	if (getpeername(fd, (struct sockaddr *)&peer, &peer_size) != 0 ||
		getsockname(fd, (struct sockaddr *)&local, &local_size) != 0)
		return false;
	ret->peer = ntohl(peer.sin_addr.s_addr);
	ret->peer_port = ntohs(peer.sin_port);
	ret->local = ntohl(local.sin_addr.s_addr);
	return true;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request_context,
	enum MHD_RequestTerminationCode code)
{
	(void)context;
	(void)connection;
	struct http_request *request = TAKE(*request_context);
	if (request == NULL)
		return;
	http_follow_end(request, code);
	(void)view_unref(request->view);
	free(request);
}

/* ---- answers ---- */

/* A part of a view that is being sent through the reader. */
struct part {
	struct http_request *request; /* alive as long as anything is read for it */
	struct view *view;
	uint64_t offset;
	uint64_t length;
};

static ssize_t read_part(void *context, uint64_t at, char *bytes, size_t max)
{
	struct part *part = context;
	if (at >= part->length)
		return MHD_CONTENT_READER_END_OF_STREAM;
	size_t n = part->length - at < max ? (size_t)(part->length - at) : max;
	if (view_read(part->view, part->offset + at, bytes, n) < 0) {
		part->request->has_failed = true;
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	return (ssize_t)n;
}

static void free_part(void *context)
{
	struct part *part = context;
	(void)view_unref(part->view);
	free(part);
}

/* A range inside one file goes out by sendfile(), on a descriptor that the response owns. */
static struct MHD_Response *response_from_file(
	const struct view_segment *segment, uint64_t within, uint64_t length)
{
	struct stat status;
	if (fstat(segment->fd, &status) != 0 ||
		segment->offset + within + length > (uint64_t)status.st_size)
		return NULL; /* it shrank: better no answer than half of one */
	int fd = fcntl(segment->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	struct MHD_Response *response = libmhd.MHD_create_response_from_fd_at_offset64(
		length, fd, segment->offset + within);
	if (response == NULL)
		(void)close(fd);
	return response;
}

static struct MHD_Response *response_from_view(
	struct http_request *request, struct view *view, uint64_t offset, uint64_t length)
{
	static char nothing[1];
	uint64_t within = 0;
	if (length == 0)
		return libmhd.MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
	const struct view_segment *segment = view_find(view, offset, &within);
	if (segment != NULL && segment->kind == VIEW_FILE && length <= segment->length - within) {
		request->view = view_ref(view);
		request->file = segment->fd;
		request->file_end = segment->offset + within + length;
		return response_from_file(segment, within, length);
	}

	struct part *part = calloc(1, sizeof(*part));
	if (part == NULL)
		return NULL;
	*part = (struct part){
		.request = request, .view = view_ref(view), .offset = offset, .length = length};
	struct MHD_Response *response = libmhd.MHD_create_response_from_callback(
		length, READER_BLOCK_BYTES, read_part, part, free_part);
	if (response == NULL)
		free_part(part);
	return response;
}

static enum MHD_Result send_response(
	struct MHD_Connection *connection, unsigned status, struct MHD_Response *response)
{
	if (response == NULL)
		return MHD_NO; /* out of memory: the connection is closed */
	enum MHD_Result result = libmhd.MHD_queue_response(connection, status, response);
	libmhd.MHD_destroy_response(response);
	return result;
}

/* A status without a body: loaders read none, and a negative answer has to be quick. */
static enum MHD_Result send_status(
	struct http_listener *listener, struct MHD_Connection *connection, unsigned status)
{
	static char nothing[1];
	if (status == STATUS_NOT_FOUND)
		listener->counters.n_not_found++;
	else if (status >= STATUS_SERVER_ERROR)
		listener->counters.n_failed++;
	else
		listener->counters.n_refused++;
	struct MHD_Response *response =
		libmhd.MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
	if (response != NULL && status == STATUS_NOT_ALLOWED)
		(void)libmhd.MHD_add_response_header(response, "Allow", "GET, HEAD, POST");
	return send_response(connection, status, response);
}

static unsigned status_of_error(int rc)
{
	switch (rc) {
	case -ENOENT: return STATUS_NOT_FOUND;
	case -EACCES: return STATUS_FORBIDDEN;
	case -EINVAL:
	case -ENAMETOOLONG: return STATUS_BAD_REQUEST;
	default: return STATUS_SERVER_ERROR;
	}
}

static enum MHD_Result send_bad_range(
	struct http_listener *listener, struct MHD_Connection *connection, uint64_t size)
{
	static char nothing[1];
	char text[48];
	listener->counters.n_refused++;
	struct MHD_Response *response =
		libmhd.MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
	(void)snprintf(text, sizeof(text), "bytes */%llu", (unsigned long long)size);
	if (response != NULL)
		(void)libmhd.MHD_add_response_header(response, "Content-Range", text);
	return send_response(connection, STATUS_BAD_RANGE, response);
}

static enum MHD_Result send_file(
	struct http_request *request, struct MHD_Connection *connection, struct file_answer *answer)
{
	uint64_t size = view_size(answer->view), offset = 0, length = size;
	char range_text[RANGE_TEXT_BYTES];

	/* If-Range needs a validator, and we give none out: then the whole is the right answer. */
	const char *range =
		libmhd.MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Range");
	if (libmhd.MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-Range") != NULL)
		range = NULL;
	if (request->is_head) /* RFC 9110 14.2: a range is for GET alone */
		range = NULL;
	enum http_range_result result = http_range_parse(range, size, &offset, &length);
	if (result != HTTP_RANGE_UNSATISFIABLE &&
		http_is_composed(request, answer->view, offset, length) &&
		http_composed_start(request, answer, offset, length) == 0) {
		http_follow(request, answer->transfer, length);
		return MHD_YES;
	}
	struct MHD_Response *response =
		result == HTTP_RANGE_UNSATISFIABLE
			? NULL
			: response_from_view(request, answer->view, offset, length);
	if (response == NULL) {
		const struct file_source *source = request->listener->config.source;
		bool is_ours = result != HTTP_RANGE_UNSATISFIABLE;
		struct file_outcome outcome = {.end = is_ours ? FILE_END_FAILED : FILE_END_PROBE};
		if (answer->transfer != 0)
			source->ended(source->context, answer->transfer, &outcome);
		return is_ours ? send_status(request->listener, connection, STATUS_SERVER_ERROR)
			       : send_bad_range(request->listener, connection, size);
	}
	http_follow(request, answer->transfer, length);
	(void)libmhd.MHD_add_response_header(response, "Content-Type", answer->content_type);
	(void)libmhd.MHD_add_response_header(response, "Accept-Ranges", "bytes");
	if (answer->no_cache)
		(void)libmhd.MHD_add_response_header(response, "Cache-Control", "no-store");
	if (result == HTTP_RANGE_PART) {
		http_content_range(offset, length, size, range_text);
		(void)libmhd.MHD_add_response_header(response, "Content-Range", range_text);
	}
	return send_response(connection,
		result == HTTP_RANGE_PART ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK, response);
}

/* The body of a report is read and dropped: what counts stands in its query. */
static bool read_body(struct http_request *request, size_t *upload_size)
{
	request->n_body_bytes += *upload_size;
	*upload_size = 0;
	return request->n_body_bytes <= LIMIT_REPORT_BYTES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload_data, size_t *upload_size,
	void **request_context)
{
	struct http_listener *listener = context;
	struct http_request *request = *request_context;
	struct file_answer answer = {.view = NULL};
	(void)url;
	(void)version;
	(void)upload_data;

	if (request == NULL || request->is_over)
		return MHD_NO;
	if (*upload_size > 0)
		return read_body(request, upload_size) ? MHD_YES : MHD_NO;

	bool is_post = strcmp(method, "POST") == 0;
	request->is_head = strcmp(method, "HEAD") == 0;
	/* The first call comes before the body, the last one behind it. The library closes the
	 * connection behind an answer that is given in the first, also where there is no body. */
	if (!request->is_announced) {
		request->is_announced = true;
		return MHD_YES;
	}
	listener->counters.n_requests++;
	if (!is_post && !request->is_head && strcmp(method, "GET") != 0)
		return send_status(listener, connection, STATUS_NOT_ALLOWED);

	struct file_request file = {.transport = FILE_HTTP,
		.path = request->path,
		.path_length = request->path_length,
		.query = request->query,
		.is_head = request->is_head};
	if (!connection_ends(connection, &file))
		return MHD_NO;
	if (listener->config.allows != NULL &&
		!listener->config.allows(listener->config.context, file.local))
		return MHD_NO;
	const struct file_source *source = listener->config.source;
	int rc = source->open(source->context, &file, &answer);
	if (rc < 0)
		return send_status(listener, connection, status_of_error(rc));
	enum MHD_Result result = send_file(request, connection, &answer);
	(void)view_unref(answer.view);
	return result;
}

/* ---- start and stop ---- */

static void on_readable(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	http_run(poll->data);
}

static void on_library_log(void *context, const char *format, va_list args) PRINTF_LIKE(2, 0);
static void on_library_log(void *context, const char *format, va_list args)
{
	char text[300];
	(void)context;
	(void)vsnprintf(text, sizeof(text), format, args);
	log_debug("event=http-library words=\"%s\"", text);
}

static int bind_socket(const struct http_config *config, uint16_t *ret_port, struct error *err)
{
	int one = 1;
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(config->port),
		.sin_addr.s_addr = htonl(config->address)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_set(err, -errno, "cannot make a socket: %s", strerror(errno));
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
		bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, BACKLOG) != 0 ||
		getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
		int rc = port_owner_explain(err, -errno, PORT_TCP, config->port,
			"stop it, or set [http] port or enabled=no");
		(void)close(fd);
		return rc;
	}
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static int start_daemon(struct http_listener *listener, int fd, struct error *err)
{
	int rc = library_load(&libmhd_library, err);
	if (rc < 0) {
		(void)close(fd);
		return rc;
	}
	listener->daemon = libmhd.MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
		on_request, listener, MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,
		/* Without this promise the library copies where it could sendfile(). */
		MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_URI_LOG_CALLBACK, on_uri, listener, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, listener, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)LIMIT_HTTP_CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(unsigned)LIMIT_HTTP_CONNECTIONS_PER_CLIENT, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)LIMIT_HTTP_HEADER_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)IDLE_TIMEOUT_S, MHD_OPTION_END);
	if (listener->daemon == NULL) {
		(void)close(fd);
		return error_set(err, -EIO, "libmicrohttpd does not start");
	}
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct http_listener *listener = handle->data;
	if (--listener->n_open_handles == 0)
		free(listener);
}

void http_listener_stop(struct http_listener *listener)
{
	if (listener == NULL)
		return;
	(void)uv_poll_stop(&listener->poll);
	http_composed_stop(listener);
	libmhd.MHD_stop_daemon(listener->daemon); /* ends the transfers, too */
	uv_close((uv_handle_t *)&listener->poll, on_closed);
	uv_close((uv_handle_t *)&listener->timeout, on_closed);
	uv_close((uv_handle_t *)&listener->progress, on_closed);
}

int http_listener_start(uv_loop_t *loop, const struct http_config *config,
	struct http_listener **ret_listener, struct error *err)
{
	struct http_listener *listener = calloc(1, sizeof(*listener));
	if (listener == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	listener->loop = loop;
	listener->config = *config;
	int fd = bind_socket(config, &listener->port, err);
	int rc = fd < 0 ? fd : start_daemon(listener, fd, err);
	if (rc < 0) {
		free(listener);
		return rc;
	}
	const union MHD_DaemonInfo *info =
		libmhd.MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (info == NULL || uv_poll_init(loop, &listener->poll, info->epoll_fd) != 0) {
		libmhd.MHD_stop_daemon(listener->daemon);
		free(listener);
		return error_set(err, -EIO, "cannot poll libmicrohttpd's descriptor");
	}
	(void)uv_timer_init(loop, &listener->timeout);
	(void)uv_timer_init(loop, &listener->progress);
	listener->poll.data = listener->timeout.data = listener->progress.data = listener;
	listener->n_open_handles = N_HANDLES;
	(void)uv_poll_start(&listener->poll, UV_READABLE, on_readable);
	*ret_listener = listener;
	return 0;
}

uint16_t http_listener_port(const struct http_listener *listener)
{
	return listener->port;
}

const struct http_counters *http_listener_counters(const struct http_listener *listener)
{
	return &listener->counters;
}
