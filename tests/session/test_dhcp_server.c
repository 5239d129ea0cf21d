/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session/dhcp as the server of a network: DORA, the four states of REQUEST, and what goes wrong.
 */
#include "server_world.h"

#include <errno.h>

static void dora(void **state)
{
	struct world world;
	static const uint8_t dns[] = {192, 168, 7, 1, 8, 8, 8, 8};
	size_t n;
	(void)state;

	world_new(&world, 0, false);
	assert_int_equal(discover(&world, SAMPLE_MAC, 0), FIRST);
	const struct dhcp_message *answer = &world.got.answer;
	assert_int_equal(option_u32(answer, DHCP_OPT_SERVER_ID), LOCAL);
	assert_int_equal(option_u32(answer, DHCP_OPT_LEASE_TIME), 3600);
	assert_int_equal(option_u32(answer, DHCP_OPT_SUBNET_MASK), 0xffffff00);
	assert_int_equal(option_u32(answer, DHCP_OPT_ROUTER), 0xc0a80701);
	assert_int_equal(option_u32(answer, DHCP_OPT_BROADCAST_ADDRESS), 0xc0a807ff);
	assert_memory_equal(dhcp_option(answer, DHCP_OPT_DNS, &n), dns, sizeof(dns));
	assert_memory_equal(dhcp_option(answer, DHCP_OPT_DOMAIN_NAME, &n), "lab.example", 11);
	assert_null(find_action(&world.got, DHCP_ACTION_LEASE_PUT)); /* nothing promised yet */

	assert_int_equal(request(&world, SAMPLE_MAC, FIRST), DHCP_ACK);
	assert_int_equal(world.got.answer.yiaddr, FIRST);
	assert_int_equal(world.got.actions.n, 2);
	/* The lease is on disk before the client hears of it. */
	const struct dhcp_action *put = &world.got.actions.list[0];
	assert_int_equal(put->kind, DHCP_ACTION_LEASE_PUT);
	assert_int_equal(put->lease.address, FIRST);
	assert_int_equal(put->lease.expires_ms, START + 3600000);
	assert_int_equal(put->lease.client_id_size, 7);
	assert_memory_equal(put->lease.client_id, "\1\x52\x54\0\x12\x34\x56", 7);
	assert_memory_equal(put->lease.mac, SAMPLE_MAC, 6);
	assert_false(put->lease.declined);
	world_free(&world);
}

/* RFC 2131 4.1: who gets its answer how. */
static void where_answers_go(void **state)
{
	static const struct {
		struct ask ask;
		uint32_t destination;
		uint16_t port;
		bool to_hardware;
	} cases[] = {
		{{.type = DHCP_DISCOVER}, FIRST, 68, true},
		{{.type = DHCP_DISCOVER, .broadcast = true}, ALL, 68, false},
		{{.type = DHCP_DISCOVER, .giaddr = RELAY}, RELAY, 67, false},
		{{.type = DHCP_DISCOVER, .giaddr = RELAY, .broadcast = true}, RELAY, 67, false},
		{{.type = DHCP_INFORM, .ciaddr = CLIENT}, CLIENT, 68, false},
		{{.type = DHCP_INFORM, .ciaddr = FAR, .giaddr = RELAY}, FAR, 68, false},
		/* A NAK is broadcast, whatever the flag says. */
		{{.type = DHCP_REQUEST, .requested = CLIENT, .server = LOCAL}, ALL, 68, false},
		{{.type = DHCP_REQUEST, .requested = CLIENT, .giaddr = RELAY}, RELAY, 67, false},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;
		world_new(&world, 0, false);
		assert_int_not_equal(say(&world, &cases[i].ask), DHCP_NONE);
		if (world.got.sent->destination != cases[i].destination ||
			world.got.sent->destination_port != cases[i].port ||
			world.got.sent->to_hardware != cases[i].to_hardware)
			fail_msg("case %zu: to %08x:%u", i, world.got.sent->destination,
				world.got.sent->destination_port);
		bool on_link = cases[i].destination == ALL || cases[i].to_hardware;
		assert_int_equal(world.got.sent->interface, on_link ? 4 : 0);
		if (cases[i].to_hardware)
			assert_memory_equal(world.got.sent->mac, SAMPLE_MAC, 6);
		world_free(&world);
	}
}

/* Option 55 chooses among the ordinary options; boot information comes anyway. */
static void only_what_was_asked_for(void **state)
{
	struct world world;
	struct packet packet;
	struct pxe_offer offer = {.style = PXE_OFFER_DIRECT, .server = LOCAL, .file = "x.efi"};
	size_t n;
	(void)state;

	world_new(&world, 0, false);
	packet_start(&packet, 1, SAMPLE_MAC, DHCP_DISCOVER);
	PACKET_OPTION(&packet, DHCP_OPT_PARAMETER_LIST, 1, 58, 59);
	packet_option(&packet, DHCP_OPT_VENDOR_CLASS, "PXEClient:Arch:00007:UNDI:003016", 32);
	packet_end(&packet);
	feed(world.session, &packet, &world.arrival, &offer, &world.got);
	const struct dhcp_message *answer = &world.got.answer;
	assert_int_equal(answer->yiaddr, FIRST);
	assert_int_equal(option_u32(answer, DHCP_OPT_SUBNET_MASK), 0xffffff00);
	assert_int_equal(option_u32(answer, DHCP_OPT_T1), 1800);
	assert_int_equal(option_u32(answer, DHCP_OPT_T2), 3150);
	assert_null(dhcp_option(answer, DHCP_OPT_ROUTER, &n));
	assert_null(dhcp_option(answer, DHCP_OPT_DNS, &n));
	assert_null(dhcp_option(answer, DHCP_OPT_DOMAIN_NAME, &n));
	assert_int_equal(answer->siaddr, LOCAL);
	assert_string_equal(answer->file, "x.efi");
	assert_non_null(dhcp_option(answer, DHCP_OPT_VENDOR_SPECIFIC, &n));
	assert_non_null(dhcp_option(answer, DHCP_OPT_BOOT_FILE, &n));
	/* The ACK says the same. */
	packet_start(&packet, 1, SAMPLE_MAC, DHCP_REQUEST);
	packet_option_u32(&packet, DHCP_OPT_REQUESTED_ADDRESS, FIRST);
	packet_option_u32(&packet, DHCP_OPT_SERVER_ID, LOCAL);
	packet_option(&packet, DHCP_OPT_VENDOR_CLASS, "PXEClient:Arch:00007:UNDI:003016", 32);
	packet_end(&packet);
	feed(world.session, &packet, &world.arrival, &offer, &world.got);
	assert_int_equal(answer->type, DHCP_ACK);
	assert_string_equal(answer->file, "x.efi");
	world_free(&world);
}

/* A ROM without option 57 takes 548 bytes: what only comforts gives way to what boots. */
static void boot_information_goes_before_comfort(void **state)
{
	struct dhcp_session_config config = config_of(0, false);
	struct pxe_offer offer = {.style = PXE_OFFER_DIRECT, .server = LOCAL};
	struct dhcp_arrival arrival = arrival_at(START);
	struct dhcp_session *session;
	struct exchanged got;
	struct packet packet;
	size_t n;
	(void)state;

	memset(config.domain, 'd', sizeof(config.domain) - 1);
	memset(offer.file, 'f', 127);
	memset(offer.bcd_path, 'b', sizeof(offer.bcd_path) - 1);
	assert_int_equal(dhcp_session_new(&config, &session), 0);
	packet_start(&packet, 1, SAMPLE_MAC, DHCP_DISCOVER);
	packet_option(&packet, DHCP_OPT_VENDOR_CLASS, "PXEClient", 9);
	packet_end(&packet);
	feed(session, &packet, &arrival, &offer, &got);
	assert_non_null(got.sent);
	assert_in_range(got.sent->n_bytes, 300, 548);
	assert_string_equal(got.answer.file, offer.file);
	assert_non_null(dhcp_option(&got.answer, DHCP_OPT_BCD_PATH, &n));
	assert_int_equal(n, sizeof(offer.bcd_path));
	assert_int_equal(option_u32(&got.answer, DHCP_OPT_ROUTER), 0xc0a80701);
	assert_null(dhcp_option(&got.answer, DHCP_OPT_DOMAIN_NAME, &n));
	(void)dhcp_session_free(session);
}

static void a_client_keeps_its_address(void **state)
{
	struct world world;
	(void)state;

	world_new(&world, 0, false);
	uint32_t a = lease(&world, SAMPLE_MAC);
	uint32_t b = lease(&world, MAC_B);
	assert_int_not_equal(a, b);
	assert_int_equal(discover(&world, SAMPLE_MAC, 0), a);
	/* Also after it has run out, as long as nobody needs it. */
	world.arrival.now_ms += 3600000 + 1;
	assert_int_equal(discover(&world, MAC_B, 0), b);
	assert_int_equal(discover(&world, SAMPLE_MAC, 0), a);
	/* A wish is granted if the address is free. */
	assert_int_equal(discover(&world, MAC_C, LAST), LAST);
	world_free(&world);
}

static void wishes_that_are_not_granted(void **state)
{
	static const uint32_t wishes[] = {
		0xc0a80700, 0xc0a807ff, LOCAL, 0xc0a80701, FIRST, CLIENT, FAR, 1, 0xffffffff};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
		struct world world;
		world_new(&world, 0, false);
		assert_int_equal(lease(&world, SAMPLE_MAC), FIRST);
		assert_int_equal(discover(&world, MAC_B, wishes[i]), FIRST + 1);
		world_free(&world);
	}
}

static void the_option_is_the_client_not_the_card(void **state)
{
	struct world world;
	struct packet packet;
	(void)state;

	world_new(&world, 0, false);
	uint32_t a = lease(&world, SAMPLE_MAC);
	/* The same identifier from another card is the same client (RFC 2131 4.2). */
	packet_start(&packet, 1, MAC_B, DHCP_DISCOVER);
	PACKET_OPTION(&packet, DHCP_OPT_CLIENT_ID, 1, 0x52, 0x54, 0, 0x12, 0x34, 0x56);
	packet_end(&packet);
	feed(world.session, &packet, &world.arrival, NULL, &world.got);
	assert_int_equal(world.got.answer.yiaddr, a);
	size_t n;
	assert_non_null(dhcp_option(&world.got.answer, DHCP_OPT_CLIENT_ID, &n)); /* RFC 6842 */
	assert_int_equal(n, 7);
	/* Another identifier on the same card is another client (RFC 4361's DUID). */
	packet_start(&packet, 1, SAMPLE_MAC, DHCP_DISCOVER);
	PACKET_OPTION(&packet, DHCP_OPT_CLIENT_ID, 255, 0, 0, 0, 1, 0, 2, 0, 0, 0xab, 0x11);
	packet_end(&packet);
	feed(world.session, &packet, &world.arrival, NULL, &world.got);
	assert_int_not_equal(world.got.answer.yiaddr, a);
	world_free(&world);
}

static void an_empty_pool_is_silent_until_a_lease_runs_out(void **state)
{
	struct world world;
	(void)state;

	world_new(&world, 0, false);
	for (uint8_t i = 0; i < 4; i++) {
		uint8_t mac[6] = {2, 0, 0, 0, 0, i};
		world.arrival.now_ms += 1000;
		assert_int_equal(lease(&world, mac), FIRST + i);
	}
	assert_null(world.got.actions.silence);
	assert_int_equal(discover(&world, MAC_B, 0), 0);
	/* Silent to the client, not to the administrator. */
	assert_non_null(strstr(world.got.actions.silence, "every address"));
	/* The first to run out is the first to be given on. */
	world.arrival.now_ms = START + 1000 + 3600000;
	assert_int_equal(discover(&world, MAC_B, 0), FIRST);
	assert_int_equal(discover(&world, MAC_C, 0), 0);
	world_free(&world);
}

static void an_offer_is_held_for_a_minute(void **state)
{
	struct world world;
	(void)state;

	world_new(&world, 0, false);
	for (uint8_t i = 0; i < 4; i++) {
		uint8_t mac[6] = {2, 0, 0, 0, 0, i};
		assert_int_equal(discover(&world, mac, 0), FIRST + i);
	}
	assert_int_equal(discover(&world, MAC_B, 0), 0);
	world.arrival.now_ms += 60000;
	assert_int_equal(discover(&world, MAC_B, 0), FIRST);
	world_free(&world);
}

static void reservations(void **state)
{
	struct world world;
	(void)state;

	world_new(&world, ARRAY_SIZE(KEPT), false);
	assert_int_equal(lease(&world, SAMPLE_MAC), FIRST + 1); /* FIRST is kept for another */
	assert_int_equal(lease(&world, MAC_KEPT), FIRST);
	assert_int_equal(discover(&world, MAC_B, FIRST), FIRST + 2);
	assert_int_equal(request(&world, MAC_B, FIRST), DHCP_NAK);
	/* By UUID, outside the pool; then the system that was booted shows no UUID. */
	assert_int_equal(
		SAY(&world, .type = DHCP_DISCOVER, .mac = MAC_C, .boots = true), DHCP_OFFER);
	assert_int_equal(world.got.answer.yiaddr, LAST + 5);
	assert_int_equal(SAY(&world, .type = DHCP_REQUEST, .mac = MAC_C, .boots = true,
				 .requested = LAST + 5, .server = LOCAL),
		DHCP_ACK);
	assert_int_equal(discover(&world, MAC_C, 0), LAST + 5);
	assert_int_equal(request(&world, MAC_C, LAST + 5), DHCP_ACK);
	/* Each subnet has its own. */
	assert_int_equal(
		SAY(&world, .type = DHCP_DISCOVER, .mac = MAC_KEPT, .giaddr = RELAY), DHCP_OFFER);
	assert_int_equal(world.got.answer.yiaddr, FAR + 8);
	/* It remembers its kept address and we have forgotten the lease: it still is its own. */
	world.arrival.now_ms += 7200000;
	assert_int_equal(
		SAY(&world, .type = DHCP_REQUEST, .mac = MAC_KEPT, .requested = FIRST), DHCP_ACK);
	world_free(&world);
}

/* A reservation made later: the client moves there with its next DISCOVER, and leaves the old. */
static void moving_to_a_reservation(void **state)
{
	struct world world;
	struct dhcp_lease old = {.address = LAST,
		.client_id = {1, 0x52, 0x54, 0, 0, 0, 0xee},
		.client_id_size = 7,
		.mac = {0x52, 0x54, 0, 0, 0, 0xee},
		.expires_ms = START + 1000000};
	(void)state;

	world_new(&world, ARRAY_SIZE(KEPT), false);
	assert_int_equal(dhcp_session_load(world.session, &old), 0);
	assert_int_equal(discover(&world, MAC_KEPT, LAST), FIRST);
	assert_int_equal(request(&world, MAC_KEPT, FIRST), DHCP_ACK);
	const struct dhcp_action *removed = find_action(&world.got, DHCP_ACTION_LEASE_REMOVE);
	assert_non_null(removed);
	assert_int_equal(removed->address, LAST);
	assert_int_equal(discover(&world, MAC_B, LAST), LAST);
	world_free(&world);
}

static void the_relay_picks_the_pool(void **state)
{
	struct world world;
	size_t n;
	(void)state;

	world_new(&world, 0, false);
	assert_int_equal(
		SAY(&world, .type = DHCP_DISCOVER, .mac = MAC_B, .giaddr = RELAY), DHCP_OFFER);
	assert_int_equal(world.got.answer.yiaddr, FAR);
	assert_int_equal(world.got.answer.giaddr, RELAY);
	assert_memory_equal(
		dhcp_option(&world.got.answer, DHCP_OPT_RELAY_AGENT, &n), "\1\4eth7", 6);
	/* Our own router is not in that subnet; the relay is. */
	assert_int_equal(option_u32(&world.got.answer, DHCP_OPT_ROUTER), RELAY);
	assert_int_equal(SAY(&world, .type = DHCP_REQUEST, .mac = MAC_B, .giaddr = RELAY,
				 .requested = FAR, .server = LOCAL),
		DHCP_ACK);
	/* It renews by unicast, which no relay marks. */
	world.arrival.source = FAR;
	assert_int_equal(SAY(&world, .type = DHCP_REQUEST, .mac = MAC_B, .ciaddr = FAR), DHCP_ACK);
	assert_int_equal(world.got.sent->destination, FAR);
	assert_int_equal(world.got.answer.ciaddr, FAR);
	/* Carried to our own network it is told so. */
	world.arrival.source = 0;
	assert_int_equal(
		SAY(&world, .type = DHCP_REQUEST, .mac = MAC_B, .requested = FAR), DHCP_NAK);
	/* A relay of a subnet without a pool gets nothing. */
	assert_int_equal(
		SAY(&world, .type = DHCP_DISCOVER, .mac = MAC_C, .giaddr = 0xac100001), DHCP_NONE);
	assert_non_null(strstr(world.got.actions.silence, "no pool"));
	assert_int_equal(SAY(&world, .type = DHCP_REQUEST, .mac = MAC_C, .giaddr = 0xac100001,
				 .requested = FIRST),
		DHCP_NONE);
	world_free(&world);
}

/* RFC 2131 4.3.2, told from a state where B holds FIRST + 1 and SAMPLE_MAC holds FIRST. */
static void the_states_of_request(void **state)
{
	static const struct {
		const char *what;
		struct ask ask;
		enum dhcp_type want;
		int64_t after_ms;
	} cases[] = {
		{"selecting its own again", {.requested = FIRST, .server = LOCAL}, DHCP_ACK, 0},
		{"selecting another's", {.requested = FIRST + 1, .server = LOCAL}, DHCP_NAK, 0},
		{"selecting what was never offered but is free",
			{.mac = MAC_C, .requested = LAST, .server = LOCAL}, DHCP_ACK, 0},
		{"selecting what is in no pool", {.requested = CLIENT, .server = LOCAL}, DHCP_NAK,
			0},
		{"selecting another server", {.requested = FIRST, .server = OTHER}, DHCP_NONE, 0},
		{"selecting nothing", {.server = LOCAL}, DHCP_NONE, 0},
		{"reboot with its own", {.requested = FIRST}, DHCP_ACK, 0},
		{"reboot with its own, run out", {.requested = FIRST}, DHCP_ACK, 4000000},
		{"reboot with another's", {.requested = FIRST + 1}, DHCP_NAK, 0},
		{"reboot with a free one while it holds another", {.requested = LAST}, DHCP_NAK, 0},
		{"reboot of a stranger with a free one", {.mac = MAC_C, .requested = LAST},
			DHCP_NONE, 0},
		{"reboot of a stranger outside the pool", {.mac = MAC_C, .requested = CLIENT},
			DHCP_NONE, 0},
		{"reboot of a stranger with a taken one", {.mac = MAC_C, .requested = FIRST},
			DHCP_NAK, 0},
		{"reboot of a stranger on the wrong network", {.mac = MAC_C, .requested = FAR},
			DHCP_NAK, 0},
		{"renew", {.ciaddr = FIRST}, DHCP_ACK, 1800000},
		{"renew too late", {.ciaddr = FIRST}, DHCP_ACK, 4000000},
		{"rebind with broadcast flag", {.ciaddr = FIRST, .broadcast = true}, DHCP_ACK, 0},
		{"renew another's", {.ciaddr = FIRST + 1}, DHCP_NAK, 0},
		{"renew what we do not know", {.mac = MAC_C, .ciaddr = LAST}, DHCP_NONE, 0},
		{"renew on a foreign network", {.mac = MAC_C, .ciaddr = 0xac100005}, DHCP_NONE, 0},
		{"nothing named", {.type = DHCP_REQUEST}, DHCP_NONE, 0},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;
		struct ask ask = cases[i].ask;
		world_new(&world, 0, false);
		assert_int_equal(lease(&world, SAMPLE_MAC), FIRST);
		assert_int_equal(lease(&world, MAC_B), FIRST + 1);
		ask.type = DHCP_REQUEST;
		world.arrival.now_ms += cases[i].after_ms;
		enum dhcp_type got = say(&world, &ask);
		if (got != cases[i].want)
			fail_msg("%s: %s", cases[i].what, dhcp_type_name(got));
		if (got == DHCP_ACK) {
			const struct dhcp_action *put =
				find_action(&world.got, DHCP_ACTION_LEASE_PUT);
			assert_int_equal(put->lease.expires_ms, world.arrival.now_ms + 3600000);
			assert_int_equal(world.got.answer.yiaddr,
				ask.ciaddr != 0 ? ask.ciaddr : ask.requested);
		}
		if (got == DHCP_NAK) {
			size_t n;
			assert_int_equal(world.got.actions.n, 1);
			assert_int_equal(world.got.answer.yiaddr, 0);
			assert_int_equal(world.got.answer.siaddr, 0);
			assert_non_null(dhcp_option(&world.got.answer, DHCP_OPT_MESSAGE, &n));
			assert_null(dhcp_option(&world.got.answer, DHCP_OPT_LEASE_TIME, &n));
			assert_null(dhcp_option(&world.got.answer, DHCP_OPT_SUBNET_MASK, &n));
		}
		world_free(&world);
	}
}

static void choosing_another_server_frees_the_offer(void **state)
{
	struct world world;
	(void)state;

	world_new(&world, 0, false);
	for (uint8_t i = 0; i < 4; i++) {
		uint8_t mac[6] = {2, 0, 0, 0, 0, i};
		assert_int_not_equal(discover(&world, mac, 0), 0);
	}
	assert_int_equal(discover(&world, MAC_B, 0), 0);
	static const uint8_t second[] = {2, 0, 0, 0, 0, 1};
	assert_int_equal(SAY(&world, .type = DHCP_REQUEST, .mac = second, .requested = CLIENT,
				 .server = OTHER),
		DHCP_NONE);
	assert_int_equal(discover(&world, MAC_B, 0), FIRST + 1);
	world_free(&world);
}

static void decline(void **state)
{
	struct world world;
	(void)state;

	world_new(&world, 0, false);
	uint32_t a = lease(&world, SAMPLE_MAC);
	/* Not by somebody else, not for another server. */
	assert_int_equal(
		SAY(&world, .type = DHCP_DECLINE, .mac = MAC_B, .requested = a, .server = LOCAL),
		DHCP_NONE);
	assert_int_equal(world.got.actions.n, 0);
	assert_int_equal(
		SAY(&world, .type = DHCP_DECLINE, .requested = a, .server = OTHER), DHCP_NONE);
	assert_int_equal(world.got.actions.n, 0);

	(void)SAY(&world, .type = DHCP_DECLINE, .requested = a, .server = LOCAL);
	const struct dhcp_action *put = find_action(&world.got, DHCP_ACTION_LEASE_PUT);
	assert_non_null(put);
	assert_true(put->lease.declined);
	assert_int_equal(put->lease.client_id_size, 0);
	struct dhcp_lease stored = put->lease;
	assert_int_equal(discover(&world, SAMPLE_MAC, a), a + 1);
	assert_int_equal(request(&world, SAMPLE_MAC, a), DHCP_NAK);
	/* Ten minutes later it may be tried again. */
	assert_int_equal(dhcp_session_load(world.session, &stored), 0);
	world.arrival.now_ms += 600000;
	assert_int_equal(discover(&world, MAC_B, a), a);
	world_free(&world);
}

static void release(void **state)
{
	struct world world;
	(void)state;

	world_new(&world, 0, false);
	uint32_t a = lease(&world, SAMPLE_MAC);
	(void)SAY(&world, .type = DHCP_RELEASE, .mac = MAC_B, .ciaddr = a, .server = LOCAL);
	assert_int_equal(world.got.actions.n, 0);
	(void)SAY(&world, .type = DHCP_RELEASE, .ciaddr = a, .server = LOCAL);
	assert_int_equal(world.got.actions.n, 1);
	assert_int_equal(world.got.actions.list[0].kind, DHCP_ACTION_LEASE_REMOVE);
	assert_int_equal(world.got.actions.list[0].address, a);
	/* Twice is harmless. */
	(void)SAY(&world, .type = DHCP_RELEASE, .ciaddr = a, .server = LOCAL);
	assert_int_equal(world.got.actions.n, 0);
	assert_int_equal(discover(&world, MAC_B, a), a);
	world_free(&world);
}

static void inform(void **state)
{
	struct world world;
	size_t n;
	(void)state;

	world_new(&world, 0, false);
	assert_int_equal(SAY(&world, .type = DHCP_INFORM, .ciaddr = CLIENT), DHCP_ACK);
	assert_int_equal(world.got.actions.n, 1); /* nothing is recorded */
	assert_int_equal(world.got.answer.yiaddr, 0);
	assert_int_equal(world.got.answer.ciaddr, CLIENT);
	assert_null(dhcp_option(&world.got.answer, DHCP_OPT_LEASE_TIME, &n));
	assert_int_equal(option_u32(&world.got.answer, DHCP_OPT_ROUTER), 0xc0a80701);
	world_free(&world);
}

/* ---- what the store brings back ---- */

static void loaded_leases_count(void **state)
{
	struct world world;
	struct dhcp_lease stored = {.address = FIRST,
		.client_id = {1, 0x52, 0x54, 0, 0, 0, 0xb},
		.client_id_size = 7,
		.expires_ms = START + 5000};
	struct dhcp_lease declined = {
		.address = FIRST + 1, .expires_ms = START + 5000, .declined = true};
	struct dhcp_lease bad = stored;
	(void)state;

	world_new(&world, 0, false);
	assert_int_equal(dhcp_session_load(world.session, &stored), 0);
	assert_int_equal(dhcp_session_load(world.session, &declined), 0);
	assert_int_equal(lease(&world, SAMPLE_MAC), FIRST + 2);
	assert_int_equal(
		SAY(&world, .type = DHCP_REQUEST, .mac = MAC_B, .ciaddr = FIRST), DHCP_ACK);
	bad.client_id_size = 65;
	assert_int_equal(dhcp_session_load(world.session, &bad), -EINVAL);
	bad.client_id_size = 0;
	assert_int_equal(dhcp_session_load(world.session, &bad), -EINVAL);
	bad = stored;
	bad.address = 0;
	assert_int_equal(dhcp_session_load(world.session, &bad), -EINVAL);
	world_free(&world);
}

/* The pool in the config file has moved: what was leased outside is not renewed. */
static void a_lease_outside_the_pools_is_not_renewed(void **state)
{
	struct world world;
	struct dhcp_lease stored = {.address = CLIENT,
		.client_id = {1, 0x52, 0x54, 0, 0, 0, 0xb},
		.client_id_size = 7,
		.expires_ms = START + 5000};
	(void)state;

	world_new(&world, 0, false);
	assert_int_equal(dhcp_session_load(world.session, &stored), 0);
	assert_int_equal(
		SAY(&world, .type = DHCP_REQUEST, .mac = MAC_B, .ciaddr = CLIENT), DHCP_NAK);
	assert_int_equal(discover(&world, MAC_B, 0), FIRST);
	world_free(&world);
}

static void bad_configs(void **state)
{
	static const struct dhcp_pool backwards[] = {{LAST, FIRST}};
	struct dhcp_session_config config = config_of(0, false);
	struct dhcp_session *session;
	(void)state;

	config.lease_s = 0;
	assert_int_equal(dhcp_session_new(&config, &session), -EINVAL);
	config = config_of(0, false);
	config.pools = backwards;
	config.n_pools = 1;
	assert_int_equal(dhcp_session_new(&config, &session), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dora),
		cmocka_unit_test(where_answers_go),
		cmocka_unit_test(only_what_was_asked_for),
		cmocka_unit_test(boot_information_goes_before_comfort),
		cmocka_unit_test(a_client_keeps_its_address),
		cmocka_unit_test(wishes_that_are_not_granted),
		cmocka_unit_test(the_option_is_the_client_not_the_card),
		cmocka_unit_test(an_empty_pool_is_silent_until_a_lease_runs_out),
		cmocka_unit_test(an_offer_is_held_for_a_minute),
		cmocka_unit_test(reservations),
		cmocka_unit_test(moving_to_a_reservation),
		cmocka_unit_test(the_relay_picks_the_pool),
		cmocka_unit_test(the_states_of_request),
		cmocka_unit_test(choosing_another_server_frees_the_offer),
		cmocka_unit_test(decline),
		cmocka_unit_test(release),
		cmocka_unit_test(inform),
		cmocka_unit_test(loaded_leases_count),
		cmocka_unit_test(a_lease_outside_the_pools_is_not_renewed),
		cmocka_unit_test(bad_configs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
