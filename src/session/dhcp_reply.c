/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an answer holds, and where it goes (RFC 2131 4.1 and table 3; RFC 1542 4.1.2 for relays; PXE
 * 2.1 section 2.2.4 for port 4011).
 */
#include "session/dhcp_room.h"

#include <string.h>

#define ADDRESS_BROADCAST 0xffffffffU

struct dhcp_action *dhcp_actions_add(struct dhcp_actions *actions, enum dhcp_action_kind kind)
{
	if (actions->n == DHCP_ACTIONS_MAX)
		return NULL;
	struct dhcp_action *action = &actions->list[actions->n++];
	memset(action, 0, offsetof(struct dhcp_action, bytes));
	action->kind = kind;
	return action;
}

/* Option 55: a client that does not say what it wants gets all there is. */
static bool is_asked_for(const struct dhcp_message *message, uint8_t code)
{
	size_t n;
	const uint8_t *list = dhcp_option(message, DHCP_OPT_PARAMETER_LIST, &n);
	return list == NULL || memchr(list, code, n) != NULL;
}

/* The router that is in the client's own subnet. A relay mostly is the router, and without one the
 * client could not reach us to load anything. */
static uint32_t router_for(const struct dhcp_session *session, const struct dhcp_message *message,
	const struct lease_subnet *subnet)
{
	if (session->config.router != 0 && lease_subnet_has(subnet, session->config.router))
		return session->config.router;
	return message->giaddr;
}

static void write_settings(const struct dhcp_session *session, const struct dhcp_message *message,
	const struct lease_subnet *subnet, bool brief, struct dhcp_writer *writer)
{
	const struct dhcp_session_config *config = &session->config;
	uint32_t router = router_for(session, message, subnet);
	uint8_t dns[4 * ARRAY_SIZE(config->dns)];
	size_t n_dns = 0;

	if (is_asked_for(message, DHCP_OPT_SUBNET_MASK))
		dhcp_writer_option_u32(writer, DHCP_OPT_SUBNET_MASK, subnet->mask);
	if (router != 0 && is_asked_for(message, DHCP_OPT_ROUTER))
		dhcp_writer_option_u32(writer, DHCP_OPT_ROUTER, router);
	if (brief)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(config->dns) && config->dns[i] != 0; i++)
		for (unsigned shift = 32; shift > 0; shift -= 8)
			dns[n_dns++] = (uint8_t)(config->dns[i] >> (shift - 8));
	if (n_dns > 0 && is_asked_for(message, DHCP_OPT_DNS))
		dhcp_writer_option(writer, DHCP_OPT_DNS, dns, n_dns);
	if (config->domain[0] != '\0' && is_asked_for(message, DHCP_OPT_DOMAIN_NAME))
		dhcp_writer_option(
			writer, DHCP_OPT_DOMAIN_NAME, config->domain, strlen(config->domain));
	if (is_asked_for(message, DHCP_OPT_BROADCAST_ADDRESS))
		dhcp_writer_option_u32(
			writer, DHCP_OPT_BROADCAST_ADDRESS, subnet->address | ~subnet->mask);
}

static void write_times(const struct dhcp_session *session, const struct dhcp_message *message,
	struct dhcp_writer *writer)
{
	uint32_t lease_s = session->config.lease_s;
	static const uint8_t codes[] = {DHCP_OPT_T1, DHCP_OPT_T2};

	dhcp_writer_option_u32(writer, DHCP_OPT_LEASE_TIME, lease_s);
	for (size_t i = 0; i < sizeof(codes) && lease_s != UINT32_MAX; i++) {
		/* RFC 2131 4.4.5: half the time, and seven eighths; who does not ask computes the
		 * same. */
		uint32_t share_s = i == 0 ? lease_s / 2 : lease_s - lease_s / 8;
		size_t n;
		if (dhcp_option(message, DHCP_OPT_PARAMETER_LIST, &n) != NULL &&
			is_asked_for(message, codes[i]))
			dhcp_writer_option_u32(writer, codes[i], share_s);
	}
}

/* What came with the request and goes back as it is. */
static void write_echoes(const struct dhcp_message *message, struct dhcp_writer *writer)
{
	/* RFC 6842: the client identifier; RFC 3046 2.2: the relay's option, which the writer puts
	 * last. */
	static const uint8_t codes[] = {DHCP_OPT_CLIENT_ID, DHCP_OPT_RELAY_AGENT};

	for (size_t i = 0; i < sizeof(codes); i++) {
		size_t n;
		const uint8_t *value = dhcp_option(message, codes[i], &n);
		if (value != NULL)
			dhcp_writer_option(writer, codes[i], value, n);
	}
}

static int build(const struct dhcp_session *session, const struct dhcp_turn *turn,
	const struct dhcp_reply *reply, bool brief, struct dhcp_action *action)
{
	struct dhcp_writer writer;

	dhcp_writer_reply(&writer, turn->message, reply->type);
	writer.yiaddr = reply->yiaddr;
	/* RFC 2131 table 3: an ACK repeats ciaddr. On port 4011 wdsmgfw.efi and others look for it
	 * in whatever comes. */
	if (reply->type == DHCP_ACK || turn->arrival->local_port == PXE_PORT_BOOT_SERVER)
		writer.ciaddr = turn->message->ciaddr;
	/* RFC 2131 4.3.2: the relay has to broadcast what goes to a client without an address: a
	 * NAK, and a proxy's offer. */
	if (turn->message->giaddr != 0 && reply->yiaddr == 0 &&
		(reply->type == DHCP_NAK || turn->message->ciaddr == 0))
		writer.flags |= DHCP_FLAG_BROADCAST;
	dhcp_writer_option_u32(&writer, DHCP_OPT_SERVER_ID, turn->arrival->local);
	if (reply->text != NULL)
		dhcp_writer_option(&writer, DHCP_OPT_MESSAGE, reply->text, strlen(reply->text));
	if (reply->yiaddr != 0)
		write_times(session, turn->message, &writer);
	if (reply->settings != NULL)
		write_settings(session, turn->message, reply->settings, brief, &writer);
	if (turn->offer != NULL && reply->type != DHCP_NAK)
		pxe_offer_write(turn->offer, &turn->exchange->client, turn->message, &writer);
	write_echoes(turn->message, &writer);
	return dhcp_writer_finish(&writer, action->bytes, sizeof(action->bytes), &action->n_bytes);
}

static void send_to(struct dhcp_action *action, uint32_t destination, uint16_t port)
{
	action->destination = destination;
	action->destination_port = port;
}

static void route(
	const struct dhcp_turn *turn, const struct dhcp_reply *reply, struct dhcp_action *action)
{
	const struct dhcp_message *message = turn->message;
	const struct dhcp_arrival *arrival = turn->arrival;

	action->type = reply->type;
	action->source = arrival->local;
	action->source_port = arrival->local_port;
	memcpy(action->mac, turn->exchange->mac, sizeof(action->mac));
	if (arrival->local_port == PXE_PORT_BOOT_SERVER) {
		/* The client has an address and filters by it: wdsmgfw.efi drops broadcasts. */
		send_to(action, arrival->source, arrival->source_port);
	} else if (message->type == DHCP_INFORM) {
		send_to(action, message->ciaddr, DHCP_PORT_CLIENT); /* past the relay: 4.3.5 */
	} else if (message->giaddr != 0) {
		send_to(action, message->giaddr, DHCP_PORT_SERVER);
	} else if (message->ciaddr != 0 && reply->type != DHCP_NAK) {
		send_to(action, message->ciaddr, DHCP_PORT_CLIENT);
	} else if ((message->flags & DHCP_FLAG_BROADCAST) != 0 || reply->yiaddr == 0 ||
		   message->htype != 1 || message->hlen != sizeof(action->mac)) {
		action->interface = arrival->interface;
		send_to(action, ADDRESS_BROADCAST, DHCP_PORT_CLIENT);
	} else {
		action->interface = arrival->interface;
		action->to_hardware = true;
		send_to(action, reply->yiaddr, DHCP_PORT_CLIENT);
	}
}

void dhcp_reply_send(const struct dhcp_session *session, const struct dhcp_turn *turn,
	const struct dhcp_reply *reply, struct dhcp_actions *actions)
{
	struct dhcp_action *action = dhcp_actions_add(actions, DHCP_ACTION_SEND);

	if (action == NULL)
		return;
	/* Where not all fits, the boot information goes before what only comforts. */
	if (build(session, turn, reply, false, action) < 0 &&
		build(session, turn, reply, true, action) < 0) {
		actions->n--;
		return;
	}
	route(turn, reply, action);
}
