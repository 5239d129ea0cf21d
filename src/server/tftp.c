/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/tftp.h"

#include "base/limits.h"
#include "base/log.h"
#include "server/tftp_room.h"
#include "server/tftp_worker.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

#define WORKERS_DEFAULT_MAX 8
/* Requests taken in before the loop looks after others again. */
#define BATCHES_MAX         8
/* Descriptors: a socket and a file for each transfer, and what the rest of the program needs. */
#define DESCRIPTORS_EACH    2
#define DESCRIPTORS_OTHER   512

/* ---- the loop ---- */

static void release(struct tftp_transfer *transfer)
{
	(void)view_unref(transfer->view);
	free(transfer->repeat);
	free(transfer);
}

static void finish_stop(struct tftp_server *server);

static void on_async(uv_async_t *async)
{
	struct tftp_server *server = async->data;
	unsigned n_ended = atomic_load(&server->n_workers_ended);
	struct tftp_transfer *transfer = tftp_queue_take_all(&server->finished);

	while (transfer != NULL) {
		struct tftp_transfer *next = transfer->next_queued;
		tftp_follow_end(server, transfer);
		tftp_take_repeat(server, transfer);
		release(transfer);
		transfer = next;
	}
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

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct tftp_server *server = poll->data;
	struct tftp_datagram datagrams[TFTP_DATAGRAMS_MAX];
	(void)status; /* an error of the socket comes out of receiving, and is over with it */
	(void)events;

	for (int batch = 0; batch < BATCHES_MAX; batch++) {
		size_t n = tftp_listener_receive(server->listener, datagrams);
		for (size_t i = 0; i < n; i++)
			tftp_take_request(server, &datagrams[i]);
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
