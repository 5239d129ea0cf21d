/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is somebody using this address? By ARP on the interface whose network it belongs to, by ICMP echo
 * beyond a relay (RFC 2131 3.1 step 2 leaves the choice to the server).
 */
#pragma once

#include "base/error.h"
#include "server/interfaces.h"

#include <uv.h>

struct probe;

/* answered() is called for every address that shows itself; the sender knows what it asked for.
 * Needs CAP_NET_RAW once, here. */
int probe_start(uv_loop_t *loop, const struct interfaces *interfaces,
	void (*answered)(void *context, uint32_t address), void *context,
	struct probe **ret_probe) MUST_CHECK;
/* A probe that cannot be sent is a probe that nobody answers. */
void probe_send(struct probe *probe, int interface, uint32_t address);
/* The memory goes with the loop's next turns. NULL is fine. */
void probe_stop(struct probe *probe);
