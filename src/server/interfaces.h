/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The machine's network interfaces that we serve on, with their addresses, kept up to date by the
 * kernel's netlink messages. Loopback counts only when it is named.
 */
#pragma once

#include "base/error.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define INTERFACE_ADDRESSES_MAX 256 /* of all interfaces together */

/* One address; an interface with several has several of these. */
struct interface_address {
	int index;
	char name[IF_NAMESIZE];
	uint32_t address, netmask; /* host byte order */
};

struct interfaces;

/* names: those to serve on; n_names 0: all but loopback. The names are copied. */
int interfaces_start(uv_loop_t *loop, const char *const *names, size_t n_names,
	struct interfaces **ret_interfaces, struct error *err) MUST_CHECK;
/* The memory goes with the loop's next turn. NULL is fine. */
void interfaces_stop(struct interfaces *interfaces);

size_t interfaces_count(const struct interfaces *interfaces);
const struct interface_address *interfaces_at(const struct interfaces *interfaces, size_t i);
/* The interface's address that a packet to destination came for: destination itself if it is one,
 * else the first; NULL if we do not serve there. */
const struct interface_address *interfaces_find(
	const struct interfaces *interfaces, int index, uint32_t destination);
/* Whether the address is one that we serve on. */
bool interfaces_has(const struct interfaces *interfaces, uint32_t address);
