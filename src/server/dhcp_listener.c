/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/dhcp_listener.h"

#include "base/address.h"
#include "base/log.h"
#include "base/text.h"
#include "server/clock.h"
#include "server/dhcp_socket.h"
#include "server/probe.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define N_PORTS           2
#define N_HANDLES         (N_PORTS + 1)
#define PENDING_MAX       128 /* answers that wait for their leases to be on disk */
#define BATCHES_PER_TURN  4   /* then the loop's other work has its turn */
#define COMPLAINT_MS      1000
#define SILENCE_MS        60000 /* a full pool is a full pool; once a minute says it */
#define ADDRESS_BROADCAST 0xffffffffU

struct dhcp_port {
	struct dhcp_listener *listener;
	uint16_t number;
	int fd;
	uv_poll_t poll;
};

struct dhcp_listener {
	struct dhcp_listener_config config;
	struct dhcp_session *session;
	struct dhcp_port ports[N_PORTS];
	int frame_fd;        /* -1: we may not send frames */
	struct probe *probe; /* NULL: we may not probe */
	uv_timer_t timer;
	int n_open_handles;
	struct dhcp_counters counters;
	int64_t complained_ms;
	int64_t silence_ms; /* when we last told of a client without an address */
	bool in_transaction, has_store_failed;
	size_t n_pending;
	struct dhcp_action pending[PENDING_MAX];
	struct dhcp_batch batch;
	struct dhcp_message message;
	struct dhcp_actions actions;
};

/* ---- what the session wants done ---- */

static void send_packet(struct dhcp_listener *listener, const struct dhcp_action *action)
{
	const struct dhcp_port *port = &listener->ports[action->source_port == 67 ? 0 : 1];
	uint32_t destination = action->destination;
	int rc = -EPERM;
	if (action->to_hardware && listener->frame_fd >= 0)
		rc = dhcp_frame_send(listener->frame_fd, action->interface, action->mac,
			action->source, action->source_port, destination, action->destination_port,
			action->bytes, action->n_bytes);
	if (action->to_hardware)
		destination = ADDRESS_BROADCAST; /* RFC 2131 4.1 allows it, where frames fail */
	if (rc < 0)
		rc = dhcp_socket_send(port->fd, action->interface, action->source, destination,
			action->destination_port, action->bytes, action->n_bytes);
	if (rc < 0) {
		char text[IPV4_TEXT_BYTES];
		listener->counters.n_unsent++;
		ipv4_format(destination, text);
		log_debug("event=dhcp-unsent to=%s reason=\"%s\"", text, strerror(-rc));
		return;
	}
	listener->counters.n_sent++;
	listener->config.guide->sent(listener->config.guide->context, action, clock_now_ms());
}

/* Makes the leases durable, then lets the answers go. */
static void settle(struct dhcp_listener *listener)
{
	struct error err = ERROR_NULL;
	bool is_durable = !listener->has_store_failed;
	if (listener->in_transaction && is_durable)
		is_durable = store_commit(listener->config.store, &err) == 0;
	if (listener->in_transaction && !is_durable)
		store_rollback(listener->config.store);
	if (is_durable) {
		for (size_t i = 0; i < listener->n_pending; i++)
			send_packet(listener, &listener->pending[i]);
	} else {
		/* Better no address than one that a restart would give away again. */
		listener->counters.n_unsent += listener->n_pending;
		log_error("event=leases-not-stored unsent=%zu reason=\"%s\"", listener->n_pending,
			err.text[0] != 0 ? err.text : "see above");
	}
	listener->n_pending = 0;
	listener->in_transaction = false;
	listener->has_store_failed = false;
}

static void store_lease(struct dhcp_listener *listener, const struct dhcp_action *action)
{
	struct error err = ERROR_NULL;
	struct store *store = listener->config.store;
	int rc = 0;
	if (listener->has_store_failed)
		return; /* nothing of this turn goes out; and to wait once more would help nobody */
	if (!listener->in_transaction) {
		rc = store_begin(store, &err);
		listener->in_transaction = rc == 0;
	}
	if (rc == 0 && action->kind == DHCP_ACTION_LEASE_REMOVE) {
		rc = store_lease_remove(store, action->address, &err);
		if (rc == -ENOENT)
			rc = 0;
	} else if (rc == 0) {
		const struct dhcp_lease *lease = &action->lease;
		struct lease_record record = {.address = lease->address,
			.client_id_size = lease->client_id_size,
			.expires_ms = lease->expires_ms};
		memcpy(record.client_id, lease->client_id, lease->client_id_size);
		memcpy(record.mac, lease->mac, sizeof(record.mac));
		(void)text_copy(
			record.state, sizeof(record.state), lease->declined ? "declined" : "bound");
		rc = store_lease_put(store, &record, &err);
	}
	if (rc < 0) {
		listener->has_store_failed = true;
		log_error("event=lease-failed reason=\"%s\"", err.text);
	}
}

static void perform(struct dhcp_listener *listener, const struct dhcp_actions *actions)
{
	for (size_t i = 0; i < actions->n; i++) {
		const struct dhcp_action *action = &actions->list[i];
		switch (action->kind) {
		case DHCP_ACTION_SEND:
			if (listener->n_pending == PENDING_MAX)
				settle(listener);
			listener->pending[listener->n_pending++] = *action;
			break;
		case DHCP_ACTION_PROBE:
			if (listener->probe != NULL)
				probe_send(listener->probe, action->interface, action->address);
			break;
		case DHCP_ACTION_LEASE_PUT:
		case DHCP_ACTION_LEASE_REMOVE: store_lease(listener, action); break;
		}
	}
}

/* ---- packets ---- */

static void complain(struct dhcp_listener *listener, const struct dhcp_datagram *datagram,
	int64_t now_ms, const char *reason)
{
	char text[IPV4_TEXT_BYTES];
	listener->counters.n_malformed++;
	if (now_ms - listener->complained_ms < COMPLAINT_MS)
		return;
	listener->complained_ms = now_ms;
	ipv4_format(datagram->source, text);
	log_warning("event=dhcp-malformed from=%s bytes=%zu reason=\"%s\" so_far=%llu", text,
		datagram->n_bytes, reason, (unsigned long long)listener->counters.n_malformed);
}

static void tell_silence(struct dhcp_listener *listener, const struct dhcp_exchange *exchange,
	const struct dhcp_arrival *arrival)
{
	char client[MAC_TEXT_BYTES], relay[IPV4_TEXT_BYTES];
	if (listener->actions.silence == NULL ||
		arrival->now_ms - listener->silence_ms < SILENCE_MS)
		return;
	listener->silence_ms = arrival->now_ms;
	mac_format(exchange->mac, client);
	ipv4_format(listener->message.giaddr, relay);
	log_warning("event=no-lease client=%s interface=%d%s%s reason=\"%s\"", client,
		arrival->interface, listener->message.giaddr != 0 ? " relay=" : "",
		listener->message.giaddr != 0 ? relay : "", listener->actions.silence);
}

static void handle(
	struct dhcp_listener *listener, const struct dhcp_datagram *datagram, uint16_t port)
{
	struct error err = ERROR_NULL;
	struct dhcp_exchange exchange;
	const struct dhcp_guide *guide = listener->config.guide;
	int64_t now_ms = clock_now_ms();

	listener->counters.n_received++;
	const struct interface_address *here = interfaces_find(
		listener->config.interfaces, datagram->interface, datagram->destination);
	if (here == NULL) {
		listener->counters.n_elsewhere++;
		return;
	}
	if (datagram->is_cut ||
		dhcp_parse(datagram->bytes, datagram->n_bytes, &listener->message, &err) < 0) {
		complain(listener, datagram, now_ms,
			datagram->is_cut ? "longer than 1500 bytes" : err.text);
		return;
	}
	struct dhcp_arrival arrival = {.interface = datagram->interface,
		.local = here->address,
		.netmask = here->netmask,
		.source = datagram->source,
		.source_port = datagram->source_port,
		.local_port = port,
		.now_ms = now_ms};
	dhcp_session_read(listener->session, &listener->message, &arrival, &exchange);
	const struct pxe_offer *offer = NULL;
	if (exchange.wants_decision)
		offer = guide->decide(guide->context, &exchange, &listener->message, &arrival);
	else
		guide->heard(guide->context, &exchange, &listener->message, &arrival);
	if (exchange.kind == DHCP_IGNORED) {
		listener->counters.n_ignored++;
		return;
	}
	dhcp_session_answer(listener->session, &exchange, &listener->message, &arrival, offer,
		&listener->actions);
	perform(listener, &listener->actions);
	tell_silence(listener, &exchange, &arrival);
}

/* ---- the loop ---- */

static void on_timer(uv_timer_t *timer);

static void arm(struct dhcp_listener *listener)
{
	int64_t next_ms = dhcp_session_next(listener->session);
	if (next_ms == INT64_MAX) {
		(void)uv_timer_stop(&listener->timer);
		return;
	}
	int64_t wait_ms = next_ms - clock_now_ms();
	uv_update_time(listener->timer.loop);
	(void)uv_timer_start(&listener->timer, on_timer, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
	struct dhcp_listener *listener = timer->data;
	int64_t now_ms = clock_now_ms();
	for (int i = 0; i < LIMIT_OFFERS_PENDING; i++) {
		dhcp_session_tick(listener->session, now_ms, &listener->actions);
		perform(listener, &listener->actions);
		if (dhcp_session_next(listener->session) > now_ms)
			break;
	}
	settle(listener);
	arm(listener);
}

static void on_probed(void *context, uint32_t address)
{
	struct dhcp_listener *listener = context;
	dhcp_session_probed(listener->session, address, clock_now_ms(), &listener->actions);
	perform(listener, &listener->actions);
	settle(listener);
	arm(listener);
}

static void on_packets(uv_poll_t *poll, int status, int events)
{
	struct dhcp_port *port = poll->data;
	struct dhcp_listener *listener = port->listener;
	(void)status;
	(void)events;
	for (int turn = 0; turn < BATCHES_PER_TURN; turn++) {
		dhcp_socket_receive(port->fd, &listener->batch);
		for (size_t i = 0; i < listener->batch.n; i++)
			handle(listener, &listener->batch.datagrams[i], port->number);
		settle(listener);
		if (listener->batch.n < DHCP_BATCH)
			break;
	}
	arm(listener);
}

/* ---- life ---- */

static int load_lease(struct dhcp_listener *listener, const struct lease_record *record)
{
	struct dhcp_lease lease = {.address = record->address,
		.client_id_size = record->client_id_size,
		.expires_ms = record->expires_ms,
		.declined = strcmp(record->state, "declined") == 0};
	memcpy(lease.client_id, record->client_id, sizeof(lease.client_id));
	memcpy(lease.mac, record->mac, sizeof(lease.mac));
	return dhcp_session_load(listener->session, &lease);
}

/* One bad record must not keep a whole network from booting. */
static int load_leases(struct dhcp_listener *listener, struct error *err)
{
	CLEANUP(memory_freep) struct lease_record *records = NULL;
	size_t n = 0, n_skipped = 0;
	int64_t now_ms = clock_now_ms();
	char text[IPV4_TEXT_BYTES];
	int rc = store_lease_list(listener->config.store, &records, &n, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		if (records[i].expires_ms <= now_ms)
			continue;
		rc = load_lease(listener, &records[i]);
		if (rc == 0)
			continue;
		ipv4_format(records[i].address, text);
		if (n_skipped++ == 0)
			log_warning("event=lease-skipped address=%s reason=\"%s\"", text,
				strerror(-rc));
	}
	if (n_skipped > 1)
		log_warning("event=leases-skipped number=%zu", n_skipped);
	/* Those that have run out only tell who had an address last, as long as there is room. */
	for (size_t i = 0; i < n; i++)
		if (records[i].expires_ms <= now_ms && load_lease(listener, &records[i]) == -ENOSPC)
			break;
	return 0;
}

static void release(struct dhcp_listener *listener)
{
	for (size_t i = 0; i < N_PORTS; i++)
		if (listener->ports[i].fd >= 0)
			(void)close(listener->ports[i].fd);
	if (listener->frame_fd >= 0)
		(void)close(listener->frame_fd);
	(void)dhcp_session_free(listener->session);
	free(listener);
}

static int open_ports(struct dhcp_listener *listener, struct error *err)
{
	static const uint16_t numbers[N_PORTS] = {DHCP_PORT_SERVER, PXE_PORT_BOOT_SERVER};
	bool shares = listener->config.session->mode == DHCP_MODE_PROXY;
	for (size_t i = 0; i < N_PORTS; i++) {
		struct dhcp_port *port = &listener->ports[i];
		port->listener = listener;
		port->number = numbers[i];
		int rc = dhcp_socket_open(port->number, shares, &port->fd, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void open_raw(struct dhcp_listener *listener, uv_loop_t *loop)
{
	int rc = dhcp_frame_open(&listener->frame_fd);
	if (rc < 0)
		log_warning("event=no-frames reason=\"%s\" instead=broadcast", strerror(-rc));
	if (listener->config.session->mode != DHCP_MODE_SERVER ||
		!listener->config.session->check_conflicts)
		return;
	rc = probe_start(loop, listener->config.interfaces, on_probed, listener, &listener->probe);
	if (rc < 0)
		log_warning(
			"event=no-probes reason=\"%s\" instead=\"addresses are offered unchecked\"",
			strerror(-rc));
}

int dhcp_listener_start(uv_loop_t *loop, const struct dhcp_listener_config *config,
	struct dhcp_listener **ret_listener, struct error *err)
{
	struct dhcp_listener *listener = calloc(1, sizeof(*listener));
	if (listener == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	listener->config = *config;
	listener->frame_fd = listener->ports[0].fd = listener->ports[1].fd = -1;
	int rc = dhcp_session_new(config->session, &listener->session);
	if (rc < 0)
		(void)error_set(err, rc, "cannot start the DHCP session: %s", strerror(-rc));
	if (rc == 0)
		rc = load_leases(listener, err);
	if (rc == 0)
		rc = open_ports(listener, err);
	if (rc < 0) {
		release(listener);
		return rc;
	}
	open_raw(listener, loop);

	listener->n_open_handles = N_HANDLES;
	for (size_t i = 0; i < N_PORTS; i++) {
		struct dhcp_port *port = &listener->ports[i];
		(void)uv_poll_init(loop, &port->poll, port->fd);
		port->poll.data = port;
		(void)uv_poll_start(&port->poll, UV_READABLE, on_packets);
	}
	(void)uv_timer_init(loop, &listener->timer);
	listener->timer.data = listener;
	arm(listener);
	*ret_listener = listener;
	return 0;
}

const struct dhcp_counters *dhcp_listener_counters(const struct dhcp_listener *listener)
{
	return &listener->counters;
}

static void on_closed(uv_handle_t *handle)
{
	struct dhcp_listener *listener = handle->type == UV_TIMER
						 ? handle->data
						 : ((struct dhcp_port *)handle->data)->listener;
	if (--listener->n_open_handles == 0)
		release(listener);
}

void dhcp_listener_stop(struct dhcp_listener *listener)
{
	if (listener == NULL)
		return;
	probe_stop(listener->probe);
	for (size_t i = 0; i < N_PORTS; i++)
		uv_close((uv_handle_t *)&listener->ports[i].poll, on_closed);
	uv_close((uv_handle_t *)&listener->timer, on_closed);
}
