/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Thousands of clients that discover, request, renew, release, decline and lie at random, against a
 * model that knows only what went over the wire: no address may be leased to two clients at once,
 * also across restarts with what the store was told.
 */
#include "exchange.h"

#define N_CLIENTS 600
#define N_STEPS   60000
#define LEASE_S   600

struct crowd {
	struct dhcp_session_config config;
	struct dhcp_session *session;
	struct dhcp_arrival arrival;
	uint64_t random;
	struct exchanged got;
	/* Per client: the address it was last offered and that it believes to have. */
	uint32_t offered[N_CLIENTS], has[N_CLIENTS];
	/* Per address, counted from the first pool's first: who was last told it is his, until
	 * when; and what the store holds. */
	struct {
		int client; /* -1: nobody */
		int64_t until_ms;
		bool stored;
		struct dhcp_lease lease;
	} addresses[512];
	size_t n_acks, n_naks, n_offers, n_declined;
};

#define BASE 0xc0a80600U /* pools lie from here on, in a /23 */

static uint32_t next_random(struct crowd *crowd, uint32_t below)
{
	crowd->random ^= crowd->random << 13;
	crowd->random ^= crowd->random >> 7;
	crowd->random ^= crowd->random << 17;
	return (uint32_t)(crowd->random >> 20) % below;
}

static void check_ack(struct crowd *crowd, int client, uint32_t address)
{
	uint32_t at = address - BASE;
	assert_true(at < ARRAY_SIZE(crowd->addresses));
	/* Never the subnet's ends, ours, the router's. */
	assert_true(at != 0 && at != 511 && address != LOCAL && address != crowd->config.router);
	if (crowd->addresses[at].client != client &&
		crowd->addresses[at].until_ms > crowd->arrival.now_ms)
		fail_msg("address %u goes to client %d and is client %d's", at, client,
			crowd->addresses[at].client);
	/* By then it is on disk. */
	assert_true(crowd->addresses[at].stored);
	assert_int_equal(
		crowd->addresses[at].lease.expires_ms, crowd->arrival.now_ms + 1000 * LEASE_S);
	crowd->addresses[at].client = client;
	crowd->addresses[at].until_ms = crowd->arrival.now_ms + 1000 * LEASE_S;
	crowd->has[client] = address;
	crowd->n_acks++;
}

/* Does what the session asks for, in its order. */
static void perform(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->got.actions.n; i++) {
		const struct dhcp_action *action = &crowd->got.actions.list[i];
		uint32_t at = action->address - BASE;
		struct dhcp_message answer;
		switch (action->kind) {
		case DHCP_ACTION_LEASE_PUT:
			crowd->addresses[at].stored = true;
			crowd->addresses[at].lease = action->lease;
			break;
		case DHCP_ACTION_LEASE_REMOVE: crowd->addresses[at].stored = false; break;
		case DHCP_ACTION_PROBE: break;
		case DHCP_ACTION_SEND:
			assert_int_equal(
				dhcp_parse(action->bytes, action->n_bytes, &answer, NULL), 0);
			int client = answer.chaddr[4] << 8 | answer.chaddr[5];
			assert_in_range(client, 0, N_CLIENTS - 1);
			if (answer.type == DHCP_ACK) {
				check_ack(crowd, client, answer.yiaddr);
			} else if (answer.type == DHCP_OFFER) {
				crowd->offered[client] = answer.yiaddr;
				crowd->n_offers++;
			} else {
				crowd->has[client] = 0;
				crowd->n_naks++;
			}
			break;
		}
	}
	/* One in eight probed addresses is in use by a stranger. */
	for (size_t i = 0; i < crowd->got.actions.n; i++) {
		if (crowd->got.actions.list[i].kind != DHCP_ACTION_PROBE ||
			next_random(crowd, 8) != 0)
			continue;
		dhcp_session_probed(crowd->session, crowd->got.actions.list[i].address,
			crowd->arrival.now_ms, &crowd->got.actions);
		perform(crowd);
		break;
	}
}

static void step(struct crowd *crowd)
{
	int client = (int)next_random(crowd, N_CLIENTS);
	uint8_t mac[6] = {2, 0, 0, 0, (uint8_t)(client >> 8), (uint8_t)client};
	struct ask ask = {.mac = mac};
	uint32_t any = BASE + next_random(crowd, 512);
	uint32_t has = crowd->has[client];
	struct packet packet;

	switch (next_random(crowd, 12)) {
	case 0:
	case 1:
	case 2: ask.type = DHCP_DISCOVER; break;
	case 3:
		ask.type = DHCP_DISCOVER;
		ask.requested = any;
		break;
	case 4:
	case 5:
	case 6:
		ask.type = DHCP_REQUEST;
		ask.requested = crowd->offered[client];
		ask.server = LOCAL;
		break;
	case 7: /* a liar, or one that another server sent */
		ask.type = DHCP_REQUEST;
		ask.requested = any;
		ask.server = next_random(crowd, 2) == 0 ? LOCAL : next_random(crowd, 2) * OTHER;
		break;
	case 8:
		ask.type = DHCP_REQUEST;
		ask.ciaddr = next_random(crowd, 8) == 0 ? any : has;
		break;
	case 9:
		ask.type = DHCP_REQUEST;
		ask.requested = has;
		break;
	case 10:
		ask.type = DHCP_RELEASE;
		ask.ciaddr = next_random(crowd, 4) == 0 ? any : has;
		ask.server = LOCAL;
		break;
	default:
		if (next_random(crowd, 6) != 0)
			return;
		ask.type = DHCP_DECLINE;
		ask.requested = next_random(crowd, 4) == 0 ? any : has;
		ask.server = LOCAL;
		break;
	}
	/* What the client gives up is free in the model, too, if it was its own. */
	uint32_t gives_up = ask.type == DHCP_RELEASE   ? ask.ciaddr
			    : ask.type == DHCP_DECLINE ? ask.requested
						       : 0;
	if (gives_up != 0 && crowd->addresses[gives_up - BASE].client == client) {
		crowd->addresses[gives_up - BASE].client = -1;
		crowd->addresses[gives_up - BASE].until_ms = 0;
		crowd->has[client] = 0;
	}
	ask_packet(&packet, &ask);
	feed(crowd->session, &packet, &crowd->arrival, NULL, &crowd->got);
	for (size_t i = 0; i < crowd->got.actions.n; i++)
		if (crowd->got.actions.list[i].kind == DHCP_ACTION_LEASE_PUT &&
			crowd->got.actions.list[i].lease.declined)
			crowd->n_declined++;
	/* A client that takes another address has left the one it had. */
	if (crowd->got.sent != NULL && crowd->got.sent->type == DHCP_ACK && has != 0 &&
		has != crowd->got.answer.yiaddr && crowd->addresses[has - BASE].client == client)
		crowd->addresses[has - BASE].until_ms = 0;
	perform(crowd);
}

static void pass_time(struct crowd *crowd)
{
	crowd->arrival.now_ms += next_random(crowd, 40) == 0 ? 30000 : next_random(crowd, 50);
	while (dhcp_session_next(crowd->session) <= crowd->arrival.now_ms) {
		dhcp_session_tick(crowd->session, crowd->arrival.now_ms, &crowd->got.actions);
		perform(crowd);
	}
}

static void restart(struct crowd *crowd)
{
	crowd->session = dhcp_session_free(crowd->session);
	assert_int_equal(dhcp_session_new(&crowd->config, &crowd->session), 0);
	for (size_t i = 0; i < ARRAY_SIZE(crowd->addresses); i++)
		if (crowd->addresses[i].stored)
			assert_int_equal(
				dhcp_session_load(crowd->session, &crowd->addresses[i].lease), 0);
}

static void run(bool check_conflicts, uint32_t pool_size)
{
	static struct crowd crowd;
	struct dhcp_pool pools[] = {
		{BASE + 1, BASE + pool_size / 2}, {BASE + 250, BASE + 250 + pool_size / 2}};
	struct dhcp_reservation reservations[40];

	memset(&crowd, 0, sizeof(crowd));
	memset(reservations, 0, sizeof(reservations));
	for (size_t i = 0; i < ARRAY_SIZE(reservations); i++) {
		reservations[i].address = BASE + (uint32_t)(i * 13) + 5;
		reservations[i].mac[0] = 2;
		reservations[i].mac[5] = (uint8_t)(i * 3);
	}
	crowd.config = (struct dhcp_session_config){.mode = DHCP_MODE_SERVER,
		.pools = pools,
		.n_pools = ARRAY_SIZE(pools),
		.reservations = reservations,
		.n_reservations = ARRAY_SIZE(reservations),
		.lease_s = LEASE_S,
		.netmask = 0xfffffe00,
		.router = BASE + 1,
		.check_conflicts = check_conflicts};
	crowd.arrival = arrival_at(START);
	crowd.random = 0x2545f4914f6cdd1dU;
	for (size_t i = 0; i < ARRAY_SIZE(crowd.addresses); i++)
		crowd.addresses[i].client = -1;
	assert_int_equal(dhcp_session_new(&crowd.config, &crowd.session), 0);
	for (size_t i = 0; i < N_STEPS; i++) {
		step(&crowd);
		pass_time(&crowd);
		if (i % 10000 == 9999)
			restart(&crowd);
	}
	(void)dhcp_session_free(crowd.session);
	/* The run was worth its time. */
	assert_true(crowd.n_acks > 2000 && crowd.n_naks > 500 && crowd.n_offers > 2000);
	assert_true(crowd.n_declined > 20);
}

static void a_pool_for_all(void **state)
{
	(void)state;
	run(false, 480);
}

static void a_pool_too_small(void **state)
{
	(void)state;
	run(false, 60);
}

static void with_probes_answered_by_strangers(void **state)
{
	(void)state;
	run(true, 400);
}

/* ---- limits ---- */

/* A flood of DISCOVERs without REQUEST: offers held stay bounded, and a client that means it still
 * gets its address. */
static void a_flood_of_discovers(void **state)
{
	static const struct dhcp_pool pool[] = {{0x0a000001, 0x0a00fffe}};
	struct dhcp_session_config config = {.mode = DHCP_MODE_SERVER,
		.pools = pool,
		.n_pools = 1,
		.lease_s = 3600,
		.netmask = 0xffff0000,
		.check_conflicts = true};
	struct dhcp_arrival arrival = arrival_at(START);
	struct dhcp_session *session;
	struct exchanged got;
	size_t n_probes = 0, n_ticked = 0;
	(void)state;

	arrival.local = 0x0a00fff0;
	assert_int_equal(dhcp_session_new(&config, &session), 0);
	for (uint32_t i = 0; i < 20000; i++) {
		uint8_t mac[6] = {6, 0, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
		struct ask ask = {.type = DHCP_DISCOVER, .mac = mac};
		struct packet packet;
		ask_packet(&packet, &ask);
		feed(session, &packet, &arrival, NULL, &got);
		n_probes += find_action(&got, DHCP_ACTION_PROBE) != NULL;
	}
	assert_int_equal(n_probes, LIMIT_OFFERS_PENDING / 2);
	arrival.now_ms += 250;
	while (dhcp_session_next(session) <= arrival.now_ms) {
		dhcp_session_tick(session, arrival.now_ms, &got.actions);
		assert_true(got.actions.n > 0);
		n_ticked += got.actions.n;
	}
	assert_int_equal(n_ticked, LIMIT_OFFERS_PENDING / 2);
	struct ask ask = {.type = DHCP_DISCOVER};
	struct packet packet;
	ask_packet(&packet, &ask);
	feed(session, &packet, &arrival, NULL, &got);
	arrival.now_ms += 250;
	dhcp_session_tick(session, arrival.now_ms, &got.actions);
	read_sent(&got);
	assert_non_null(got.sent);
	ask = (struct ask){
		.type = DHCP_REQUEST, .requested = got.answer.yiaddr, .server = arrival.local};
	ask_packet(&packet, &ask);
	feed(session, &packet, &arrival, NULL, &got);
	assert_int_equal(got.sent->type, DHCP_ACK);
	(void)dhcp_session_free(session);
}

/* More addresses than LIMIT_LEASES: at the limit the oldest free one is given again, none is added.
 */
static void a_table_that_is_full(void **state)
{
	static const struct dhcp_pool pool[] = {{0x0a000001, 0x0afffffe}};
	struct dhcp_session_config config = {.mode = DHCP_MODE_SERVER,
		.pools = pool,
		.n_pools = 1,
		.lease_s = 3600,
		.netmask = 0xff000000};
	struct dhcp_arrival arrival = arrival_at(START);
	struct dhcp_session *session;
	struct exchanged got;
	size_t n_leased = 0;
	(void)state;

	arrival.local = 0x0affff00;
	assert_int_equal(dhcp_session_new(&config, &session), 0);
	for (uint32_t i = 0; i < LIMIT_LEASES + 100; i++) {
		uint8_t mac[6] = {6, 0, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
		struct ask ask = {.type = DHCP_DISCOVER, .mac = mac};
		struct packet packet;
		ask_packet(&packet, &ask);
		feed(session, &packet, &arrival, NULL, &got);
		if (got.sent == NULL)
			continue;
		ask = (struct ask){.type = DHCP_REQUEST,
			.mac = mac,
			.requested = got.answer.yiaddr,
			.server = arrival.local};
		ask_packet(&packet, &ask);
		feed(session, &packet, &arrival, NULL, &got);
		n_leased += got.sent != NULL && got.sent->type == DHCP_ACK;
	}
	assert_int_equal(n_leased, LIMIT_LEASES);
	arrival.now_ms += 3600000;
	struct ask ask = {.type = DHCP_DISCOVER};
	struct packet packet;
	ask_packet(&packet, &ask);
	feed(session, &packet, &arrival, NULL, &got);
	assert_in_range(
		got.answer.yiaddr, 0x0a000001, LIMIT_LEASES + 0x0a000000); /* not a new one */
	(void)dhcp_session_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pool_for_all),
		cmocka_unit_test(a_pool_too_small),
		cmocka_unit_test(with_probes_answered_by_strangers),
		cmocka_unit_test(a_flood_of_discovers),
		cmocka_unit_test(a_table_that_is_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
