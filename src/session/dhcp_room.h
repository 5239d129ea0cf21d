/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the DHCP session share among themselves; nobody else includes this. */
#pragma once

#include "session/leases.h"

/* A DISCOVER whose OFFER waits until the probe of its address has gone unanswered. */
struct dhcp_waiting {
	struct dhcp_waiting *next;
	uint32_t address;
	int64_t due_ms;
	unsigned n_probes; /* of this DISCOVER, for how many addresses */
	struct dhcp_exchange exchange;
	struct dhcp_message message;
	struct dhcp_arrival arrival;
	bool has_offer;
	struct pxe_offer offer;
};

struct dhcp_session {
	struct dhcp_session_config config;
	struct reservations *reservations;
	struct leases *leases;
	/* In the order in which they fall due: all wait equally long. */
	struct dhcp_waiting *first_waiting, *last_waiting;
	size_t n_waiting;
	int64_t now_ms; /* as last heard */
};

/* A packet that came in with all that belongs to it. */
struct dhcp_turn {
	const struct dhcp_exchange *exchange;
	const struct dhcp_message *message;
	const struct dhcp_arrival *arrival;
	const struct pxe_offer *offer; /* NULL: no boot information */
};

/* NULL when the list is full: what does not fit is left out, as if the packet had been lost. */
struct dhcp_action *dhcp_actions_add(struct dhcp_actions *actions, enum dhcp_action_kind kind);

/* ---- dhcp_reply.c: what an answer holds and where it goes ---- */

/* What a reply says beside the boot information. */
struct dhcp_reply {
	enum dhcp_type type;
	uint32_t yiaddr;                     /* 0: no address, no lease time */
	const struct lease_subnet *settings; /* mask, router, DNS, domain for it; NULL: none */
	const char *text;                    /* option 56, of a NAK; NULL: none */
};

void dhcp_reply_send(const struct dhcp_session *session, const struct dhcp_turn *turn,
	const struct dhcp_reply *reply, struct dhcp_actions *actions);

/* ---- dhcp_server.c: giving addresses; dhcp_offer.c: choosing, probing and offering them ---- */

/* The client as the lease table knows it; id_size is 0 if the packet names nobody. */
struct lease_client dhcp_client_of(const struct dhcp_message *message);
/* The subnet the client is in: the relay's, else that of the address it has, else that of the
 * interface. */
struct lease_subnet dhcp_subnet_of(const struct dhcp_session *session,
	const struct dhcp_message *message, const struct dhcp_arrival *arrival);
/* Whether the client may have that address, by subnet, pools and reservations, whoever has it now.
 */
bool dhcp_may_have(const struct dhcp_session *session, const struct dhcp_turn *turn,
	const struct lease_subnet *subnet, const struct lease_client *client, uint32_t address);
/* Puts an address aside that somebody else uses. */
void dhcp_put_aside(struct dhcp_session *session, uint32_t address, int64_t now_ms,
	struct dhcp_actions *actions);

/* Call with each new time. A clock that was set back must not make the waiting wait for it. */
void dhcp_offer_clock(struct dhcp_session *session, int64_t now_ms);
void dhcp_offer_discover(
	struct dhcp_session *session, const struct dhcp_turn *turn, struct dhcp_actions *actions);

void dhcp_server_request(
	struct dhcp_session *session, const struct dhcp_turn *turn, struct dhcp_actions *actions);
/* The client has chosen another server: what we offered is free again. */
void dhcp_server_not_chosen(struct dhcp_session *session, const struct dhcp_turn *turn);
void dhcp_server_inform(
	struct dhcp_session *session, const struct dhcp_turn *turn, struct dhcp_actions *actions);
void dhcp_server_decline(
	struct dhcp_session *session, const struct dhcp_turn *turn, struct dhcp_actions *actions);
void dhcp_server_release(
	struct dhcp_session *session, const struct dhcp_turn *turn, struct dhcp_actions *actions);
