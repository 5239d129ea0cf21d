/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The DHCP and proxyDHCP exchange without I/O: a message in, what kind of exchange it is; then,
 * with what boot/ decided, the actions out. Time comes in as an argument, packets go out as
 * actions.
 *
 *   dhcp_session_read()   -> kind of exchange; wants_decision: boot_decide() has to be asked
 *   dhcp_session_answer() -> actions: packets to send, addresses to probe, leases to store
 *   dhcp_session_probed() -> an address that was probed is in use: choose another
 *   dhcp_session_tick()   -> what was waiting for time
 */
#pragma once

#include "wire/dhcp.h"
#include "wire/pxe.h"

enum dhcp_mode {
	DHCP_MODE_OFF,
	DHCP_MODE_PROXY,
	DHCP_MODE_SERVER,
};

struct dhcp_reservation {
	bool by_uuid;
	uint8_t mac[6];
	struct guid uuid;
	uint32_t address;
};

struct dhcp_pool {
	uint32_t first, last; /* both inclusive, host byte order */
};

/* What the config file says; arrays belong to the caller and outlive the session. */
struct dhcp_session_config {
	enum dhcp_mode mode;
	const struct dhcp_pool *pools;
	size_t n_pools;
	const struct dhcp_reservation *reservations;
	size_t n_reservations;
	uint32_t lease_s;
	uint32_t netmask; /* 0: that of the interface, in dhcp_arrival */
	uint32_t router;  /* 0: none */
	uint32_t dns[4];  /* 0-terminated */
	char domain[128];
	bool check_conflicts;
};

/* How a packet came in. */
struct dhcp_arrival {
	int interface;    /* ifindex */
	uint32_t local;   /* our address on that interface (also the server id) */
	uint32_t netmask; /* of that interface */
	uint32_t source;  /* the packet's source address, 0 for a client without one */
	uint16_t source_port;
	uint16_t local_port; /* 67 or 4011 */
	int64_t now_ms;      /* Unix time */
};

enum dhcp_exchange_kind {
	DHCP_IGNORED,         /* not for us; reason says why */
	DHCP_PROXY_DISCOVER,  /* DISCOVER of a boot client, another server gives addresses */
	DHCP_SERVER_DISCOVER, /* DISCOVER, we give addresses */
	DHCP_SERVER_REQUEST,  /* REQUEST in any of its four states (RFC 2131 4.3.2), we give
				 addresses */
	DHCP_BOOT_REQUEST,    /* REQUEST (or INFORM, or DISCOVER) on port 4011 */
	DHCP_FOREIGN_REQUEST, /* REQUEST to another server: nothing to answer, but it tells which
				 address a boot client takes */
	DHCP_SERVER_INFORM,
	DHCP_SERVER_DECLINE,
	DHCP_SERVER_RELEASE,
};

struct dhcp_exchange {
	enum dhcp_exchange_kind kind;
	const char *reason;  /* of DHCP_IGNORED, a constant */
	bool wants_decision; /* a boot client that we may answer: ask boot_decide() */
	uint8_t mac[6];
	struct pxe_client client;
	uint32_t address; /* the client's address as far as this packet tells: ciaddr, option 50,
			     else 0 */
};

#define DHCP_ACTIONS_MAX 8

enum dhcp_action_kind {
	DHCP_ACTION_SEND,
	DHCP_ACTION_PROBE,     /* find out (ARP on interface from source, else ICMP echo) whether
				  address is in use; if so, call dhcp_session_probed within 250 ms */
	DHCP_ACTION_LEASE_PUT, /* must be durable before the packet behind it in the list goes out
				*/
	DHCP_ACTION_LEASE_REMOVE,
};

struct dhcp_lease {
	uint32_t address;
	uint8_t client_id[64];
	size_t client_id_size;
	uint8_t mac[6];
	int64_t expires_ms;
	bool declined;
};

struct dhcp_action {
	enum dhcp_action_kind kind;
	uint32_t address;        /* PROBE, LEASE_REMOVE */
	struct dhcp_lease lease; /* LEASE_PUT */
	/* SEND: */
	enum dhcp_type type;
	int interface;        /* 0: let the routing table choose (relays, unicast) */
	uint32_t source;      /* our address to send from */
	uint16_t source_port; /* 67 or 4011: the socket to use */
	uint32_t destination; /* 255.255.255.255, the relay, or the client */
	uint16_t destination_port;
	bool to_hardware; /* unicast to an address that the client has not configured yet: teach ARP
			     (mac), or broadcast */
	uint8_t mac[6];
	size_t n_bytes;
	uint8_t bytes[LIMIT_DHCP_PACKET_BYTES];
};

struct dhcp_actions {
	/* Why a DISCOVER that we should have answered gets no address: a constant sentence for the
	 * administrator; NULL if there is nothing to say. The client hears nothing. */
	const char *silence;
	size_t n;
	struct dhcp_action list[DHCP_ACTIONS_MAX];
};

struct dhcp_session;

int dhcp_session_new(
	const struct dhcp_session_config *config, struct dhcp_session **ret_session) MUST_CHECK;
struct dhcp_session *dhcp_session_free(struct dhcp_session *session);
DEFINE_FREEP(struct dhcp_session, dhcp_session_free);
/* A lease out of the store, at start. */
int dhcp_session_load(struct dhcp_session *session, const struct dhcp_lease *lease) MUST_CHECK;

void dhcp_session_read(struct dhcp_session *session, const struct dhcp_message *message,
	const struct dhcp_arrival *arrival, struct dhcp_exchange *ret_exchange);
/* offer is NULL when the client is not to be booted (an ordinary client, or the decision says so).
 */
void dhcp_session_answer(struct dhcp_session *session, const struct dhcp_exchange *exchange,
	const struct dhcp_message *message, const struct dhcp_arrival *arrival,
	const struct pxe_offer *offer, struct dhcp_actions *ret_actions);
/* An address of a PROBE answered. */
void dhcp_session_probed(struct dhcp_session *session, uint32_t address, int64_t now_ms,
	struct dhcp_actions *ret_actions);
/* Call at the time that dhcp_session_next() names (INT64_MAX: never), until it names a later one;
 * by a steady clock, for after a step back of now_ms it names an earlier one. */
void dhcp_session_tick(
	struct dhcp_session *session, int64_t now_ms, struct dhcp_actions *ret_actions);
int64_t dhcp_session_next(const struct dhcp_session *session);
