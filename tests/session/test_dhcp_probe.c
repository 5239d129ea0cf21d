/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session/dhcp as a server that asks the network whether an address is free before it offers it. */
#include "server_world.h"

static void tick(struct world *world, int64_t now_ms)
{
	world->arrival.now_ms = now_ms;
	dhcp_session_tick(world->session, now_ms, &world->got.actions);
	read_sent(&world->got);
}

static void an_offer_waits_for_its_probe(void **state)
{
	struct world world;
	(void)state;

	world_new(&world, 0, true);
	assert_int_equal(dhcp_session_next(world.session), INT64_MAX);
	assert_int_equal(discover(&world, SAMPLE_MAC, 0), 0);
	assert_int_equal(world.got.actions.n, 1);
	assert_int_equal(world.got.actions.list[0].kind, DHCP_ACTION_PROBE);
	assert_int_equal(world.got.actions.list[0].address, FIRST);
	assert_int_equal(world.got.actions.list[0].interface, 4);
	assert_int_equal(dhcp_session_next(world.session), START + 250);
	/* Asking again meanwhile changes nothing, nor does a REQUEST for what it has not heard of.
	 */
	assert_int_equal(discover(&world, SAMPLE_MAC, 0), 0);
	assert_int_equal(world.got.actions.n, 0);
	assert_int_equal(request(&world, SAMPLE_MAC, FIRST), DHCP_NONE);
	tick(&world, START + 249);
	assert_null(world.got.sent);
	tick(&world, START + 250);
	assert_non_null(world.got.sent);
	assert_int_equal(world.got.answer.type, DHCP_OFFER);
	assert_int_equal(world.got.answer.yiaddr, FIRST);
	assert_int_equal(dhcp_session_next(world.session), INT64_MAX);
	/* What was probed once is offered at once, as is what the client held lately. */
	assert_int_equal(discover(&world, SAMPLE_MAC, 0), FIRST);
	assert_int_equal(request(&world, SAMPLE_MAC, FIRST), DHCP_ACK);
	assert_int_equal(discover(&world, SAMPLE_MAC, 0), FIRST);
	(void)SAY(&world, .type = DHCP_RELEASE, .ciaddr = FIRST, .server = LOCAL);
	world.arrival.now_ms += 300000;
	assert_int_equal(discover(&world, SAMPLE_MAC, 0), FIRST);
	/* Long after, it is not. */
	world.arrival.now_ms += 700000;
	assert_int_equal(discover(&world, SAMPLE_MAC, 0), 0);
	assert_non_null(find_action(&world.got, DHCP_ACTION_PROBE));
	world_free(&world);
}

/* An hour's correction is what a machine does whose clock ran in local time. */
static void a_clock_set_back_holds_nobody_up(void **state)
{
	const int64_t back_ms = START - 3600000;
	struct world world;
	(void)state;

	world_new(&world, 0, true);
	assert_int_equal(discover(&world, SAMPLE_MAC, 0), 0);
	tick(&world, back_ms);
	assert_null(world.got.sent);
	assert_int_equal(dhcp_session_next(world.session), back_ms + 250);
	tick(&world, back_ms + 250);
	assert_non_null(world.got.sent);
	assert_int_equal(world.got.answer.yiaddr, FIRST);

	/* Nor one that asks behind it. */
	world.arrival.now_ms = START;
	assert_int_equal(discover(&world, MAC_B, 0), 0);
	world.arrival.now_ms = back_ms;
	assert_int_equal(discover(&world, MAC_C, 0), 0);
	assert_int_equal(dhcp_session_next(world.session), back_ms + 250);
	dhcp_session_tick(world.session, back_ms + 250, &world.got.actions);
	assert_int_equal(world.got.actions.n, 2);
	assert_int_equal(dhcp_session_next(world.session), INT64_MAX);
	world_free(&world);
}

static void an_address_in_use_is_passed_over(void **state)
{
	struct world world;
	(void)state;

	world_new(&world, 0, true);
	assert_int_equal(discover(&world, SAMPLE_MAC, 0), 0);
	for (uint32_t i = 0; i < 3; i++) {
		dhcp_session_probed(world.session, FIRST + i, START + 10 * i, &world.got.actions);
		const struct dhcp_action *put = find_action(&world.got, DHCP_ACTION_LEASE_PUT);
		const struct dhcp_action *probe = find_action(&world.got, DHCP_ACTION_PROBE);
		assert_int_equal(put->lease.address, FIRST + i);
		assert_true(put->lease.declined);
		assert_int_equal(probe->address, FIRST + i + 1);
		assert_int_equal(dhcp_session_next(world.session), START + 10 * i + 250);
	}
	tick(&world, START + 270);
	assert_int_equal(world.got.answer.yiaddr, LAST);
	world_free(&world);
}

static void all_in_use_ends_in_silence(void **state)
{
	struct world world;
	(void)state;

	world_new(&world, 0, true);
	assert_int_equal(discover(&world, SAMPLE_MAC, 0), 0);
	for (uint32_t i = 0; i < 4; i++)
		dhcp_session_probed(world.session, FIRST + i, START, &world.got.actions);
	assert_null(find_action(&world.got, DHCP_ACTION_PROBE));
	assert_int_equal(dhcp_session_next(world.session), INT64_MAX);
	assert_int_equal(discover(&world, MAC_B, 0), 0);
	assert_int_equal(world.got.actions.n, 0);
	/* An answer to what nobody asked does nothing. */
	dhcp_session_probed(world.session, CLIENT, START, &world.got.actions);
	assert_int_equal(world.got.actions.n, 0);
	world_free(&world);
}

static void a_late_probe_answer_stops_the_request(void **state)
{
	struct world world;
	(void)state;

	world_new(&world, 0, true);
	assert_int_equal(discover(&world, SAMPLE_MAC, 0), 0);
	tick(&world, START + 250);
	assert_int_equal(world.got.answer.yiaddr, FIRST);
	dhcp_session_probed(world.session, FIRST, START + 300, &world.got.actions);
	assert_int_equal(request(&world, SAMPLE_MAC, FIRST), DHCP_NAK);
	/* But the client itself, answering from its leased address, does not lose it. */
	assert_int_equal(discover(&world, SAMPLE_MAC, 0), 0);
	tick(&world, START + 800);
	assert_int_equal(request(&world, SAMPLE_MAC, FIRST + 1), DHCP_ACK);
	dhcp_session_probed(world.session, FIRST + 1, START + 900, &world.got.actions);
	assert_int_equal(world.got.actions.n, 0);
	world_free(&world);
}

/* Boot information waits with the OFFER. */
static void the_waiting_offer_keeps_its_boot_information(void **state)
{
	struct world world;
	struct packet packet;
	(void)state;

	world_new(&world, 0, true);
	sample_edk2(&packet, DHCP_DISCOVER);
	{
		struct pxe_offer gone = {
			.style = PXE_OFFER_DIRECT, .server = LOCAL, .file = "x.efi"};
		feed(world.session, &packet, &world.arrival, &gone, &world.got);
		memset(&gone, 0, sizeof(gone));
	}
	tick(&world, START + 250);
	assert_string_equal(world.got.answer.file, "x.efi");
	assert_int_equal(world.got.answer.xid, 0x3c8a17e2);
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_offer_waits_for_its_probe),
		cmocka_unit_test(a_clock_set_back_holds_nobody_up),
		cmocka_unit_test(an_address_in_use_is_passed_over),
		cmocka_unit_test(all_in_use_ends_in_silence),
		cmocka_unit_test(a_late_probe_answer_stops_the_request),
		cmocka_unit_test(the_waiting_offer_keeps_its_boot_information),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
