/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DISCOVER in server mode: which address, whether somebody uses it already, and the OFFER (RFC 2131
 * 4.3.1). The probe is an action for the caller; the OFFER waits for it here, and the tick sends
 * it.
 */
#include "session/dhcp_room.h"

#include <assert.h>
#include <string.h>

#define OFFER_HOLD_MS 60000 /* edk2 asks for what it was offered after up to 32 s */
#define PROBE_MS      250   /* an ARP answer on a quiet network comes within a few */
#define PROBES_MAX    4     /* addresses tried for one DISCOVER */
/* Held by the same client so shortly ago that nobody else can have settled there. */
#define RECENT_MS     600000
/* Above this many probes at once we offer unprobed, so that a crowd that arrives together is not
 * held up by our own caution: the client's own check (RFC 5227) is still in front of it. */
#define WAITING_MAX   (LIMIT_OFFERS_PENDING / 2)

static bool is_free_for(
	const struct dhcp_session *session, uint32_t address, const struct lease_client *client)
{
	const struct lease *lease = leases_by_address(session->leases, address);
	return lease == NULL || lease->state == LEASE_FREE || lease_is_of(lease, client);
}

/* RFC 2131 4.3.1 in its order: what is kept for it, what it has or had, what it asks for, any. */
static uint32_t choose(const struct dhcp_session *session, const struct dhcp_turn *turn,
	const struct lease_subnet *subnet, const struct lease_client *client)
{
	const struct pxe_client *boots = &turn->exchange->client;
	uint32_t address = reservations_for(session->reservations, client->mac,
		boots->has_uuid ? &boots->uuid : NULL, subnet->address, subnet->mask);

	if (address != 0 && is_free_for(session, address, client))
		return address;
	const struct lease *lease = leases_by_client(session->leases, client, subnet);
	if (lease != NULL && dhcp_may_have(session, turn, subnet, client, lease->address))
		return lease->address;
	if (dhcp_option_u32(turn->message, DHCP_OPT_REQUESTED_ADDRESS, &address) &&
		leases_may_give(session->leases, subnet, address) &&
		is_free_for(session, address, client))
		return address;
	return leases_choose(session->leases, subnet);
}

static bool needs_probe(const struct dhcp_session *session, uint32_t address,
	const struct lease_client *client, int64_t now_ms)
{
	const struct lease *lease = leases_by_address(session->leases, address);

	if (!session->config.check_conflicts || session->n_waiting >= WAITING_MAX)
		return false;
	if (lease == NULL || !lease_is_of(lease, client))
		return true;
	if (lease->state == LEASE_OFFERED)
		return lease->is_probed; /* else it was probed when it was offered first */
	if (lease->state == LEASE_BOUND)
		return false;
	return !lease->was_bound || now_ms - lease->expires_ms > RECENT_MS;
}

/* Marks the address as offered; false if there is no room. */
static bool hold(struct dhcp_session *session, uint32_t address, const struct lease_client *client,
	bool is_probed, int64_t now_ms)
{
	struct lease *lease = leases_by_address(session->leases, address);

	/* A client that comes anew while its lease still runs keeps it until it says otherwise. */
	if (lease != NULL && lease->state == LEASE_BOUND)
		return lease_is_of(lease, client);
	if (leases_n_offered(session->leases) >= LIMIT_OFFERS_PENDING) {
		struct lease *oldest = leases_oldest_offer(session->leases);
		/* To take what is being probed would starve everybody under a flood. */
		if (oldest->is_probed)
			return false;
		leases_give_back(session->leases, oldest, now_ms);
	}
	if (leases_set(session->leases, address, client, LEASE_OFFERED, now_ms + OFFER_HOLD_MS,
		    &lease) < 0)
		return false;
	lease->is_probed = is_probed;
	return true;
}

static void offer_send(const struct dhcp_session *session, const struct dhcp_turn *turn,
	uint32_t address, struct dhcp_actions *actions)
{
	struct lease_subnet subnet = dhcp_subnet_of(session, turn->message, turn->arrival);
	struct dhcp_reply reply = {.type = DHCP_OFFER, .yiaddr = address, .settings = &subnet};

	dhcp_reply_send(session, turn, &reply, actions);
}

static void waiting_add(struct dhcp_session *session, struct dhcp_waiting *waiting)
{
	waiting->next = NULL;
	if (session->last_waiting != NULL)
		session->last_waiting->next = waiting;
	else
		session->first_waiting = waiting;
	session->last_waiting = waiting;
	session->n_waiting++;
}

static void waiting_remove(struct dhcp_session *session, struct dhcp_waiting *waiting)
{
	struct dhcp_waiting **link = &session->first_waiting, *previous = NULL;

	while (*link != waiting) {
		previous = *link;
		link = &(*link)->next;
	}
	*link = waiting->next;
	if (session->last_waiting == waiting)
		session->last_waiting = previous;
	session->n_waiting--;
}

static struct dhcp_turn turn_of(const struct dhcp_waiting *waiting)
{
	return (struct dhcp_turn){.exchange = &waiting->exchange,
		.message = &waiting->message,
		.arrival = &waiting->arrival,
		.offer = waiting->has_offer ? &waiting->offer : NULL};
}

static void probe(struct dhcp_session *session, struct dhcp_waiting *waiting, uint32_t address,
	int64_t now_ms, struct dhcp_actions *actions)
{
	struct dhcp_action *action = dhcp_actions_add(actions, DHCP_ACTION_PROBE);

	assert(action != NULL);
	action->address = address;
	action->interface = waiting->arrival.interface;
	action->source = waiting->arrival.local;
	waiting->address = address;
	waiting->due_ms = now_ms + PROBE_MS;
	waiting->n_probes++;
	waiting_add(session, waiting);
}

/* Keeps all that the OFFER needs; NULL when memory is short. */
static struct dhcp_waiting *waiting_new(const struct dhcp_turn *turn)
{
	struct dhcp_waiting *waiting = calloc(1, sizeof(*waiting));

	if (waiting == NULL)
		return NULL;
	waiting->exchange = *turn->exchange;
	waiting->message = *turn->message;
	waiting->arrival = *turn->arrival;
	waiting->has_offer = turn->offer != NULL;
	if (turn->offer != NULL)
		waiting->offer = *turn->offer;
	return waiting;
}

void dhcp_offer_clock(struct dhcp_session *session, int64_t now_ms)
{
	int64_t back_ms = session->now_ms - now_ms;

	session->now_ms = now_ms;
	for (struct dhcp_waiting *waiting = session->first_waiting; back_ms > 0 && waiting != NULL;
		waiting = waiting->next)
		waiting->due_ms -= back_ms;
}

/* Why there is no address for a client of that subnet. */
static const char *lack_of(const struct dhcp_session *session, const struct lease_subnet *subnet)
{
	for (size_t i = 0; i < session->config.n_pools; i++) {
		const struct dhcp_pool *pool = &session->config.pools[i];
		if (lease_subnet_has(subnet, pool->first) && lease_subnet_has(subnet, pool->last))
			return "every address of the pool is taken: make [dhcp] pool= larger or "
			       "lease= shorter";
	}
	return "no pool lies in the subnet that it is in: add one to [dhcp] pool=";
}

void dhcp_offer_discover(
	struct dhcp_session *session, const struct dhcp_turn *turn, struct dhcp_actions *actions)
{
	struct lease_subnet subnet = dhcp_subnet_of(session, turn->message, turn->arrival);
	struct lease_client client = dhcp_client_of(turn->message);
	int64_t now_ms = turn->arrival->now_ms;
	uint32_t address = choose(session, turn, &subnet, &client);

	if (address == 0) {
		actions->silence = lack_of(session, &subnet);
		return;
	}
	const struct lease *lease = leases_by_address(session->leases, address);
	if (lease != NULL && lease->is_probed && lease_is_of(lease, &client))
		return; /* it asks again while its answer is under way */
	bool is_probed = needs_probe(session, address, &client, now_ms);
	if (!hold(session, address, &client, is_probed, now_ms))
		return;
	if (!is_probed) {
		offer_send(session, turn, address, actions);
		return;
	}
	struct dhcp_waiting *waiting = waiting_new(turn);
	if (waiting == NULL)
		leases_give_back(
			session->leases, leases_by_address(session->leases, address), now_ms);
	else
		probe(session, waiting, address, now_ms, actions);
}

/* The lease that this DISCOVER waits for; NULL if it has gone another way meanwhile. */
static struct lease *lease_of(
	const struct dhcp_session *session, const struct dhcp_waiting *waiting)
{
	struct lease_client client = dhcp_client_of(&waiting->message);
	struct lease *lease = leases_by_address(session->leases, waiting->address);
	return lease != NULL && lease->is_probed && lease_is_of(lease, &client) ? lease : NULL;
}

/* The address is in use: the next one, until some limit ends it. Takes waiting over. */
static void try_another(struct dhcp_session *session, struct dhcp_waiting *waiting, int64_t now_ms,
	struct dhcp_actions *actions)
{
	struct dhcp_turn turn = turn_of(waiting);
	struct lease_subnet subnet = dhcp_subnet_of(session, turn.message, turn.arrival);
	struct lease_client client = dhcp_client_of(turn.message);
	uint32_t address =
		waiting->n_probes < PROBES_MAX ? choose(session, &turn, &subnet, &client) : 0;

	if (address == 0 || !hold(session, address, &client, true, now_ms))
		free(waiting); /* the client will ask again */
	else
		probe(session, waiting, address, now_ms, actions);
}

void dhcp_session_probed(struct dhcp_session *session, uint32_t address, int64_t now_ms,
	struct dhcp_actions *ret_actions)
{
	struct dhcp_waiting *waiting = session->first_waiting;
	const struct lease *lease = leases_by_address(session->leases, address);

	ret_actions->silence = NULL;
	ret_actions->n = 0;
	dhcp_offer_clock(session, now_ms);
	/* A bound address that answers is its client speaking. */
	if (lease == NULL || lease->state != LEASE_OFFERED)
		return;
	while (waiting != NULL && waiting->address != address)
		waiting = waiting->next;
	dhcp_put_aside(session, address, now_ms, ret_actions);
	if (waiting == NULL)
		return; /* late: the OFFER is out, and its REQUEST will get a NAK */
	waiting_remove(session, waiting);
	try_another(session, waiting, now_ms, ret_actions);
}

void dhcp_session_tick(
	struct dhcp_session *session, int64_t now_ms, struct dhcp_actions *ret_actions)
{
	ret_actions->silence = NULL;
	ret_actions->n = 0;
	dhcp_offer_clock(session, now_ms);
	while (session->first_waiting != NULL && session->first_waiting->due_ms <= now_ms &&
		ret_actions->n < DHCP_ACTIONS_MAX) {
		struct dhcp_waiting *waiting = session->first_waiting;
		struct lease *lease = lease_of(session, waiting);
		struct dhcp_turn turn = turn_of(waiting);
		waiting_remove(session, waiting);
		if (lease != NULL) {
			lease->is_probed = false;
			offer_send(session, &turn, waiting->address, ret_actions);
		}
		free(waiting);
	}
}

int64_t dhcp_session_next(const struct dhcp_session *session)
{
	return session->first_waiting != NULL ? session->first_waiting->due_ms : INT64_MAX;
}
