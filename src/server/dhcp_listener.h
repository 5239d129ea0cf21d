/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DHCP on the wire: ports 67 and 4011, the session behind them, its timers, probes and leases. What
 * a machine is to boot is asked of a guide (server/guide.h in the daemon).
 *
 * Packets are taken in batches. The leases of one batch are one transaction, and its answers leave
 * when that is on disk: many machines cost one sync, and no address is ever given away twice.
 */
#pragma once

#include "base/error.h"
#include "server/interfaces.h"
#include "session/dhcp.h"
#include "store/store.h"

#include <uv.h>

/* Who decides, and who wants to know. Called on the loop's thread. */
struct dhcp_guide {
	void *context;
	/* What this machine is offered, valid until the next call; NULL: nothing to boot. */
	const struct pxe_offer *(*decide)(void *context, const struct dhcp_exchange *exchange,
		const struct dhcp_message *message, const struct dhcp_arrival *arrival);
	/* A packet of a machine that is not to be decided about (another server's client, or
	 * Windows PE asking for an address). */
	void (*heard)(void *context, const struct dhcp_exchange *exchange,
		const struct dhcp_message *message, const struct dhcp_arrival *arrival);
	/* An answer went out. */
	void (*sent)(void *context, const struct dhcp_action *action, int64_t now_ms);
};

struct dhcp_counters {
	uint64_t n_received;
	uint64_t n_malformed; /* dropped */
	uint64_t n_elsewhere; /* dropped: on an interface that we do not serve */
	uint64_t n_ignored;   /* well-formed, and not for us */
	uint64_t n_sent;
	uint64_t n_unsent; /* the kernel would not, or the lease could not be stored */
};

struct dhcp_listener_config {
	const struct dhcp_session_config *session; /* outlives the listener */
	const struct interfaces *interfaces;
	struct store *store;
	const struct dhcp_guide *guide;
};

struct dhcp_listener;

int dhcp_listener_start(uv_loop_t *loop, const struct dhcp_listener_config *config,
	struct dhcp_listener **ret_listener, struct error *err) MUST_CHECK;
const struct dhcp_counters *dhcp_listener_counters(const struct dhcp_listener *listener);
/* The memory goes with the loop's next turns. NULL is fine. */
void dhcp_listener_stop(struct dhcp_listener *listener);
