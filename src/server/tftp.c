/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/tftp.h"

#include "base/address.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "server/tftp_listener.h"
#include "server/tftp_queue.h"
#include "server/tftp_worker.h"
#include "wire/tftp.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sched.h>
#include <sys/resource.h>

#define WORKERS_DEFAULT_MAX 8
/* Requests taken in before the loop looks after others again. */
#define BATCHES_MAX         8
#define PROGRESS_MS         250
/* A client that is over its limit, or sends garbage, fills no log: one line in so much time. */
#define COMPLAINT_MS        10000
#define BUCKETS             1024 /* a power of two */
/* How long after its arrival a repeated request may still turn out to be a new one. */
#define REPEAT_MS           1000
/* Descriptors: a socket and a file for each transfer, and what the rest of the program needs. */
#define DESCRIPTORS_EACH    2
#define DESCRIPTORS_OTHER   512

/*
 * The request of a transfer that is under way, once more from the same port: either the client did
 * not get our answer and the transfer will send it again, or the client has just ended it and asks
 * anew (a size probe and the real request may be the same bytes), and its ERROR is still with the
 * worker. Which of the two it was is seen when the transfer ends.
 */
struct tftp_repeat {
	uint64_t at_ms;
	struct tftp_datagram datagram; /* its bytes are the ones below */
	uint8_t bytes[LIMIT_TFTP_REQUEST_BYTES];
};

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
	struct tftp_transfer *active[BUCKETS]; /* by the client's address */

	bool is_stopping;
	void (*stopped)(void *context);
	void *stopped_context;
};

/* ---- the transfers under way -------------------------------------------------------------- */

static struct tftp_transfer **bucket_of(struct tftp_server *server, uint32_t peer)
{
	return &server->active[(peer * 2654435769U) >> 22 & (BUCKETS - 1)];
}

static void table_add(struct tftp_server *server, struct tftp_transfer *transfer)
{
	struct tftp_transfer **bucket = bucket_of(server, transfer->peer);
	transfer->next_active = *bucket;
	transfer->previous_active = bucket;
	if (*bucket != NULL)
		(*bucket)->previous_active = &transfer->next_active;
	*bucket = transfer;
	server->counters.transfers_active++;
}

static void table_remove(struct tftp_server *server, struct tftp_transfer *transfer)
{
	*transfer->previous_active = transfer->next_active;
	if (transfer->next_active != NULL)
		transfer->next_active->previous_active = transfer->previous_active;
	server->counters.transfers_active--;
}

/* FNV-1a: tells retransmissions from other requests, and need not withstand anybody. */
static uint64_t hash_of(const struct tftp_datagram *datagram)
{
	uint64_t hash = 0xcbf29ce484222325U;
	for (size_t i = 0; i < datagram->n; i++)
		hash = (hash ^ datagram->bytes[i]) * 0x100000001b3U;
	return hash;
}

/* How many transfers the client has, and which of them, if any, is this very request's. */
static unsigned table_count(struct tftp_server *server, const struct tftp_datagram *datagram,
	struct tftp_transfer **ret_same)
{
	unsigned n = 0;
	uint64_t hash = hash_of(datagram);
	*ret_same = NULL;
	for (struct tftp_transfer *transfer = *bucket_of(server, datagram->peer); transfer != NULL;
		transfer = transfer->next_active) {
		if (transfer->peer != datagram->peer)
			continue;
		n++;
		if (transfer->peer_port == datagram->peer_port &&
			transfer->local == datagram->local && transfer->request_hash == hash)
			*ret_same = transfer;
	}
	return n;
}

/* ---- what became of a transfer ------------------------------------------------------------ */

static const char *end_name(enum tftp_end end)
{
	static const char *const names[] = {
		[TFTP_END_DONE] = "done",
		[TFTP_END_PROBE] = "probe",
		[TFTP_END_ABORTED] = "aborted",
		[TFTP_END_TIMEOUT] = "timeout",
		[TFTP_END_FAILED] = "failed",
	};
	return names[end];
}

static void log_end(const struct tftp_server *server, const struct tftp_transfer *transfer)
{
	char peer[IPV4_TEXT_BYTES];

	ipv4_format(transfer->peer, peer);
	/* Whose boot it was, and whether that matters, the source knows and tells. */
	log_debug(
		"event=tftp-end end=%s peer=%s:%u path=\"%s\" bytes=%llu of=%llu ms=%llu block=%u "
		"window=%u%s resent=%llu%s%s%s",
		end_name(transfer->end), peer, transfer->peer_port, transfer->path,
		(unsigned long long)transfer->delivered,
		(unsigned long long)view_size(transfer->view),
		(unsigned long long)(uv_now(server->loop) - transfer->started_ms),
		transfer->session.block_bytes, transfer->session.window_blocks,
		transfer->session.granted.has_msftwindow ? " msftwindow=1" : "",
		(unsigned long long)transfer->session.resent_bytes,
		transfer->detail[0] != 0 ? " detail=\"" : "", transfer->detail,
		transfer->detail[0] != 0 ? "\"" : "");
}

static void tell_source(const struct tftp_server *server, const struct tftp_transfer *transfer)
{
	static const enum file_end ends[] = {
		[TFTP_END_DONE] = FILE_END_DONE,
		[TFTP_END_PROBE] = FILE_END_PROBE,
		[TFTP_END_ABORTED] = FILE_END_ABORTED,
		[TFTP_END_TIMEOUT] = FILE_END_TIMEOUT,
		[TFTP_END_FAILED] = FILE_END_FAILED,
	};
	const struct file_outcome outcome = {
		.end = ends[transfer->end],
		.bytes = transfer->delivered,
		.block_bytes = transfer->session.block_bytes,
		.window_blocks = transfer->session.window_blocks,
		.variable_window = transfer->session.granted.has_msftwindow,
		.resent_bytes = transfer->session.resent_bytes,
		.detail = transfer->detail[0] != 0 ? transfer->detail : NULL,
	};
	if (transfer->source_id != 0 && server->source->ended != NULL)
		server->source->ended(server->source->context, transfer->source_id, &outcome);
}

static void release(struct tftp_transfer *transfer)
{
	(void)view_unref(transfer->view);
	free(transfer->repeat);
	free(transfer);
}

static void on_timer(uv_timer_t *timer)
{
	struct tftp_server *server = timer->data;
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct tftp_transfer *transfer = server->active[i]; transfer != NULL;
			transfer = transfer->next_active) {
			uint64_t bytes =
				atomic_load_explicit(&transfer->delivered, memory_order_relaxed);
			if (bytes == transfer->reported_bytes || transfer->source_id == 0)
				continue;
			transfer->reported_bytes = bytes;
			if (server->source->progress != NULL)
				server->source->progress(
					server->source->context, transfer->source_id, bytes);
		}
	}
}

static void take_request(struct tftp_server *server, const struct tftp_datagram *datagram);

/* The client had ended the transfer when it asked once more. */
static void take_repeat(struct tftp_server *server, const struct tftp_transfer *transfer)
{
	const struct tftp_repeat *repeat = transfer->repeat;
	bool was_ended = transfer->end == TFTP_END_PROBE || transfer->end == TFTP_END_ABORTED;
	if (repeat != NULL && was_ended && !server->is_stopping &&
		uv_now(server->loop) - repeat->at_ms <= REPEAT_MS)
		take_request(server, &repeat->datagram);
}

static void finish_stop(struct tftp_server *server);

static void on_async(uv_async_t *async)
{
	struct tftp_server *server = async->data;
	unsigned n_ended = atomic_load(&server->n_workers_ended);
	struct tftp_transfer *transfer = tftp_queue_take_all(&server->finished);

	while (transfer != NULL) {
		struct tftp_transfer *next = transfer->next_queued;
		table_remove(server, transfer);
		log_end(server, transfer);
		tell_source(server, transfer);
		take_repeat(server, transfer);
		release(transfer);
		transfer = next;
	}
	if (server->counters.transfers_active == 0)
		(void)uv_timer_stop(&server->timer);
	/* Read in front of the queue: what ended behind that wakes us once more. */
	if (server->is_stopping && n_ended == server->n_workers)
		finish_stop(server);
}

/* On a worker's thread. */
static void on_finished(void *context, struct tftp_transfer *transfer)
{
	struct tftp_server *server = context;
	if (transfer != NULL)
		tftp_queue_put(&server->finished, transfer);
	else
		atomic_fetch_add(&server->n_workers_ended, 1);
	(void)uv_async_send(&server->async);
}

/* ---- requests ------------------------------------------------------------------------------ */

static void complain(
	struct tftp_server *server, const struct tftp_datagram *datagram, const char *what)
{
	char peer[IPV4_TEXT_BYTES];
	uint64_t now_ms = uv_now(server->loop);
	if (server->complained_ms != 0 && now_ms - server->complained_ms < COMPLAINT_MS)
		return;
	server->complained_ms = now_ms > 0 ? now_ms : 1;
	ipv4_format(datagram->peer, peer);
	log_warning("event=tftp-drop peer=%s why=\"%s\" malformed=%llu over_limit=%llu", peer, what,
		(unsigned long long)server->counters.malformed,
		(unsigned long long)server->counters.over_limit);
}

static void refuse(struct tftp_server *server, const struct tftp_datagram *datagram, uint16_t code,
	const char *text)
{
	if (code == TFTP_ERROR_NOT_FOUND)
		server->counters.not_found++;
	else
		server->counters.refused++;
	tftp_listener_refuse(server->listener, datagram, code, text);
}

static void refuse_file(struct tftp_server *server, const struct tftp_datagram *datagram,
	const struct tftp_request *request, int rc)
{
	char peer[IPV4_TEXT_BYTES], path[80];

	if (rc == -ENOENT)
		refuse(server, datagram, TFTP_ERROR_NOT_FOUND, "file not found");
	else if (rc == -EACCES)
		refuse(server, datagram, TFTP_ERROR_ACCESS, "this file is not for this client");
	else if (rc == -EINVAL || rc == -ENAMETOOLONG)
		refuse(server, datagram, TFTP_ERROR_ACCESS, "not a name that is served");
	else
		refuse(server, datagram, TFTP_ERROR_UNDEFINED, "the server cannot open the file");
	text_copy_printable(path, sizeof(path), request->path, request->path_length);
	ipv4_format(datagram->peer, peer);
	log_line(rc == -ENOENT ? LOG_DEBUG : LOG_INFO,
		"event=tftp-refused peer=%s:%u path=\"%s\" why=\"%s\"", peer, datagram->peer_port,
		path, strerrordesc_np(-rc));
}

static void begin(struct tftp_server *server, const struct tftp_datagram *datagram,
	const struct tftp_request *request)
{
	const struct file_request asked = {
		.transport = FILE_TFTP,
		.path = request->path,
		.path_length = request->path_length,
		.peer = datagram->peer,
		.peer_port = datagram->peer_port,
		.local = datagram->local,
	};
	struct file_answer answer = {0};

	int rc = server->source->open(server->source->context, &asked, &answer);
	if (rc < 0) {
		refuse_file(server, datagram, request, rc);
		return;
	}
	struct tftp_transfer *transfer = calloc(1, sizeof(*transfer));
	if (transfer == NULL) {
		const struct file_outcome outcome = {
			.end = FILE_END_FAILED, .detail = "no memory for one more transfer"};
		(void)view_unref(answer.view);
		refuse(server, datagram, TFTP_ERROR_UNDEFINED, "the server is out of memory");
		if (answer.transfer != 0 && server->source->ended != NULL)
			server->source->ended(server->source->context, answer.transfer, &outcome);
		return;
	}
	transfer->peer = datagram->peer;
	transfer->local = datagram->local;
	transfer->peer_port = datagram->peer_port;
	transfer->asked = request->options;
	transfer->policy = server->policy;
	transfer->view = answer.view;
	transfer->source_id = answer.transfer;
	transfer->request_hash = hash_of(datagram);
	transfer->started_ms = uv_now(server->loop);
	text_copy_printable(
		transfer->path, sizeof(transfer->path), request->path, request->path_length);
	table_add(server, transfer);
	server->counters.transfers++;
	if (!uv_is_active((uv_handle_t *)&server->timer))
		(void)uv_timer_start(&server->timer, on_timer, PROGRESS_MS, PROGRESS_MS);
	tftp_worker_give(server->workers[server->next_worker], transfer);
	server->next_worker = (server->next_worker + 1) % server->n_workers;
}

static void keep_repeat(struct tftp_server *server, const struct tftp_datagram *datagram,
	struct tftp_transfer *transfer)
{
	server->counters.repeated++;
	if (transfer->repeat == NULL)
		transfer->repeat = malloc(sizeof(*transfer->repeat));
	if (transfer->repeat == NULL)
		return; /* the client will ask a third time */
	transfer->repeat->at_ms = uv_now(server->loop);
	transfer->repeat->datagram = *datagram;
	transfer->repeat->datagram.bytes = transfer->repeat->bytes;
	memcpy(transfer->repeat->bytes, datagram->bytes, datagram->n);
}

static void take_request(struct tftp_server *server, const struct tftp_datagram *datagram)
{
	struct tftp_request request;
	struct error err = ERROR_NULL;
	struct tftp_transfer *same = NULL;

	if (server->allows != NULL && !server->allows(server->allows_context, datagram->local)) {
		server->counters.elsewhere++;
		return;
	}
	if (tftp_request_parse(datagram->bytes, datagram->n, &request, &err) < 0) {
		server->counters.malformed++;
		complain(server, datagram, err.text);
		return;
	}
	server->counters.requests++;
	if (request.opcode == TFTP_WRQ) {
		refuse(server, datagram, TFTP_ERROR_ACCESS, "this server is read-only");
		return;
	}
	if (request.mode != TFTP_MODE_OCTET) {
		/* Octets in a netascii transfer would be spoilt silently at the other end. */
		refuse(server, datagram, TFTP_ERROR_ILLEGAL,
			"only octet (binary) transfers are served");
		return;
	}
	unsigned n_of_client = table_count(server, datagram, &same);
	if (same != NULL) {
		keep_repeat(server, datagram, same);
		return;
	}
	if (n_of_client >= server->max_sessions_per_client ||
		server->counters.transfers_active >= server->max_sessions) {
		server->counters.over_limit++;
		complain(server, datagram, "too many transfers at once");
		return;
	}
	begin(server, datagram, &request);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct tftp_server *server = poll->data;
	struct tftp_datagram datagrams[TFTP_DATAGRAMS_MAX];
	(void)status; /* an error of the socket comes out of receiving, and is over with it */
	(void)events;

	for (int batch = 0; batch < BATCHES_MAX; batch++) {
		size_t n = tftp_listener_receive(server->listener, datagrams);
		for (size_t i = 0; i < n; i++)
			take_request(server, &datagrams[i]);
		if (n < TFTP_DATAGRAMS_MAX)
			break;
	}
}

/* ---- start and stop ------------------------------------------------------------------------ */

static unsigned default_workers(void)
{
	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	if (sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return 1;
	int n = CPU_COUNT(&cpus);
	return n < 1 ? 1 : n > WORKERS_DEFAULT_MAX ? WORKERS_DEFAULT_MAX : (unsigned)n;
}

/* The soft limit is 1024 on most systems, for select()'s sake, which we do not use. */
static void fit_descriptors(struct tftp_server *server)
{
	struct rlimit limit;
	rlim_t wanted = (rlim_t)server->max_sessions * DESCRIPTORS_EACH + DESCRIPTORS_OTHER;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	rlim_t left = limit.rlim_cur > DESCRIPTORS_OTHER ? limit.rlim_cur - DESCRIPTORS_OTHER : 2;
	server->max_sessions = (unsigned)(left / DESCRIPTORS_EACH);
	log_warning("event=tftp-limit sessions=%u why=\"RLIMIT_NOFILE allows %llu descriptors\"",
		server->max_sessions, (unsigned long long)limit.rlim_cur);
}

static void on_closed(uv_handle_t *handle)
{
	struct tftp_server *server = handle->data;
	if (--server->n_handles > 0)
		return;
	void (*stopped)(void *context) = server->stopped;
	void *context = server->stopped_context;

	tftp_listener_close(server->listener);
	tftp_queue_destroy(&server->finished);
	free(server);
	if (stopped != NULL)
		stopped(context);
}

/* The handles are the loop's until it has closed them; with the last one the server goes. */
static void close_handles(struct tftp_server *server)
{
	uv_handle_t *const handles[] = {(uv_handle_t *)&server->timer, (uv_handle_t *)&server->poll,
		(uv_handle_t *)&server->async};
	for (unsigned i = 0, n = server->n_handles; i < n; i++)
		uv_close(handles[i], on_closed);
}

static void finish_stop(struct tftp_server *server)
{
	assert(server->counters.transfers_active == 0);
	for (unsigned i = 0; i < server->n_workers; i++)
		tftp_worker_join(server->workers[i]);
	server->is_stopping = false; /* this runs once */
	close_handles(server);
}

void tftp_server_stop(struct tftp_server *server, void (*stopped)(void *context), void *context)
{
	if (server == NULL)
		return;
	server->stopped = stopped;
	server->stopped_context = context;
	server->is_stopping = true;
	(void)uv_poll_stop(&server->poll);
	for (unsigned i = 0; i < server->n_workers; i++)
		tftp_worker_stop(server->workers[i]);
	(void)uv_async_send(&server->async); /* a start that failed may have no worker */
}

static int start_handles(struct tftp_server *server, struct error *err)
{
	server->async.data = server->timer.data = server->poll.data = server;
	int rc = uv_timer_init(server->loop, &server->timer);
	server->n_handles += rc == 0;
	if (rc == 0)
		rc = uv_poll_init(server->loop, &server->poll, tftp_listener_fd(server->listener));
	server->n_handles += rc == 0;
	if (rc == 0)
		rc = uv_async_init(server->loop, &server->async, on_async);
	server->n_handles += rc == 0;
	if (rc < 0)
		return error_set(err, rc, "cannot start the TFTP server: %s", uv_strerror(rc));
	return 0;
}

static int start_workers(struct tftp_server *server, struct error *err)
{
	unsigned n_workers = server->n_workers_asked;
	if (n_workers == 0)
		n_workers = default_workers();
	if (n_workers > TFTP_WORKERS_MAX)
		n_workers = TFTP_WORKERS_MAX;
	while (server->n_workers < n_workers) {
		int rc = tftp_worker_start(
			on_finished, server, &server->workers[server->n_workers], err);
		if (rc < 0)
			return rc;
		server->n_workers++;
	}
	return 0;
}

int tftp_server_open(uv_loop_t *loop, const struct tftp_server_config *config,
	const struct file_source *source, struct tftp_server **ret_server, struct error *err)
{
	struct tftp_server *server = calloc(1, sizeof(*server));
	if (server == NULL)
		return error_set(err, -ENOMEM, "no memory for the TFTP server");
	server->loop = loop;
	server->source = source;
	server->allows = config->allows;
	server->allows_context = config->context;
	server->n_workers_asked = config->n_workers;
	server->policy = (struct tftp_policy){
		.max_block_bytes = LIMIT_TFTP_BLOCK_BYTES,
		.max_window_blocks = LIMIT_TFTP_WINDOW_BLOCKS,
		.allow_fragments = config->allow_fragments,
		.allow_variable_window = !config->no_variable_window,
	};
	server->max_sessions =
		config->max_sessions > 0 ? config->max_sessions : LIMIT_TFTP_SESSIONS;
	server->max_sessions_per_client = config->max_sessions_per_client > 0
						  ? config->max_sessions_per_client
						  : LIMIT_TFTP_SESSIONS_PER_CLIENT;
	tftp_queue_init(&server->finished);
	fit_descriptors(server);
	int rc = tftp_listener_open(config->address, config->port, &server->listener, err);
	if (rc < 0) {
		tftp_queue_destroy(&server->finished);
		free(server);
		return rc;
	}
	rc = start_handles(server, err);
	if (rc < 0) {
		close_handles(server);
		return rc;
	}
	*ret_server = server;
	return 0;
}

int tftp_server_start(struct tftp_server *server, struct error *err)
{
	int rc = start_workers(server, err);
	if (rc < 0)
		return rc;
	rc = uv_poll_start(&server->poll, UV_READABLE, on_readable);
	return rc < 0 ? error_set(err, rc, "cannot watch the TFTP port: %s", uv_strerror(rc)) : 0;
}

uint16_t tftp_server_port(const struct tftp_server *server)
{
	return tftp_listener_port(server->listener);
}

void tftp_server_counters(
	const struct tftp_server *server, struct tftp_server_counters *ret_counters)
{
	*ret_counters = server->counters;
}
