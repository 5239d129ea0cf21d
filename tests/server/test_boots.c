/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which boot a packet or request belongs to, and how boots end. */
#include "../unit.h"

#include "boot_world.h"

static void repeats_stay_and_a_new_start_begins(void **state)
{
	struct fixture *f = *state;
	int64_t now_ms = begin_ms;
	char id[BOOT_ID_BYTES], path[LIMIT_PATH_BYTES], kinds[200];
	(void)discover(f, mac_one, now_ms, false);
	memcpy(id, boots_by_mac(f->boots, mac_one)->record.id, sizeof(id));
	(void)discover(f, mac_one, now_ms + 4 * SECOND, false);
	(void)discover(f, mac_one, now_ms + 12 * SECOND, false);
	assert_string_equal(boots_by_mac(f->boots, mac_one)->record.id, id);
	/* the decision is told once */
	kinds_of(f, id, kinds, sizeof(kinds));
	assert_string_equal(kinds, "discover decision discover discover ");

	in_boot(f, "bootx64.efi", path);
	fetch(f, path, CLIENT);
	(void)discover(f, mac_one, now_ms + 20 * SECOND, false);
	assert_string_not_equal(boots_by_mac(f->boots, mac_one)->record.id, id);
	assert_non_null(boots_by_id(f->boots, id)); /* the old one still has its files */
	assert_int_equal(boots_count(f->boots), 2);
}

static void windows_on_the_network_is_noticed_once(void **state)
{
	struct fixture *f = *state;
	char path[LIMIT_PATH_BYTES], kinds[200];
	int64_t now_ms = begin_ms;
	struct dhcp_exchange exchange = {.kind = DHCP_SERVER_DISCOVER};
	struct dhcp_arrival arrival = {.local = SERVER, .local_port = 67, .now_ms = now_ms};
	(void)discover(f, mac_one, now_ms, false);
	struct boot *boot = boots_by_mac(f->boots, mac_one);
	memcpy(exchange.mac, mac_one, 6);
	f->message = (struct dhcp_message){.op = DHCP_OP_REQUEST, .type = DHCP_DISCOVER};
	f->dhcp.heard(f->dhcp.context, &exchange, &f->message, &arrival);
	in_boot(f, "boot.wim", path);
	fetch(f, path, CLIENT);
	f->dhcp.heard(f->dhcp.context, &exchange, &f->message, &arrival);
	f->dhcp.heard(f->dhcp.context, &exchange, &f->message, &arrival);
	kinds_of(f, boot->record.id, kinds, sizeof(kinds));
	assert_string_equal(kinds, "discover decision file done network ");
}

static void strangers_are_bounded(void **state)
{
	struct fixture *f = *state;
	int64_t now_ms = begin_ms;
	for (uint32_t i = 0; i < 5000; i++) {
		uint8_t mac[6] = {2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i};
		(void)discover(f, mac, now_ms + i / 10, false);
	}
	assert_true(boots_count(f->boots) < 1000);
	assert_true(f->guide.counters.n_overflow > 4000);

	/* One machine that never stops asking fills no timeline without end. */
	(void)discover(f, mac_one, now_ms + 100 * SECOND, false);
	struct boot *boot = boots_by_mac(f->boots, mac_one);
	assert_non_null(boot);
	boots_set_address(f->boots, boot, CLIENT);
	for (int i = 0; i < 3000; i++)
		(void)ask_once(f, "nothing/here", CLIENT);
	struct error err = ERROR_NULL;
	struct boot_event *events = NULL;
	size_t n = 0;
	boots_verdict(f->boots, boot, now_ms, BOOT_VERDICT_FAILED, "it was enough");
	boots_flush(f->boots, now_ms);
	assert_ok(store_boot_events(f->store, boot->record.id, 0, &events, &n, &err));
	assert_true(n > 100 && n <= LIMIT_BOOT_EVENTS);
	assert_string_equal(events[n - 1].kind, "verdict");
	(void)boot_events_free(events, n);
}

/* A flood pushes an old boot out of the store; what is told of it later must not take the others'
 * timelines with it. */
static void a_boot_that_the_store_forgot_harms_no_other(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	struct boot_record record = {.started_ms = begin_ms + 1, .verdict = "stalled"};
	static const uint8_t mac_two[6] = {0x52, 0x54, 0, 0, 0, 2};
	char kinds[200];
	(void)discover(f, mac_one, begin_ms, false);
	boots_flush(f->boots, begin_ms);
	assert_ok(store_begin(f->store, &err));
	for (int i = 0; i < LIMIT_BOOTS_KEPT; i++) {
		(void)snprintf(record.id, sizeof(record.id), "%d", i);
		assert_ok(store_boot_put(f->store, &record, &err));
	}
	assert_ok(store_commit(f->store, &err));
	assert_int_equal(
		store_boot_get(f->store, boots_by_mac(f->boots, mac_one)->record.id, &record, &err),
		-ENOENT);

	(void)discover(f, mac_one, begin_ms + SECOND, false);
	(void)discover(f, mac_two, begin_ms + SECOND, false);
	kinds_of(f, boots_by_mac(f->boots, mac_two)->record.id, kinds, sizeof(kinds));
	assert_string_equal(kinds, "discover decision ");
}

/* When the live boots are full, a new one makes room in the middle of a batch of leases. */
static void events_join_a_transaction_under_way(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	struct lease_record *leases = NULL,
			    lease = {.address = CLIENT, .client_id_size = 1, .state = "bound"};
	char kinds[200];
	size_t n = 0;
	(void)discover(f, mac_one, begin_ms, false);
	assert_ok(store_begin(f->store, &err));
	assert_ok(store_lease_put(f->store, &lease, &err));
	boots_flush(f->boots, begin_ms);
	assert_ok(store_commit(f->store, &err));
	kinds_of(f, boots_by_mac(f->boots, mac_one)->record.id, kinds, sizeof(kinds));
	assert_string_equal(kinds, "discover decision ");
	assert_ok(store_lease_list(f->store, &leases, &n, &err));
	assert_int_equal(n, 1);
	free(leases);
}

static void unfinished_boots_are_taken_up(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	char path[LIMIT_PATH_BYTES];
	int64_t now_ms = begin_ms;
	(void)discover(f, mac_one, now_ms, false);
	boots_set_address(f->boots, boots_by_mac(f->boots, mac_one), CLIENT);
	in_boot(f, "boot.wim", path);
	f->boots = boots_free(f->boots);
	assert_ok(boots_new(f->store, &f->boots));
	f->guide.boots = f->boots;
	assert_ok(boots_load(f->boots, now_ms + 10 * SECOND, &err));
	assert_int_equal(ask_once(f, path, CLIENT), 0);
	assert_int_equal(ask_once(f, "\\Boot\\BCD", CLIENT), 0);
	assert_int_equal(boots_count(f->boots), 1);
}

static void silence_ends_boots_and_forgets_them(void **state)
{
	struct fixture *f = *state;
	int64_t now_ms = begin_ms;
	(void)discover(f, mac_one, now_ms, false);
	boots_tick(f->boots, now_ms + BOOT_SILENCE_MS);
	struct boot *boot = boots_by_mac(f->boots, mac_one);
	assert_int_equal(boot->facts.verdict, BOOT_VERDICT_RUNNING);
	boots_tick(f->boots, now_ms + BOOT_SILENCE_MS + 1);
	assert_int_equal(boot->facts.verdict, BOOT_VERDICT_STALLED);
	boots_flush(f->boots, now_ms);
	boots_tick(f->boots, now_ms + BOOT_FORGET_MS + 1);
	assert_int_equal(boots_count(f->boots), 0);
}

int main(void)
{
	log_set_level(LOG_ERROR);
	const struct CMUnitTest tests[] = {
		IN_WORLD(repeats_stay_and_a_new_start_begins),
		IN_WORLD(windows_on_the_network_is_noticed_once),
		IN_WORLD(strangers_are_bounded),
		IN_WORLD(a_boot_that_the_store_forgot_harms_no_other),
		IN_WORLD(events_join_a_transaction_under_way),
		IN_WORLD(unfinished_boots_are_taken_up),
		IN_WORLD(silence_ends_boots_and_forgets_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
