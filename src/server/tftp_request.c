/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request: it is dropped, refused, known already, or begins a transfer. */
#include "base/address.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "server/tftp_room.h"
#include "server/tftp_worker.h"
#include "wire/tftp.h"

#include <errno.h>
#include <string.h>

/* A client that is over its limit, or sends garbage, fills no log: one line in so much time. */
#define COMPLAINT_MS 10000
/* How long after its arrival a repeated request may still turn out to be a new one. */
#define REPEAT_MS    1000

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
	transfer->started_ms = uv_now(server->loop);
	text_copy_printable(
		transfer->path, sizeof(transfer->path), request->path, request->path_length);
	tftp_follow(server, transfer, datagram);
	server->counters.transfers++;
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

void tftp_take_request(struct tftp_server *server, const struct tftp_datagram *datagram)
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
	unsigned n_of_client = tftp_count(server, datagram, &same);
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

void tftp_take_repeat(struct tftp_server *server, const struct tftp_transfer *transfer)
{
	const struct tftp_repeat *repeat = transfer->repeat;
	bool was_ended = transfer->end == TFTP_END_PROBE || transfer->end == TFTP_END_ABORTED;
	if (repeat != NULL && was_ended && !server->is_stopping &&
		uv_now(server->loop) - repeat->at_ms <= REPEAT_MS)
		tftp_take_request(server, &repeat->datagram);
}
