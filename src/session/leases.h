/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of addresses: which client holds which, until when. Lookups by address and by client
 * are hashes, the next one to expire is the top of a heap, and the next free address of a pool is
 * taken from a cursor or a queue: no step walks over the pool.
 *
 * An address that is given back or expires stays with its last client until another needs it (RFC
 * 2131 4.3.1: a client gets its previous address again if it can).
 */
#pragma once

#include "session/reservations.h"

enum lease_state {
	LEASE_FREE,    /* client: who had it last; expires_ms: when that ended */
	LEASE_OFFERED, /* offered and not yet requested */
	LEASE_BOUND,
	LEASE_DECLINED, /* somebody else uses it: put aside for a while */
};

/* Who a client is to the table: option 61, or htype and chaddr (RFC 2131 4.2). */
struct lease_client {
	uint8_t id[64];
	size_t id_size; /* 0: nobody */
	uint8_t mac[6];
};

struct lease {
	/* To read; changed by the functions below only. */
	uint32_t address;
	enum lease_state state;
	struct lease_client client;
	int64_t expires_ms;
	bool was_bound; /* this client has held it before */
	bool is_probed; /* LEASE_OFFERED: the offer waits for the probe; the owner's to set */
	/* The table's own. */
	size_t pool; /* its index, or NO_POOL: reserved, or out of every pool */
	size_t heap_at;
	struct lease *next_by_address, *next_by_client;
	struct lease *older, *newer; /* in the queue of its state */
};

/* Where a client stands, and which addresses of that subnet are never given: ours, the router's,
 * the relay's. */
struct lease_subnet {
	uint32_t address; /* any in it */
	uint32_t mask;
	uint32_t taken[3];
};

bool lease_subnet_has(const struct lease_subnet *subnet, uint32_t address);

struct leases;

int leases_new(const struct dhcp_pool *pools, size_t n_pools,
	const struct reservations *reservations, struct leases **ret_leases) MUST_CHECK;
struct leases *leases_free(struct leases *leases);
DEFINE_FREEP(struct leases, leases_free);

struct lease *leases_by_address(const struct leases *leases, uint32_t address);
/* The client's lease in that subnet: one in use before one that it had. */
struct lease *leases_by_client(const struct leases *leases, const struct lease_client *client,
	const struct lease_subnet *subnet);
/* Another address of that subnet that the client holds or was offered, or NULL. */
struct lease *leases_other_of(const struct leases *leases, const struct lease_client *client,
	const struct lease_subnet *subnet, uint32_t address);
bool lease_is_of(const struct lease *lease, const struct lease_client *client);

/* True if the address lies in a pool that is wholly in the subnet and may be given to anybody there
 * (not reserved, not one of subnet->taken, not the subnet's first or last). */
bool leases_may_give(
	const struct leases *leases, const struct lease_subnet *subnet, uint32_t address);
/* An address for a client that has none: one never given, else the one that has been free longest.
 * 0 if there is none. */
uint32_t leases_choose(struct leases *leases, const struct lease_subnet *subnet);

/*
 * Sets an address' state, whatever it was. client NULL: nobody's. -ENOSPC when LIMIT_LEASES are
 * known.
 */
int leases_set(struct leases *leases, uint32_t address, const struct lease_client *client,
	enum lease_state state, int64_t expires_ms, struct lease **ret_lease) MUST_CHECK;
/* Free from now on. The lease may be gone after that. */
void leases_give_back(struct leases *leases, struct lease *lease, int64_t now_ms);
/* Gives back what has expired. Call before anything else looks. */
void leases_expire(struct leases *leases, int64_t now_ms);

size_t leases_n_offered(const struct leases *leases);
struct lease *leases_oldest_offer(const struct leases *leases);
