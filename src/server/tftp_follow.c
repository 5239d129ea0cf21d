/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The transfers under way: by their client, and told to the source until they end. */
#include "base/address.h"
#include "base/log.h"
#include "server/tftp_room.h"

#define PROGRESS_MS 250

/* ---- the table ---- */

static struct tftp_transfer **bucket_of(struct tftp_server *server, uint32_t peer)
{
	return &server->active[(peer * 2654435769U) >> 22 & (TFTP_BUCKETS - 1)];
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

unsigned tftp_count(struct tftp_server *server, const struct tftp_datagram *datagram,
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

/* ---- what the source hears ---- */

static void on_timer(uv_timer_t *timer)
{
	struct tftp_server *server = timer->data;
	for (size_t i = 0; i < TFTP_BUCKETS; i++) {
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

void tftp_follow(struct tftp_server *server, struct tftp_transfer *transfer,
	const struct tftp_datagram *datagram)
{
	transfer->request_hash = hash_of(datagram);
	table_add(server, transfer);
	if (!uv_is_active((uv_handle_t *)&server->timer))
		(void)uv_timer_start(&server->timer, on_timer, PROGRESS_MS, PROGRESS_MS);
}

static enum file_end end_of(const struct tftp_transfer *transfer)
{
	static const enum file_end ends[] = {
		[TFTP_END_DONE] = FILE_END_DONE,
		[TFTP_END_PROBE] = FILE_END_PROBE,
		[TFTP_END_ABORTED] = FILE_END_ABORTED,
		[TFTP_END_TIMEOUT] = FILE_END_TIMEOUT,
		[TFTP_END_FAILED] = FILE_END_FAILED,
	};
	return ends[transfer->end];
}

static void log_end(const struct tftp_server *server, const struct tftp_transfer *transfer)
{
	char peer[IPV4_TEXT_BYTES];

	ipv4_format(transfer->peer, peer);
	/* Whose boot it was, and whether that matters, the source knows and tells. */
	log_debug(
		"event=tftp-end end=%s peer=%s:%u path=\"%s\" bytes=%llu of=%llu ms=%llu block=%u "
		"window=%u%s resent=%llu%s%s%s",
		file_end_name(end_of(transfer)), peer, transfer->peer_port, transfer->path,
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
	const struct file_outcome outcome = {
		.end = end_of(transfer),
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

void tftp_follow_end(struct tftp_server *server, struct tftp_transfer *transfer)
{
	table_remove(server, transfer);
	log_end(server, transfer);
	tell_source(server, transfer);
	if (server->counters.transfers_active == 0)
		(void)uv_timer_stop(&server->timer);
}
