/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server with two pools and three reservations, and clients in it that speak in one line. */
#pragma once

#include "exchange.h"

#define FIRST 0xc0a80764U /* 192.168.7.100 */
#define LAST  0xc0a80767U
#define FAR   0x0a010064U /* 10.1.0.100, behind the relay */

static const uint8_t MAC_B[6] = {0x52, 0x54, 0, 0, 0, 0xb};
static const uint8_t MAC_C[6] = {0x52, 0x54, 0, 0, 0, 0xc};
static const uint8_t MAC_KEPT[6] = {0x52, 0x54, 0, 0, 0, 0xee};

static const struct dhcp_pool POOLS[] = {{FIRST, LAST}, {FAR, FAR + 1}};
static const struct dhcp_reservation KEPT[] = {
	{.mac = {0x52, 0x54, 0, 0, 0, 0xee}, .address = FIRST},   /* inside the pool */
	{.mac = {0x52, 0x54, 0, 0, 0, 0xee}, .address = FAR + 8}, /* its place behind the relay */
	{.by_uuid = true,
		.uuid = {{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb,
			0xcc, 0xdd, 0xee, 0xff}},
		.address = LAST + 5}, /* outside */
};

struct world {
	struct dhcp_session *session;
	struct dhcp_arrival arrival;
	struct exchanged got;
};

static inline struct dhcp_session_config config_of(size_t n_reservations, bool check_conflicts)
{
	return (struct dhcp_session_config){.mode = DHCP_MODE_SERVER,
		.pools = POOLS,
		.n_pools = ARRAY_SIZE(POOLS),
		.reservations = KEPT,
		.n_reservations = n_reservations,
		.lease_s = 3600,
		.router = 0xc0a80701,
		.dns = {0xc0a80701, 0x08080808},
		.domain = "lab.example",
		.check_conflicts = check_conflicts};
}

static inline void world_new(struct world *world, size_t n_reservations, bool check_conflicts)
{
	struct dhcp_session_config config = config_of(n_reservations, check_conflicts);
	*world = (struct world){.arrival = arrival_at(START)};
	assert_int_equal(dhcp_session_new(&config, &world->session), 0);
}

static inline void world_free(struct world *world)
{
	assert_null(dhcp_session_free(world->session));
}

/* Returns the type of the answer, DHCP_NONE if there is none. */
static inline enum dhcp_type say(struct world *world, const struct ask *ask)
{
	struct packet packet;
	ask_packet(&packet, ask);
	feed(world->session, &packet, &world->arrival, NULL, &world->got);
	return world->got.sent != NULL ? world->got.sent->type : DHCP_NONE;
}

#define SAY(world, ...) say(world, &(struct ask){__VA_ARGS__})

/* The address offered, 0 if none. */
static inline uint32_t discover(struct world *world, const uint8_t *mac, uint32_t requested)
{
	return SAY(world, .type = DHCP_DISCOVER, .mac = mac, .requested = requested) == DHCP_OFFER
		       ? world->got.answer.yiaddr
		       : 0;
}

static inline enum dhcp_type request(struct world *world, const uint8_t *mac, uint32_t address)
{
	return SAY(world, .type = DHCP_REQUEST, .mac = mac, .requested = address, .server = LOCAL);
}

static inline uint32_t lease(struct world *world, const uint8_t *mac)
{
	uint32_t address = discover(world, mac, 0);
	assert_int_not_equal(address, 0);
	assert_int_equal(request(world, mac, address), DHCP_ACK);
	assert_int_equal(world->got.answer.yiaddr, address);
	return address;
}
