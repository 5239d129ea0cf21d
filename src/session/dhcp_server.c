/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Server mode beyond the OFFER: REQUEST in its four states (RFC 2131 4.3.2), DECLINE, RELEASE and
 * INFORM (4.3.3 to 4.3.5).
 */
#include "session/dhcp_room.h"

#include <string.h>

/* How long an address stays aside that a client declined or a probe found in use. */
#define PUT_ASIDE_MS 600000

struct lease_client dhcp_client_of(const struct dhcp_message *message)
{
	struct lease_client client = {0};
	size_t n;
	const uint8_t *id = dhcp_option(message, DHCP_OPT_CLIENT_ID, &n);

	if (message->hlen == sizeof(client.mac))
		memcpy(client.mac, message->chaddr, sizeof(client.mac));
	if (id != NULL && n >= 2 && n <= sizeof(client.id)) {
		memcpy(client.id, id, n);
		client.id_size = n;
	} else if (message->hlen > 0) {
		/* The same bytes as the option's usual form, so that a ROM without option 61 and
		 * the system with it are one client. */
		client.id[0] = message->htype;
		memcpy(client.id + 1, message->chaddr, message->hlen);
		client.id_size = 1U + message->hlen;
	}
	return client;
}

struct lease_subnet dhcp_subnet_of(const struct dhcp_session *session,
	const struct dhcp_message *message, const struct dhcp_arrival *arrival)
{
	struct lease_subnet subnet = {
		.mask = session->config.netmask != 0 ? session->config.netmask : arrival->netmask,
		.taken = {arrival->local, session->config.router, message->giaddr}};

	if (message->giaddr != 0)
		subnet.address = message->giaddr;
	else if (message->ciaddr != 0)
		subnet.address = message->ciaddr; /* it renews, perhaps through a router */
	else
		subnet.address = arrival->local;
	return subnet;
}

bool dhcp_may_have(const struct dhcp_session *session, const struct dhcp_turn *turn,
	const struct lease_subnet *subnet, const struct lease_client *client, uint32_t address)
{
	const struct dhcp_reservation *reservation =
		reservations_by_address(session->reservations, address);
	const struct pxe_client *boots = &turn->exchange->client;

	if (reservation == NULL)
		return leases_may_give(session->leases, subnet, address);
	if (!lease_subnet_has(subnet, address))
		return false;
	if (reservation_matches(reservation, client->mac, boots->has_uuid ? &boots->uuid : NULL))
		return true;
	/* Firmware showed the UUID and got the address; the system that it booted shows none. */
	const struct lease *lease = leases_by_address(session->leases, address);
	return reservation->by_uuid && !boots->has_uuid && lease != NULL &&
	       lease_is_of(lease, client);
}

static void lease_put(const struct lease *lease, struct dhcp_actions *actions)
{
	struct dhcp_action *action = dhcp_actions_add(actions, DHCP_ACTION_LEASE_PUT);

	if (action == NULL)
		return;
	action->address = lease->address;
	action->lease = (struct dhcp_lease){.address = lease->address,
		.client_id_size = lease->client.id_size,
		.expires_ms = lease->expires_ms,
		.declined = lease->state == LEASE_DECLINED};
	memcpy(action->lease.client_id, lease->client.id, lease->client.id_size);
	memcpy(action->lease.mac, lease->client.mac, sizeof(action->lease.mac));
}

static void lease_remove(uint32_t address, struct dhcp_actions *actions)
{
	struct dhcp_action *action = dhcp_actions_add(actions, DHCP_ACTION_LEASE_REMOVE);
	if (action != NULL)
		action->address = address;
}

void dhcp_put_aside(struct dhcp_session *session, uint32_t address, int64_t now_ms,
	struct dhcp_actions *actions)
{
	struct lease *lease;
	if (leases_set(session->leases, address, NULL, LEASE_DECLINED, now_ms + PUT_ASIDE_MS,
		    &lease) == 0)
		lease_put(lease, actions);
}

/* ---- REQUEST ---- */

static void acknowledge(struct dhcp_session *session, const struct dhcp_turn *turn,
	const struct lease_subnet *subnet, const struct lease_client *client, uint32_t address,
	struct dhcp_actions *actions)
{
	struct dhcp_reply reply = {.type = DHCP_ACK, .yiaddr = address, .settings = subnet};
	uint32_t lease_s = session->config.lease_s;
	int64_t now_ms = turn->arrival->now_ms;
	struct lease *lease;

	if (leases_set(session->leases, address, client, LEASE_BOUND,
		    lease_s == UINT32_MAX ? INT64_MAX : now_ms + 1000 * (int64_t)lease_s,
		    &lease) < 0)
		return;
	lease_put(lease, actions);
	dhcp_reply_send(session, turn, &reply, actions);
	/* One address per client and subnet: what else it held or was offered is free again. */
	struct lease *other;
	while ((other = leases_other_of(session->leases, client, subnet, address)) != NULL) {
		if (other->state == LEASE_BOUND)
			lease_remove(other->address, actions);
		leases_give_back(session->leases, other, now_ms);
	}
}

static void refuse(const struct dhcp_session *session, const struct dhcp_turn *turn,
	const char *text, struct dhcp_actions *actions)
{
	struct dhcp_reply reply = {.type = DHCP_NAK, .text = text};
	dhcp_reply_send(session, turn, &reply, actions);
}

/* It answers our OFFER. */
static void request_selecting(struct dhcp_session *session, const struct dhcp_turn *turn,
	const struct lease_subnet *subnet, const struct lease_client *client, uint32_t address,
	struct dhcp_actions *actions)
{
	const struct lease *lease = leases_by_address(session->leases, address);
	bool is_its_own = lease != NULL && lease_is_of(lease, client);

	if (is_its_own && lease->is_probed)
		return; /* not offered yet: whoever asks has not heard that from us */
	if (!dhcp_may_have(session, turn, subnet, client, address) ||
		(lease != NULL && lease->state != LEASE_FREE && !is_its_own))
		refuse(session, turn, "not the address that was offered", actions);
	else
		acknowledge(session, turn, subnet, client, address, actions);
}

/* It has started again and remembers an address. */
static void request_reboot(struct dhcp_session *session, const struct dhcp_turn *turn,
	const struct lease_subnet *subnet, const struct lease_client *client, uint32_t address,
	struct dhcp_actions *actions)
{
	const struct lease *lease = leases_by_address(session->leases, address);
	const struct dhcp_reservation *reservation =
		reservations_by_address(session->reservations, address);
	const struct pxe_client *boots = &turn->exchange->client;
	bool is_its_own = (lease != NULL && lease->was_bound && lease_is_of(lease, client)) ||
			  (reservation != NULL &&
				  reservation_matches(reservation, client->mac,
					  boots->has_uuid ? &boots->uuid : NULL) &&
				  (lease == NULL || lease->state == LEASE_FREE));

	if (!lease_subnet_has(subnet, address))
		refuse(session, turn, "wrong network", actions);
	else if (is_its_own && dhcp_may_have(session, turn, subnet, client, address))
		acknowledge(session, turn, subnet, client, address, actions);
	else if (is_its_own)
		refuse(session, turn, "the address is no longer to be had", actions);
	else if (lease != NULL && lease->state == LEASE_BOUND)
		refuse(session, turn, "another client has the address", actions);
	else if (leases_other_of(session->leases, client, subnet, address) != NULL)
		refuse(session, turn, "the client has another address", actions);
	/* Else we know nothing of it and MUST remain silent (RFC 2131 4.3.2): another server may
	 * know more. */
}

/* RENEWING (unicast) and REBINDING (broadcast): it uses the address and wants to go on. */
static void request_renew(struct dhcp_session *session, const struct dhcp_turn *turn,
	const struct lease_subnet *subnet, const struct lease_client *client,
	struct dhcp_actions *actions)
{
	uint32_t address = turn->message->ciaddr;
	const struct lease *lease = leases_by_address(session->leases, address);

	if (lease == NULL)
		return; /* not ours; silent as above */
	if (!lease_is_of(lease, client)) {
		if (lease->state == LEASE_BOUND)
			refuse(session, turn, "another client has the address", actions);
	} else if (lease->was_bound) {
		if (dhcp_may_have(session, turn, subnet, client, address))
			acknowledge(session, turn, subnet, client, address, actions);
		else
			refuse(session, turn, "the address is no longer to be had", actions);
	}
}

/* Whether any address that we give lies in the subnet: elsewhere we have no say. */
static bool serves(const struct dhcp_session *session, const struct lease_subnet *subnet)
{
	for (size_t i = 0; i < session->config.n_pools; i++)
		if (lease_subnet_has(subnet, session->config.pools[i].first) &&
			lease_subnet_has(subnet, session->config.pools[i].last))
			return true;
	for (size_t i = 0; i < session->config.n_reservations; i++)
		if (lease_subnet_has(subnet, session->config.reservations[i].address))
			return true;
	return false;
}

void dhcp_server_request(
	struct dhcp_session *session, const struct dhcp_turn *turn, struct dhcp_actions *actions)
{
	const struct dhcp_message *message = turn->message;
	struct lease_subnet subnet = dhcp_subnet_of(session, message, turn->arrival);
	struct lease_client client = dhcp_client_of(message);
	uint32_t server, wanted = 0;
	bool names_us = dhcp_option_u32(message, DHCP_OPT_SERVER_ID, &server);

	(void)dhcp_option_u32(message, DHCP_OPT_REQUESTED_ADDRESS, &wanted);
	if (!serves(session, &subnet))
		return;
	if (message->ciaddr != 0)
		request_renew(session, turn, &subnet, &client, actions);
	else if (wanted != 0 && names_us)
		request_selecting(session, turn, &subnet, &client, wanted, actions);
	else if (wanted != 0)
		request_reboot(session, turn, &subnet, &client, wanted, actions);
	/* Else it names no address at all, and there is nothing to say to it. */
}

void dhcp_server_not_chosen(struct dhcp_session *session, const struct dhcp_turn *turn)
{
	struct lease_subnet subnet = dhcp_subnet_of(session, turn->message, turn->arrival);
	struct lease_client client = dhcp_client_of(turn->message);
	struct lease *lease = leases_by_client(session->leases, &client, &subnet);

	if (lease != NULL && lease->state == LEASE_OFFERED)
		leases_give_back(session->leases, lease, turn->arrival->now_ms);
}

/* ---- the others ---- */

void dhcp_server_inform(
	struct dhcp_session *session, const struct dhcp_turn *turn, struct dhcp_actions *actions)
{
	struct lease_subnet subnet = dhcp_subnet_of(session, turn->message, turn->arrival);
	struct dhcp_reply reply = {.type = DHCP_ACK, .settings = &subnet};

	/* RFC 2131 4.3.5: no yiaddr, no lease time, and nothing is recorded. */
	if (serves(session, &subnet))
		dhcp_reply_send(session, turn, &reply, actions);
}

void dhcp_server_decline(
	struct dhcp_session *session, const struct dhcp_turn *turn, struct dhcp_actions *actions)
{
	struct lease_client client = dhcp_client_of(turn->message);
	uint32_t address = 0;

	if (!dhcp_option_u32(turn->message, DHCP_OPT_REQUESTED_ADDRESS, &address))
		return;
	/* Only who was given the address may take it out of use, or anyone could empty a pool. */
	const struct lease *lease = leases_by_address(session->leases, address);
	if (lease != NULL && lease_is_of(lease, &client) && lease->state != LEASE_FREE)
		dhcp_put_aside(session, address, turn->arrival->now_ms, actions);
}

void dhcp_server_release(
	struct dhcp_session *session, const struct dhcp_turn *turn, struct dhcp_actions *actions)
{
	struct lease_client client = dhcp_client_of(turn->message);
	struct lease *lease = leases_by_address(session->leases, turn->message->ciaddr);

	if (lease == NULL || !lease_is_of(lease, &client) || lease->state != LEASE_BOUND)
		return;
	lease_remove(lease->address, actions);
	leases_give_back(session->leases, lease, turn->arrival->now_ms);
}
