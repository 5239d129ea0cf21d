/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reservations in two orders, by machine and by address, each searched by bisection. */
#include "session/reservations.h"

#include <errno.h>
#include <string.h>

struct reservations {
	size_t n;
	const struct dhcp_reservation **by_machine;
	const struct dhcp_reservation **by_address;
};

static int compare_numbers(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

/* Those by UUID, then those by MAC; one machine's lie together. */
static int compare_machine(const struct dhcp_reservation *a, const struct dhcp_reservation *b)
{
	if (a->by_uuid != b->by_uuid)
		return a->by_uuid ? -1 : 1;
	if (a->by_uuid)
		return memcmp(a->uuid.bytes, b->uuid.bytes, sizeof(a->uuid.bytes));
	return memcmp(a->mac, b->mac, sizeof(a->mac));
}

static int order_machine(const void *a, const void *b)
{
	return compare_machine(*(const struct dhcp_reservation *const *)a,
		*(const struct dhcp_reservation *const *)b);
}

static int order_address(const void *a, const void *b)
{
	return compare_numbers((*(const struct dhcp_reservation *const *)a)->address,
		(*(const struct dhcp_reservation *const *)b)->address);
}

int reservations_new(
	const struct dhcp_reservation *list, size_t n, struct reservations **ret_reservations)
{
	CLEANUP(reservations_freep) struct reservations *made = calloc(1, sizeof(*made));
	if (made == NULL)
		return -ENOMEM;
	made->n = n;
	made->by_machine = calloc(n + 1, sizeof(struct dhcp_reservation *));
	made->by_address = calloc(n + 1, sizeof(struct dhcp_reservation *));
	if (made->by_machine == NULL || made->by_address == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		made->by_machine[i] = made->by_address[i] = &list[i];
	qsort(made->by_machine, n, sizeof(*made->by_machine), order_machine);
	qsort(made->by_address, n, sizeof(*made->by_address), order_address);
	*ret_reservations = TAKE(made);
	return 0;
}

struct reservations *reservations_free(struct reservations *reservations)
{
	if (reservations != NULL) {
		free(reservations->by_machine);
		free(reservations->by_address);
		free(reservations);
	}
	return NULL;
}

const struct dhcp_reservation *reservations_by_address(
	const struct reservations *reservations, uint32_t address)
{
	size_t low = 0, high = reservations->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (reservations->by_address[middle]->address < address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < reservations->n && reservations->by_address[low]->address == address)
		return reservations->by_address[low];
	return NULL;
}

static uint32_t find_machine(const struct reservations *reservations,
	const struct dhcp_reservation *key, uint32_t subnet, uint32_t mask)
{
	size_t low = 0, high = reservations->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_machine(reservations->by_machine[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < reservations->n && compare_machine(reservations->by_machine[low], key) == 0;
		low++)
		if (((reservations->by_machine[low]->address ^ subnet) & mask) == 0)
			return reservations->by_machine[low]->address;
	return 0;
}

uint32_t reservations_for(const struct reservations *reservations, const uint8_t mac[static 6],
	const struct guid *uuid, uint32_t subnet, uint32_t mask)
{
	struct dhcp_reservation key = {.by_uuid = true};
	uint32_t address = 0;

	if (uuid != NULL) {
		key.uuid = *uuid;
		address = find_machine(reservations, &key, subnet, mask);
	}
	if (address == 0) {
		key.by_uuid = false;
		memcpy(key.mac, mac, sizeof(key.mac));
		address = find_machine(reservations, &key, subnet, mask);
	}
	return address;
}

bool reservation_matches(const struct dhcp_reservation *reservation, const uint8_t mac[static 6],
	const struct guid *uuid)
{
	if (reservation->by_uuid)
		return uuid != NULL && guid_equal(&reservation->uuid, uuid);
	return memcmp(reservation->mac, mac, sizeof(reservation->mac)) == 0;
}
