/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/tftp_worker.h"

#include "base/text.h"
#include "base/view.h"
#include "server/tftp_deadlines.h"
#include "server/tftp_queue.h"
#include "server/tftp_send.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX      64
/* An ACK has 4 or 5 bytes; this is room for an ERROR and its text. */
#define REPLY_MAX_BYTES 600
/* The stack is used for little; the default of 8 MB would be counted against us on some systems. */
#define STACK_BYTES     (256U << 10)

struct tftp_worker {
	pthread_t thread;
	void (*finished)(void *context, struct tftp_transfer *transfer);
	void *context;
	int epoll_fd, wake_fd;
	atomic_bool is_stopping;
	struct tftp_queue inbox;
	struct tftp_deadlines deadlines;
	struct tftp_transfer *running;
	struct tftp_sender sender;
};

static int64_t now_us(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- a transfer's life ----------------------------------------------------------------------- */

static void say(const char *text, struct tftp_transfer *transfer)
{
	if (transfer->detail[0] == 0)
		(void)text_copy(transfer->detail, sizeof(transfer->detail), text);
}

/* Hands the transfer back. It must not be touched any more. */
static void finish(struct tftp_worker *worker, struct tftp_transfer *transfer, enum tftp_end how)
{
	transfer->end = how;
	atomic_store_explicit(&transfer->delivered, tftp_session_delivered(&transfer->session),
		memory_order_relaxed);
	tftp_deadlines_remove(&worker->deadlines, transfer);
	*transfer->previous_running = transfer->next_running;
	if (transfer->next_running != NULL)
		transfer->next_running->previous_running = transfer->previous_running;
	if (transfer->fd >= 0)
		(void)close(transfer->fd); /* and with it what epoll knows of it */
	transfer->fd = -1;
	worker->finished(worker->context, transfer);
}

static void watch(struct tftp_worker *worker, struct tftp_transfer *transfer, bool writable)
{
	if (transfer->is_watching_writable == writable)
		return;
	struct epoll_event event = {
		.events = EPOLLIN | (writable ? (uint32_t)EPOLLOUT : 0), .data.ptr = transfer};
	if (epoll_ctl(worker->epoll_fd, EPOLL_CTL_MOD, transfer->fd, &event) == 0)
		transfer->is_watching_writable = writable;
}

/* Errors of these sends are losses, which the session's timers are there for. */
static void send_packet(struct tftp_transfer *transfer, const void *packet, size_t n)
{
	(void)!send(transfer->fd, packet, n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void perform(
	struct tftp_worker *worker, struct tftp_transfer *transfer, struct tftp_actions *actions);

static void send_pending(struct tftp_worker *worker, struct tftp_transfer *transfer)
{
	struct tftp_actions actions = {0};
	int rc = tftp_send_pending(&worker->sender, transfer);

	if (rc == 0 || rc == -EAGAIN) {
		watch(worker, transfer, rc == -EAGAIN);
		return;
	}
	if (rc == -ECONNREFUSED) {
		say("its port is closed", transfer);
		tftp_session_refused(&transfer->session, &actions);
	} else {
		say("the file became shorter, or cannot be read", transfer);
		tftp_session_fail(&transfer->session,
			"the file became shorter on the server, or cannot be read", &actions);
	}
	/* Both end the session, so this comes to no further send_pending(). */
	assert(actions.ended);
	perform(worker, transfer, &actions);
}

static void perform(
	struct tftp_worker *worker, struct tftp_transfer *transfer, struct tftp_actions *actions)
{
	uint8_t packet[TFTP_ERROR_MAX_BYTES > TFTP_OACK_MAX_BYTES ? TFTP_ERROR_MAX_BYTES
								  : TFTP_OACK_MAX_BYTES];
	size_t n = 0;

	if (actions->send_oack &&
		tftp_oack_write(&transfer->session.granted, packet, sizeof(packet), &n) == 0)
		send_packet(transfer, packet, n);
	if (actions->send_error && tftp_error_write(actions->error_code, actions->error_text,
					   packet, sizeof(packet), &n) == 0)
		send_packet(transfer, packet, n);
	if (actions->ended) {
		finish(worker, transfer, actions->end);
		return;
	}
	if (transfer->session.timer_at_us < transfer->deadline_us)
		tftp_deadlines_move(&worker->deadlines, transfer, transfer->session.timer_at_us);
	if (actions->n_blocks > 0) {
		transfer->pending_first = actions->first_block;
		transfer->pending_n = actions->n_blocks;
		send_pending(worker, transfer);
	}
}

static int open_socket(const struct tftp_transfer *transfer, int *ret_fd, uint32_t *ret_mtu)
{
	const struct sockaddr_in local = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(transfer->local)};
	const struct sockaddr_in peer = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(transfer->peer),
		.sin_port = htons(transfer->peer_port)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int mtu = 0;
	socklen_t size = sizeof(mtu);

	if (fd < 0)
		return -errno;
	/* Port 0: a new one, the transfer identifier of RFC 1350 4. */
	if (bind(fd, (const struct sockaddr *)&local, sizeof(local)) < 0 ||
		connect(fd, (const struct sockaddr *)&peer, sizeof(peer)) < 0) {
		int rc = -errno;
		(void)close(fd);
		return rc;
	}
	if (getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &size) < 0 || mtu < 0)
		mtu = 0;
	*ret_fd = fd;
	*ret_mtu = (uint32_t)mtu;
	return 0;
}

static void begin(struct tftp_worker *worker, struct tftp_transfer *transfer)
{
	struct tftp_actions actions = {0};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = transfer};
	uint32_t mtu = 0;

	transfer->fd = -1;
	transfer->previous_running = &worker->running;
	transfer->next_running = worker->running;
	int rc = tftp_deadlines_add(&worker->deadlines, transfer, TFTP_NEVER);
	if (rc < 0) {
		transfer->end = TFTP_END_FAILED;
		say("no memory for one more transfer", transfer);
		worker->finished(worker->context, transfer);
		return;
	}
	if (worker->running != NULL)
		worker->running->previous_running = &transfer->next_running;
	worker->running = transfer;

	rc = open_socket(transfer, &transfer->fd, &mtu);
	if (rc == 0 && epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, transfer->fd, &event) < 0)
		rc = -errno;
	if (rc < 0) {
		say(strerrordesc_np(-rc), transfer);
		finish(worker, transfer, TFTP_END_FAILED);
		return;
	}
	tftp_session_start(&transfer->session, &transfer->asked, view_size(transfer->view), mtu,
		&transfer->policy, now_us(), &actions);
	/* Each block larger than the path is fragments, which cannot be segments. */
	transfer->no_gso = mtu < transfer->session.block_bytes + 32;
	perform(worker, transfer, &actions);
}

/* ---- events ---------------------------------------------------------------------------------- */

static void receive(struct tftp_worker *worker, struct tftp_transfer *transfer)
{
	uint8_t packet[REPLY_MAX_BYTES];
	struct tftp_actions actions = {0};
	struct tftp_reply reply;

	ssize_t n = recv(transfer->fd, packet, sizeof(packet), MSG_DONTWAIT);
	if (n < 0) {
		if (errno != ECONNREFUSED)
			return;
		say("its port is closed", transfer);
		tftp_session_refused(&transfer->session, &actions);
	} else {
		if (tftp_reply_parse(packet, (size_t)n, &reply) < 0)
			return;
		if (reply.opcode == TFTP_ERROR)
			text_copy_printable(transfer->detail, sizeof(transfer->detail), reply.text,
				reply.text_length);
		tftp_session_reply(&transfer->session, &reply, now_us(), &actions);
		atomic_store_explicit(&transfer->delivered,
			tftp_session_delivered(&transfer->session), memory_order_relaxed);
	}
	perform(worker, transfer, &actions);
}

static void expire(struct tftp_worker *worker)
{
	struct tftp_transfer *transfer;
	int64_t now = now_us();

	while ((transfer = tftp_deadlines_first(&worker->deadlines)) != NULL &&
		transfer->deadline_us <= now) {
		struct tftp_actions actions = {0};
		if (transfer->pending_n > 0)
			tftp_session_busy(&transfer->session, now);
		tftp_session_timer(&transfer->session, now, &actions);
		if (!actions.ended)
			tftp_deadlines_move(
				&worker->deadlines, transfer, transfer->session.timer_at_us);
		perform(worker, transfer, &actions);
	}
}

static void take_inbox(struct tftp_worker *worker)
{
	uint64_t n = 0;
	(void)!read(worker->wake_fd, &n, sizeof(n));
	struct tftp_transfer *transfer = tftp_queue_take_all(&worker->inbox);
	while (transfer != NULL) {
		struct tftp_transfer *next = transfer->next_queued;
		begin(worker, transfer);
		transfer = next;
	}
}

static void end_all(struct tftp_worker *worker)
{
	while (worker->running != NULL) {
		struct tftp_actions actions = {0};
		say("the server was stopped", worker->running);
		tftp_session_fail(
			&worker->running->session, "the server is being stopped", &actions);
		perform(worker, worker->running, &actions);
	}
}

static int wait_ms(const struct tftp_worker *worker)
{
	const struct tftp_transfer *first = tftp_deadlines_first(&worker->deadlines);
	if (first == NULL)
		return -1;
	int64_t left_us = first->deadline_us - now_us();
	if (left_us <= 0)
		return 0;
	/* Rounded up: a wait that ends too early would spin. */
	return left_us < TFTP_SILENCE_US ? (int)((left_us + 999) / 1000) : TFTP_SILENCE_US / 1000;
}

static void *worker_main(void *argument)
{
	struct tftp_worker *worker = argument;
	struct epoll_event events[EVENTS_MAX];

	for (;;) {
		bool is_stopping = atomic_load(&worker->is_stopping);
		int n = epoll_wait(
			worker->epoll_fd, events, EVENTS_MAX, is_stopping ? 0 : wait_ms(worker));
		/* An event ends no transfer but its own, so the rest of the list stays good. */
		for (int i = 0; i < n; i++) {
			struct tftp_transfer *transfer = events[i].data.ptr;
			if (transfer == NULL)
				take_inbox(worker);
			else if ((events[i].events & EPOLLOUT) != 0)
				send_pending(worker, transfer);
			else
				receive(worker, transfer);
		}
		expire(worker);
		if (is_stopping) {
			take_inbox(worker);
			end_all(worker);
			break;
		}
	}
	worker->finished(worker->context, NULL);
	return NULL;
}

/* ---- from the main loop -----------------------------------------------------------------------
 */

static void wake(struct tftp_worker *worker)
{
	const uint64_t one = 1;
	(void)!write(worker->wake_fd, &one, sizeof(one)); /* fails only if it is awake already */
}

static void worker_free(struct tftp_worker *worker)
{
	if (worker->wake_fd >= 0)
		(void)close(worker->wake_fd);
	if (worker->epoll_fd >= 0)
		(void)close(worker->epoll_fd);
	tftp_deadlines_free(&worker->deadlines);
	tftp_queue_destroy(&worker->inbox);
	free(worker);
}

static int start_thread(struct tftp_worker *worker)
{
	pthread_attr_t attributes;
	int rc = pthread_attr_init(&attributes);
	if (rc != 0)
		return -rc;
	rc = pthread_attr_setstacksize(&attributes, STACK_BYTES);
	if (rc == 0)
		rc = pthread_create(&worker->thread, &attributes, worker_main, worker);
	(void)pthread_attr_destroy(&attributes);
	return -rc;
}

int tftp_worker_start(void (*finished)(void *context, struct tftp_transfer *transfer),
	void *context, struct tftp_worker **ret_worker, struct error *err)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
	struct tftp_worker *worker = calloc(1, sizeof(*worker));
	int rc = 0;

	if (worker == NULL)
		return error_set(err, -ENOMEM, "no memory for a TFTP worker");
	worker->finished = finished;
	worker->context = context;
	tftp_queue_init(&worker->inbox);
	worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->epoll_fd < 0 || worker->wake_fd < 0 ||
		epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, worker->wake_fd, &event) < 0)
		rc = -errno;
	if (rc == 0)
		rc = start_thread(worker);
	if (rc < 0) {
		worker_free(worker);
		return error_set(err, rc, "cannot start a TFTP worker: %s", strerrordesc_np(-rc));
	}
	*ret_worker = worker;
	return 0;
}

void tftp_worker_give(struct tftp_worker *worker, struct tftp_transfer *transfer)
{
	tftp_queue_put(&worker->inbox, transfer);
	wake(worker);
}

void tftp_worker_stop(struct tftp_worker *worker)
{
	atomic_store(&worker->is_stopping, true);
	wake(worker);
}

void tftp_worker_join(struct tftp_worker *worker)
{
	(void)pthread_join(worker->thread, NULL);
	worker_free(worker);
}
