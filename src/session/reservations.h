/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses kept for one machine each, by MAC or SMBIOS UUID, looked up by either and by address.
 */
#pragma once

#include "session/dhcp.h"

struct reservations;

/* The array belongs to the caller and outlives this. */
int reservations_new(const struct dhcp_reservation *list, size_t n,
	struct reservations **ret_reservations) MUST_CHECK;
struct reservations *reservations_free(struct reservations *reservations);
DEFINE_FREEP(struct reservations, reservations_free);

/* The reservation of that address, or NULL. */
const struct dhcp_reservation *reservations_by_address(
	const struct reservations *reservations, uint32_t address);
/* The address in that subnet that is kept for the machine, 0 if none; uuid may be NULL. One by UUID
 * goes before one by MAC: cards change, the board stays. */
uint32_t reservations_for(const struct reservations *reservations, const uint8_t mac[static 6],
	const struct guid *uuid, uint32_t subnet, uint32_t mask);
bool reservation_matches(const struct dhcp_reservation *reservation, const uint8_t mac[static 6],
	const struct guid *uuid);
