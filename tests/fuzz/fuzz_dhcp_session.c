/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input is cut into packets (be16 length, control byte, bytes) for a session in either mode. */
#include "base/bytes.h"
#include "session/dhcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct dhcp_pool pool = {0x0a000064, 0x0a000068};

/* What we send is whole, and gives only addresses of the pool; a proxy gives none, and only sends.
 */
static void check(const struct dhcp_actions *actions, bool proxy)
{
	struct dhcp_message sent;
	for (const struct dhcp_action *a = actions->list; a < actions->list + actions->n; a++) {
		if (a->kind == DHCP_ACTION_SEND &&
			(dhcp_parse(a->bytes, a->n_bytes, &sent, NULL) < 0 || a->n_bytes < 300 ||
				a->n_bytes > 1472))
			__builtin_trap();
		if (a->kind != DHCP_ACTION_SEND
				? proxy
				: sent.yiaddr != 0 && (proxy || sent.yiaddr < pool.first ||
							      sent.yiaddr > pool.last))
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dhcp_arrival arrival = {4, 0x0a000001, 0xffffff00, 0, 68, 67, 1};
	struct pxe_offer offer = {PXE_OFFER_PLAIN, arrival.local, "b\\id\\x.efi", "\\b\\id\\BCD"};
	bool proxy = size > 0 && (data[0] & 1) != 0;
	struct dhcp_session_config config = {.mode = proxy ? DHCP_MODE_PROXY : DHCP_MODE_SERVER,
		.pools = &pool,
		.n_pools = 1,
		.lease_s = 60,
		.check_conflicts = true};
	struct reader reader = reader_over(data, size);
	CLEANUP(dhcp_session_freep) struct dhcp_session *session = NULL;
	struct dhcp_actions actions;
	struct dhcp_message message;
	struct dhcp_exchange exchange;

	if (dhcp_session_new(&config, &session) < 0)
		return 0;
	for (reader_skip(&reader, 1); reader_left(&reader) > 0;) {
		size_t n = reader_be16(&reader);
		uint8_t control = reader_u8(&reader);
		const uint8_t *bytes = reader_bytes(&reader, n);
		offer.style = (enum pxe_offer_style)(control % 5);
		arrival.local_port = (control & 16) != 0 ? 4011 : 67;
		arrival.source = (control & 32) != 0 ? pool.first : 0;
		arrival.now_ms += control * 10;
		if (bytes == NULL || dhcp_parse(bytes, n, &message, NULL) < 0)
			continue;
		dhcp_session_read(session, &message, &arrival, &exchange);
		dhcp_session_answer(session, &exchange, &message, &arrival,
			(control & 64) != 0 ? NULL : &offer, &actions);
		check(&actions, proxy);
		if ((control & 128) != 0)
			dhcp_session_probed(session, pool.first, arrival.now_ms, &actions);
		check(&actions, proxy);
		dhcp_session_tick(session, arrival.now_ms, &actions);
		check(&actions, proxy);
	}
	return 0;
}
