/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has the port that we want: for the one error message that everybody who runs a network boot
 * server gets on the first day. */
#pragma once

#include "base/error.h"

#include <stdint.h>

enum port_protocol {
	PORT_UDP,
	PORT_TCP,
};

/* Fills err for a bind() that failed with code: "UDP port 67 is taken by dnsmasq (pid 812):
 * REMEDY", or what else is the matter. Returns code. */
int port_owner_explain(struct error *err, int code, enum port_protocol protocol, uint16_t port,
	const char *remedy);
