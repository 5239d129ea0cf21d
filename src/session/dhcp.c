/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The DHCP session's front: which kind of exchange a packet belongs to, and who answers it. As a
 * proxy we answer DISCOVERs of boot clients beside a foreign server (PXE 2.1 section 2.2) and what
 * comes to port 4011; as a server all of RFC 2131.
 */
#include "session/dhcp.h"

#include "session/dhcp_room.h"

#include <errno.h>
#include <string.h>

int dhcp_session_new(const struct dhcp_session_config *config, struct dhcp_session **ret_session)
{
	CLEANUP(dhcp_session_freep) struct dhcp_session *session = calloc(1, sizeof(*session));

	if (session == NULL)
		return -ENOMEM;
	if (config->mode == DHCP_MODE_SERVER && config->lease_s == 0)
		return -EINVAL;
	session->config = *config;
	session->config.domain[sizeof(session->config.domain) - 1] = '\0';
	int rc = reservations_new(
		config->reservations, config->n_reservations, &session->reservations);
	if (rc == 0)
		rc = leases_new(
			config->pools, config->n_pools, session->reservations, &session->leases);
	if (rc < 0)
		return rc;
	*ret_session = TAKE(session);
	return 0;
}

struct dhcp_session *dhcp_session_free(struct dhcp_session *session)
{
	if (session == NULL)
		return NULL;
	for (struct dhcp_waiting *waiting = session->first_waiting, *next; waiting != NULL;
		waiting = next) {
		next = waiting->next;
		free(waiting);
	}
	(void)leases_free(session->leases);
	(void)reservations_free(session->reservations);
	free(session);
	return NULL;
}

int dhcp_session_load(struct dhcp_session *session, const struct dhcp_lease *lease)
{
	struct lease_client client = {.id_size = lease->client_id_size};
	struct lease *made;

	if (lease->address == 0 || lease->client_id_size > sizeof(client.id) ||
		(lease->client_id_size == 0 && !lease->declined))
		return -EINVAL;
	memcpy(client.id, lease->client_id, lease->client_id_size);
	memcpy(client.mac, lease->mac, sizeof(client.mac));
	return leases_set(session->leases, lease->address, lease->declined ? NULL : &client,
		lease->declined ? LEASE_DECLINED : LEASE_BOUND, lease->expires_ms, &made);
}

/* ---- reading ---- */

static bool is_boot_client(const struct pxe_client *client)
{
	return client->vendor != PXE_VENDOR_NONE || client->is_ipxe || client->has_wds_request;
}

static void ignore(struct dhcp_exchange *exchange, const char *reason)
{
	exchange->kind = DHCP_IGNORED;
	exchange->reason = reason;
}

/* What no mode answers; NULL if there is nothing against it. */
static const char *fault_of(const struct dhcp_message *message)
{
	if (message->op != DHCP_OP_REQUEST)
		return "an answer of a server";
	if (message->hops > LIMIT_DHCP_HOPS)
		return "came through more relays than allowed";
	if (message->type == DHCP_NONE)
		return "BOOTP without a DHCP message type";
	if (dhcp_client_of(message).id_size == 0)
		return "names no client";
	return NULL;
}

/* Port 4011: the client has its address and asks for its boot file. */
static void read_boot_server(const struct dhcp_message *message, const struct dhcp_arrival *arrival,
	struct dhcp_exchange *exchange)
{
	if (message->type != DHCP_REQUEST && message->type != DHCP_INFORM &&
		message->type != DHCP_DISCOVER)
		ignore(exchange, "not a request for a boot file");
	else if (!is_boot_client(&exchange->client))
		ignore(exchange, "not a boot client");
	else if (arrival->source == 0)
		ignore(exchange, "a request to port 4011 from no address");
	else
		exchange->kind = DHCP_BOOT_REQUEST;
}

static void read_proxy(const struct dhcp_message *message, struct dhcp_exchange *exchange)
{
	if (message->type == DHCP_REQUEST)
		/* Whoever it is addressed to, it is not for us to ACK: we give no addresses. */
		exchange->kind = DHCP_FOREIGN_REQUEST;
	else if (message->type != DHCP_DISCOVER)
		ignore(exchange, "the address server's business");
	else if (!is_boot_client(&exchange->client))
		ignore(exchange, "not a boot client");
	else
		exchange->kind = DHCP_PROXY_DISCOVER;
}

static void read_server(const struct dhcp_message *message, const struct dhcp_arrival *arrival,
	struct dhcp_exchange *exchange)
{
	uint32_t server = arrival->local;
	bool is_ours =
		!dhcp_option_u32(message, DHCP_OPT_SERVER_ID, &server) || server == arrival->local;

	switch (message->type) {
	case DHCP_DISCOVER: exchange->kind = DHCP_SERVER_DISCOVER; return;
	case DHCP_REQUEST:
		exchange->kind = is_ours ? DHCP_SERVER_REQUEST : DHCP_FOREIGN_REQUEST;
		return;
	case DHCP_INFORM:
		if (message->ciaddr == 0)
			ignore(exchange, "INFORM without the client's address");
		else
			exchange->kind = DHCP_SERVER_INFORM;
		return;
	case DHCP_DECLINE: exchange->kind = DHCP_SERVER_DECLINE; break;
	case DHCP_RELEASE: exchange->kind = DHCP_SERVER_RELEASE; break;
	default: ignore(exchange, "not a message of a client"); return;
	}
	if (!is_ours)
		ignore(exchange, "addressed to another server");
}

void dhcp_session_read(struct dhcp_session *session, const struct dhcp_message *message,
	const struct dhcp_arrival *arrival, struct dhcp_exchange *ret_exchange)
{
	struct dhcp_exchange exchange = {.kind = DHCP_IGNORED, .address = message->ciaddr};
	const char *fault = fault_of(message);

	pxe_client_read(message, &exchange.client);
	if (message->hlen == sizeof(exchange.mac))
		memcpy(exchange.mac, message->chaddr, sizeof(exchange.mac));
	if (exchange.address == 0)
		(void)dhcp_option_u32(message, DHCP_OPT_REQUESTED_ADDRESS, &exchange.address);
	if (fault != NULL)
		ignore(&exchange, fault);
	else if (session->config.mode == DHCP_MODE_OFF)
		ignore(&exchange, "DHCP is off");
	else if (arrival->local_port == PXE_PORT_BOOT_SERVER)
		read_boot_server(message, arrival, &exchange);
	else if (session->config.mode == DHCP_MODE_PROXY)
		read_proxy(message, &exchange);
	else
		read_server(message, arrival, &exchange);
	switch (exchange.kind) {
	case DHCP_PROXY_DISCOVER:
	case DHCP_BOOT_REQUEST:
	case DHCP_SERVER_DISCOVER:
	case DHCP_SERVER_REQUEST:
	case DHCP_SERVER_INFORM: exchange.wants_decision = is_boot_client(&exchange.client); break;
	default: break;
	}
	*ret_exchange = exchange;
}

/* ---- answering ---- */

/* An answer that holds boot information and no address. */
static void answer_boot(const struct dhcp_session *session, const struct dhcp_turn *turn,
	struct dhcp_actions *actions)
{
	struct dhcp_reply reply = {
		.type = turn->message->type == DHCP_DISCOVER ? DHCP_OFFER : DHCP_ACK};
	if (turn->offer != NULL)
		dhcp_reply_send(session, turn, &reply, actions);
}

void dhcp_session_answer(struct dhcp_session *session, const struct dhcp_exchange *exchange,
	const struct dhcp_message *message, const struct dhcp_arrival *arrival,
	const struct pxe_offer *offer, struct dhcp_actions *ret_actions)
{
	struct dhcp_turn turn = {.exchange = exchange,
		.message = message,
		.arrival = arrival,
		.offer = exchange->wants_decision ? offer : NULL};

	ret_actions->silence = NULL;
	ret_actions->n = 0;
	dhcp_offer_clock(session, arrival->now_ms);
	leases_expire(session->leases, arrival->now_ms);
	switch (exchange->kind) {
	case DHCP_IGNORED: break;
	case DHCP_PROXY_DISCOVER:
	case DHCP_BOOT_REQUEST: answer_boot(session, &turn, ret_actions); break;
	case DHCP_SERVER_DISCOVER: dhcp_offer_discover(session, &turn, ret_actions); break;
	case DHCP_SERVER_REQUEST: dhcp_server_request(session, &turn, ret_actions); break;
	case DHCP_FOREIGN_REQUEST: dhcp_server_not_chosen(session, &turn); break;
	case DHCP_SERVER_INFORM: dhcp_server_inform(session, &turn, ret_actions); break;
	case DHCP_SERVER_DECLINE: dhcp_server_decline(session, &turn, ret_actions); break;
	case DHCP_SERVER_RELEASE: dhcp_server_release(session, &turn, ret_actions); break;
	}
}
