/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session/dhcp beside a foreign DHCP server, port 4011, and where answers go. */
#include "exchange.h"

static const struct pxe_offer OFFER = {.style = PXE_OFFER_DIRECT,
	.server = LOCAL,
	.file = "b\\id\\bootx64.efi",
	.bcd_path = "\\b\\id\\BCD"};

static struct dhcp_session *session_in(enum dhcp_mode mode)
{
	static const struct dhcp_pool pools[] = {{0xc0a80764, 0xc0a80795}};
	struct dhcp_session_config config = {
		.mode = mode, .pools = pools, .n_pools = 1, .lease_s = 3600};
	struct dhcp_session *session;
	assert_int_equal(dhcp_session_new(&config, &session), 0);
	return session;
}

/* Mode, port and message -> kind of exchange. */
static void kinds(void **state)
{
	static const struct {
		enum dhcp_mode mode;
		uint16_t port;
		struct ask ask;
		enum dhcp_exchange_kind want;
		bool wants_decision;
	} cases[] = {
		{DHCP_MODE_OFF, 67, {.type = DHCP_DISCOVER, .boots = true}, DHCP_IGNORED, false},
		{DHCP_MODE_OFF, 4011, {.type = DHCP_REQUEST, .boots = true}, DHCP_IGNORED, false},
		{DHCP_MODE_PROXY, 67, {.type = DHCP_DISCOVER}, DHCP_IGNORED, false},
		{DHCP_MODE_PROXY, 67, {.type = DHCP_DISCOVER, .boots = true}, DHCP_PROXY_DISCOVER,
			true},
		{DHCP_MODE_PROXY, 67,
			{.type = DHCP_REQUEST, .boots = true, .server = OTHER, .requested = CLIENT},
			DHCP_FOREIGN_REQUEST, false},
		{DHCP_MODE_PROXY, 67,
			{.type = DHCP_REQUEST, .boots = true, .server = LOCAL, .requested = CLIENT},
			DHCP_FOREIGN_REQUEST, false},
		{DHCP_MODE_PROXY, 67, {.type = DHCP_REQUEST, .ciaddr = CLIENT},
			DHCP_FOREIGN_REQUEST, false},
		{DHCP_MODE_PROXY, 67, {.type = DHCP_INFORM, .boots = true, .ciaddr = CLIENT},
			DHCP_IGNORED, false},
		{DHCP_MODE_PROXY, 67, {.type = DHCP_RELEASE, .ciaddr = CLIENT}, DHCP_IGNORED,
			false},
		{DHCP_MODE_PROXY, 67, {.type = DHCP_OFFER, .boots = true}, DHCP_IGNORED, false},
		{DHCP_MODE_PROXY, 67, {.type = 0, .boots = true}, DHCP_IGNORED, false},
		{DHCP_MODE_PROXY, 67, {.type = 13, .boots = true}, DHCP_IGNORED, false},
		{DHCP_MODE_PROXY, 4011, {.type = DHCP_REQUEST, .boots = true, .ciaddr = CLIENT},
			DHCP_BOOT_REQUEST, true},
		{DHCP_MODE_PROXY, 4011, {.type = DHCP_INFORM, .boots = true, .ciaddr = CLIENT},
			DHCP_BOOT_REQUEST, true},
		{DHCP_MODE_PROXY, 4011, {.type = DHCP_DISCOVER, .boots = true}, DHCP_BOOT_REQUEST,
			true},
		{DHCP_MODE_PROXY, 4011, {.type = DHCP_REQUEST, .ciaddr = CLIENT}, DHCP_IGNORED,
			false},
		{DHCP_MODE_PROXY, 4011, {.type = DHCP_RELEASE, .boots = true}, DHCP_IGNORED, false},
		{DHCP_MODE_SERVER, 4011, {.type = DHCP_REQUEST, .boots = true, .ciaddr = CLIENT},
			DHCP_BOOT_REQUEST, true},
		{DHCP_MODE_SERVER, 67, {.type = DHCP_DISCOVER}, DHCP_SERVER_DISCOVER, false},
		{DHCP_MODE_SERVER, 67, {.type = DHCP_DISCOVER, .boots = true}, DHCP_SERVER_DISCOVER,
			true},
		{DHCP_MODE_SERVER, 67,
			{.type = DHCP_REQUEST, .boots = true, .server = LOCAL, .requested = CLIENT},
			DHCP_SERVER_REQUEST, true},
		{DHCP_MODE_SERVER, 67,
			{.type = DHCP_REQUEST, .boots = true, .server = OTHER, .requested = CLIENT},
			DHCP_FOREIGN_REQUEST, false},
		{DHCP_MODE_SERVER, 67, {.type = DHCP_REQUEST, .ciaddr = CLIENT},
			DHCP_SERVER_REQUEST, false},
		{DHCP_MODE_SERVER, 67, {.type = DHCP_INFORM, .ciaddr = CLIENT}, DHCP_SERVER_INFORM,
			false},
		{DHCP_MODE_SERVER, 67, {.type = DHCP_INFORM}, DHCP_IGNORED, false},
		{DHCP_MODE_SERVER, 67, {.type = DHCP_DECLINE, .server = LOCAL, .requested = CLIENT},
			DHCP_SERVER_DECLINE, false},
		{DHCP_MODE_SERVER, 67, {.type = DHCP_DECLINE, .server = OTHER, .requested = CLIENT},
			DHCP_IGNORED, false},
		{DHCP_MODE_SERVER, 67, {.type = DHCP_RELEASE, .ciaddr = CLIENT, .server = LOCAL},
			DHCP_SERVER_RELEASE, false},
		{DHCP_MODE_SERVER, 67, {.type = DHCP_ACK}, DHCP_IGNORED, false},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct dhcp_session *session = session_in(cases[i].mode);
		struct dhcp_arrival arrival = arrival_at(START);
		struct packet packet;
		struct exchanged got;
		arrival.local_port = cases[i].port;
		arrival.source = cases[i].port == 4011 ? CLIENT : 0;
		ask_packet(&packet, &cases[i].ask);
		feed(session, &packet, &arrival, &OFFER, &got);
		if (got.exchange.kind != cases[i].want ||
			got.exchange.wants_decision != cases[i].wants_decision)
			fail_msg("case %zu: kind %d, %s", i, got.exchange.kind,
				got.exchange.reason != NULL ? got.exchange.reason : "-");
		if (cases[i].want == DHCP_IGNORED) {
			assert_non_null(got.exchange.reason);
			assert_int_equal(got.actions.n, 0);
		}
		if (cases[i].want == DHCP_FOREIGN_REQUEST) {
			assert_int_equal(got.exchange.address, CLIENT);
			assert_memory_equal(got.exchange.mac, SAMPLE_MAC, 6);
			assert_int_equal(got.actions.n, 0); /* never an ACK for another server */
		}
		(void)dhcp_session_free(session);
	}
}

static void hops(void **state)
{
	static const struct {
		uint8_t hops;
		enum dhcp_exchange_kind want;
	} cases[] = {{0, DHCP_PROXY_DISCOVER}, {16, DHCP_PROXY_DISCOVER}, {17, DHCP_IGNORED},
		{255, DHCP_IGNORED}};
	struct dhcp_session *session = session_in(DHCP_MODE_PROXY);
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct dhcp_arrival arrival = arrival_at(START);
		struct packet packet;
		struct exchanged got;
		sample_edk2(&packet, DHCP_DISCOVER);
		packet.bytes[PACKET_HOPS] = cases[i].hops;
		feed(session, &packet, &arrival, &OFFER, &got);
		assert_int_equal(got.exchange.kind, cases[i].want);
	}
	(void)dhcp_session_free(session);
}

static void answers_of_servers_and_nameless_ones_are_ignored(void **state)
{
	struct dhcp_session *session = session_in(DHCP_MODE_PROXY);
	struct dhcp_arrival arrival = arrival_at(START);
	struct packet packet;
	struct exchanged got;
	(void)state;

	sample_edk2(&packet, DHCP_DISCOVER);
	packet.bytes[0] = DHCP_OP_REPLY;
	feed(session, &packet, &arrival, &OFFER, &got);
	assert_int_equal(got.exchange.kind, DHCP_IGNORED);
	sample_edk2(&packet, DHCP_DISCOVER);
	packet.bytes[2] = 0; /* hlen, and no option 61 */
	feed(session, &packet, &arrival, &OFFER, &got);
	assert_int_equal(got.exchange.kind, DHCP_IGNORED);
	(void)dhcp_session_free(session);
}

static void proxy_offer(void **state)
{
	struct dhcp_session *session = session_in(DHCP_MODE_PROXY);
	struct dhcp_arrival arrival = arrival_at(START);
	struct packet packet;
	struct exchanged got;
	static const uint8_t uuid[] = {SAMPLE_UUID};
	size_t n;
	(void)state;

	sample_edk2(&packet, DHCP_DISCOVER);
	feed(session, &packet, &arrival, &OFFER, &got);
	assert_non_null(got.sent);
	assert_int_equal(got.sent->type, DHCP_OFFER);
	assert_int_equal(got.sent->destination, ALL);
	assert_int_equal(got.sent->destination_port, 68);
	assert_int_equal(got.sent->source, LOCAL);
	assert_int_equal(got.sent->source_port, 67);
	assert_int_equal(got.sent->interface, 4);
	assert_false(got.sent->to_hardware);
	assert_int_equal(got.answer.yiaddr, 0);
	assert_int_equal(got.answer.siaddr, LOCAL);
	assert_int_equal(got.answer.xid, 0x3c8a17e2);
	assert_int_equal(option_u32(&got.answer, DHCP_OPT_SERVER_ID), LOCAL);
	assert_string_equal(got.answer.file, OFFER.file);
	assert_memory_equal(dhcp_option(&got.answer, DHCP_OPT_UUID, &n), uuid, sizeof(uuid));
	assert_memory_equal(dhcp_option(&got.answer, DHCP_OPT_VENDOR_CLASS, &n), "PXEClient", 9);
	/* A proxy says nothing about addresses. */
	static const uint8_t never[] = {DHCP_OPT_SUBNET_MASK, DHCP_OPT_ROUTER, DHCP_OPT_DNS,
		DHCP_OPT_LEASE_TIME, DHCP_OPT_T1, DHCP_OPT_T2};
	for (size_t i = 0; i < sizeof(never); i++)
		assert_null(dhcp_option(&got.answer, never[i], &n));
	/* And nothing at all when the decision is not to boot it. */
	feed(session, &packet, &arrival, NULL, &got);
	assert_int_equal(got.actions.n, 0);
	(void)dhcp_session_free(session);
}

/* The broadcast flag is off in a proxied client without an address: still only a broadcast reaches
 * it. */
static void proxy_offers_are_broadcast_without_the_flag(void **state)
{
	struct dhcp_session *session = session_in(DHCP_MODE_PROXY);
	struct dhcp_arrival arrival = arrival_at(START);
	struct packet packet;
	struct exchanged got;
	(void)state;

	sample_ipxe(&packet, DHCP_DISCOVER);
	feed(session, &packet, &arrival, &OFFER, &got);
	assert_int_equal(got.sent->destination, ALL);
	assert_false(got.sent->to_hardware);
	(void)dhcp_session_free(session);
}

static void relayed(void **state)
{
	struct dhcp_session *session = session_in(DHCP_MODE_PROXY);
	struct dhcp_arrival arrival = arrival_at(START);
	struct packet packet;
	struct exchanged got;
	size_t n;
	(void)state;

	for (int broadcast = 0; broadcast <= 1; broadcast++) {
		struct ask ask = {.type = DHCP_DISCOVER,
			.boots = true,
			.giaddr = RELAY,
			.broadcast = broadcast != 0};
		ask_packet(&packet, &ask);
		packet.bytes[PACKET_HOPS] = 1;
		arrival.source = RELAY;
		arrival.source_port = 67;
		feed(session, &packet, &arrival, &OFFER, &got);
		assert_int_equal(got.sent->destination, RELAY);
		assert_int_equal(got.sent->destination_port, 67);
		assert_int_equal(got.sent->interface, 0);
		assert_int_equal(got.answer.giaddr, RELAY);
		/* The relay has no address to unicast to. */
		assert_int_equal(got.answer.flags, DHCP_FLAG_BROADCAST);
		assert_memory_equal(
			dhcp_option(&got.answer, DHCP_OPT_RELAY_AGENT, &n), "\1\4eth7", 6);
		size_t end = got.sent->n_bytes;
		while (got.sent->bytes[end - 1] == 0)
			end--;
		assert_memory_equal(got.sent->bytes + end - 9, "\x52\x06\1\4eth7\xff", 9);
	}
	(void)dhcp_session_free(session);
}

static void port_4011_answers_to_where_it_came_from(void **state)
{
	static const enum dhcp_mode modes[] = {DHCP_MODE_PROXY, DHCP_MODE_SERVER};
	static const struct {
		uint32_t ciaddr, giaddr;
		uint16_t source_port;
		uint8_t type, want;
		bool broadcast;
	} cases[] = {
		{CLIENT, 0, 68, DHCP_REQUEST, DHCP_ACK, true},
		{CLIENT, 0, 4011, DHCP_REQUEST, DHCP_ACK, false},
		{0, 0, 1034, DHCP_REQUEST, DHCP_ACK, true},
		{CLIENT, RELAY, 68, DHCP_REQUEST, DHCP_ACK, false},
		{CLIENT, 0, 68, DHCP_INFORM, DHCP_ACK, false},
		{0, 0, 68, DHCP_DISCOVER, DHCP_OFFER, false},
	};
	struct pxe_offer offer = OFFER;
	(void)state;

	offer.style = PXE_OFFER_FINAL;
	for (size_t i = 0; i < ARRAY_SIZE(modes) * ARRAY_SIZE(cases); i++) {
		size_t k = i % ARRAY_SIZE(cases);
		struct dhcp_session *session = session_in(modes[i / ARRAY_SIZE(cases)]);
		struct dhcp_arrival arrival = arrival_at(START);
		struct ask ask = {.type = cases[k].type,
			.boots = true,
			.ciaddr = cases[k].ciaddr,
			.giaddr = cases[k].giaddr,
			.broadcast = cases[k].broadcast};
		struct packet packet;
		struct exchanged got;
		arrival.source = CLIENT;
		arrival.source_port = cases[k].source_port;
		arrival.local_port = 4011;
		ask_packet(&packet, &ask);
		feed(session, &packet, &arrival, &offer, &got);
		assert_int_equal(got.sent->type, cases[k].want);
		assert_int_equal(got.sent->destination, CLIENT);
		assert_int_equal(got.sent->destination_port, cases[k].source_port);
		assert_int_equal(got.sent->source_port, 4011);
		assert_int_equal(got.sent->interface, 0);
		assert_int_equal(got.answer.ciaddr, cases[k].ciaddr);
		assert_int_equal(got.answer.yiaddr, 0);
		assert_int_equal(got.answer.siaddr, LOCAL);
		assert_string_equal(got.answer.file, OFFER.file);
		feed(session, &packet, &arrival, NULL, &got);
		assert_int_equal(got.actions.n, 0);
		arrival.source = 0;
		feed(session, &packet, &arrival, &offer, &got);
		assert_int_equal(got.exchange.kind, DHCP_IGNORED);
		(void)dhcp_session_free(session);
	}
}

static void http_clients_get_an_url(void **state)
{
	struct dhcp_session *session = session_in(DHCP_MODE_PROXY);
	struct dhcp_arrival arrival = arrival_at(START);
	struct pxe_offer offer = {.style = PXE_OFFER_HTTP,
		.server = LOCAL,
		.file = "http://192.168.7.2/EFI/Boot/bootx64.efi"};
	struct packet packet;
	struct exchanged got;
	size_t n;
	(void)state;

	sample_http(&packet, DHCP_DISCOVER);
	feed(session, &packet, &arrival, &offer, &got);
	assert_int_equal(got.answer.type, DHCP_OFFER);
	assert_int_equal(got.answer.yiaddr, 0);
	assert_memory_equal(dhcp_option(&got.answer, DHCP_OPT_VENDOR_CLASS, &n), "HTTPClient", 10);
	assert_string_equal(
		(const char *)dhcp_option(&got.answer, DHCP_OPT_BOOT_FILE, &n), offer.file);
	(void)dhcp_session_free(session);
}

/* An offer for a client that never asked to boot (a caller's mistake) stays out of its answer. */
static void no_boot_options_unasked(void **state)
{
	struct dhcp_session *session = session_in(DHCP_MODE_SERVER);
	struct dhcp_arrival arrival = arrival_at(START);
	struct packet packet;
	struct exchanged got;
	size_t n;
	(void)state;

	sample_ordinary(&packet, DHCP_DISCOVER);
	feed(session, &packet, &arrival, &OFFER, &got);
	assert_int_equal(got.answer.type, DHCP_OFFER);
	assert_int_equal(got.answer.siaddr, 0);
	assert_string_equal(got.answer.file, "");
	assert_null(dhcp_option(&got.answer, DHCP_OPT_VENDOR_CLASS, &n));
	assert_null(dhcp_option(&got.answer, DHCP_OPT_BOOT_FILE, &n));
	(void)dhcp_session_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(hops),
		cmocka_unit_test(answers_of_servers_and_nameless_ones_are_ignored),
		cmocka_unit_test(proxy_offer),
		cmocka_unit_test(proxy_offers_are_broadcast_without_the_flag),
		cmocka_unit_test(relayed),
		cmocka_unit_test(port_4011_answers_to_where_it_came_from),
		cmocka_unit_test(http_clients_get_an_url),
		cmocka_unit_test(no_boot_options_unasked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
