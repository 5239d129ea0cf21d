/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A DHCP session with packets fed in and answers read back, for its tests. */
#pragma once

#include "../unit.h"
#include "../wire/packets.h"
#include "session/dhcp.h"

#define LOCAL  0xc0a80702U /* 192.168.7.2 */
#define OTHER  0xc0a80703U /* another DHCP server there */
#define CLIENT 0xc0a807c8U
#define RELAY  0x0a010001U /* 10.1.0.1 */
#define ALL    0xffffffffU
#define START  1800000000000 /* some day, in ms */

/* What happened to one packet. */
struct exchanged {
	struct dhcp_exchange exchange;
	struct dhcp_actions actions;
	const struct dhcp_action *sent; /* the one packet that goes out, or NULL */
	struct dhcp_message answer;     /* that packet, read */
};

static inline struct dhcp_arrival arrival_at(int64_t now_ms)
{
	return (struct dhcp_arrival){.interface = 4,
		.local = LOCAL,
		.netmask = 0xffffff00U,
		.source_port = 68,
		.local_port = 67,
		.now_ms = now_ms};
}

static inline void read_sent(struct exchanged *exchanged)
{
	exchanged->sent = NULL;
	for (size_t i = 0; i < exchanged->actions.n; i++) {
		const struct dhcp_action *action = &exchanged->actions.list[i];
		if (action->kind != DHCP_ACTION_SEND)
			continue;
		assert_null(exchanged->sent);
		exchanged->sent = action;
		assert_int_equal(
			dhcp_parse(action->bytes, action->n_bytes, &exchanged->answer, NULL), 0);
		assert_int_equal(exchanged->answer.type, action->type);
	}
}

static inline void feed(struct dhcp_session *session, const struct packet *packet,
	const struct dhcp_arrival *arrival, const struct pxe_offer *offer,
	struct exchanged *ret_exchanged)
{
	struct dhcp_message message;

	assert_int_equal(dhcp_parse(packet->bytes, packet->n, &message, NULL), 0);
	dhcp_session_read(session, &message, arrival, &ret_exchanged->exchange);
	dhcp_session_answer(session, &ret_exchanged->exchange, &message, arrival, offer,
		&ret_exchanged->actions);
	read_sent(ret_exchanged);
}

static inline const struct dhcp_action *find_action(
	const struct exchanged *exchanged, enum dhcp_action_kind kind)
{
	for (size_t i = 0; i < exchanged->actions.n; i++)
		if (exchanged->actions.list[i].kind == kind)
			return &exchanged->actions.list[i];
	return NULL;
}

static inline uint32_t option_u32(const struct dhcp_message *message, uint8_t code)
{
	uint32_t value = 0;
	return dhcp_option_u32(message, code, &value) ? value : 0;
}

/* An ordinary client's message; each of the addresses may be 0. */
struct ask {
	uint8_t type;
	uint32_t ciaddr, requested, server, giaddr;
	const uint8_t *mac;
	bool broadcast, boots;
};

static inline void ask_packet(struct packet *packet, const struct ask *ask)
{
	packet_start(packet, 0x01020304, ask->mac != NULL ? ask->mac : SAMPLE_MAC, ask->type);
	packet->bytes[PACKET_FLAGS] = ask->broadcast ? 0x80 : 0;
	packet_be32(packet, PACKET_CIADDR, ask->ciaddr);
	packet_be32(packet, PACKET_GIADDR, ask->giaddr);
	if (ask->requested != 0)
		packet_option_u32(packet, DHCP_OPT_REQUESTED_ADDRESS, ask->requested);
	if (ask->server != 0)
		packet_option_u32(packet, DHCP_OPT_SERVER_ID, ask->server);
	if (ask->boots)
		packet_boot_options(packet, "PXEClient:Arch:00007:UNDI:003016", 7, 16);
	if (ask->giaddr != 0)
		packet_option(packet, DHCP_OPT_RELAY_AGENT, "\1\4eth7", 6);
	packet_end(packet);
}
