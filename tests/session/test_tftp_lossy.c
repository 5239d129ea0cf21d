/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TFTP transfers over a channel that drops, duplicates and reorders, in virtual time and from
 * seeds, so that each run is the same. The clients are machines of their own, after the real ones:
 * a plain one (RFC 1350 and 7440), edk2 (one ACK for every stray packet), and the Windows boot
 * manager with msftwindow. A packet carries the offset that its data came from; the client checks
 * that against the offset it expects, so a byte out of its place cannot go unseen.
 */
#include "../unit.h"

#include "session/tftp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DELAY_US       300
#define REORDER_MAX_US 3000
#define EVENTS_MAX     4096
#define SECOND_US      1000000

enum client_kind {
	CLIENT_PLAIN,
	CLIENT_EDK2,
	CLIENT_MSFT,
};

struct scenario {
	const char *name;
	enum client_kind kind;
	uint32_t blksize, window;
	uint64_t size;
	uint32_t drop_percent, duplicate_percent, reorder_percent;
	double resent_max; /* of the file's size */
	int64_t delay_us;  /* each way; 0: DELAY_US */
};

struct packet {
	int64_t at_us;
	uint64_t order; /* of equal times, first come first served */
	bool to_client;
	enum tftp_opcode opcode;
	uint16_t block;
	int wanted;
	uint64_t offset;
	uint32_t length;
};

struct world {
	const struct scenario *scenario;
	uint64_t random, order;
	int64_t now_us, link_us[2];    /* when each direction's last packet arrives */
	uint64_t duplicate_at, n_data; /* duplicate exactly that DATA packet */
	size_t n_packets;
	struct packet packets[EVENTS_MAX]; /* a heap */

	bool has_session;
	struct tftp_session session;
	bool ended;
	enum tftp_end end;
	uint64_t resent_bytes;

	bool has_oack, done;
	uint64_t expected; /* block */
	uint64_t got_bytes;
	uint32_t since_ack; /* blocks */
	uint32_t wanted, clean_windows;
	bool has_told_gap; /* the plain client tells of one gap once */
	int64_t client_timer_us;
	int n_silent;
};

static uint32_t below(struct world *world, uint32_t n)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return (uint32_t)((world->random >> 20) % n);
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t latest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static bool is_before(const struct packet *a, const struct packet *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void push(struct world *world, struct packet packet)
{
	assert_true(world->n_packets < EVENTS_MAX);
	packet.order = world->order++;
	size_t i = world->n_packets++;
	for (; i > 0 && is_before(&packet, &world->packets[(i - 1) / 2]); i = (i - 1) / 2)
		world->packets[i] = world->packets[(i - 1) / 2];
	world->packets[i] = packet;
}

static struct packet pop(struct world *world)
{
	struct packet first = world->packets[0], last = world->packets[--world->n_packets];
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < world->n_packets; i = child) {
		if (child + 1 < world->n_packets &&
			is_before(&world->packets[child + 1], &world->packets[child]))
			child++;
		if (!is_before(&world->packets[child], &last))
			break;
		world->packets[i] = world->packets[child];
	}
	world->packets[i] = last;
	return first;
}

static void channel(struct world *world, struct packet packet)
{
	const struct scenario *scenario = world->scenario;
	int64_t delay_us = scenario->delay_us > 0 ? scenario->delay_us : DELAY_US;
	int copies = below(world, 100) >= scenario->drop_percent;
	if (below(world, 100) < scenario->duplicate_percent)
		copies *= 2;
	if (packet.opcode == TFTP_DATA && ++world->n_data == world->duplicate_at)
		copies = 2;
	while (copies-- > 0) {
		/* A microsecond for each packet, so that a burst stays in its order. */
		int64_t *link_us = &world->link_us[packet.to_client];
		*link_us = latest(*link_us + 1, world->now_us + delay_us);
		packet.at_us = *link_us;
		if (below(world, 100) < scenario->reorder_percent)
			packet.at_us += below(world, REORDER_MAX_US);
		push(world, packet);
	}
}

/* ---- the server, as a worker would drive it ------------------------------------------------- */

static void perform(struct world *world, const struct tftp_actions *actions)
{
	if (actions->send_oack)
		channel(world, (struct packet){.to_client = true, .opcode = TFTP_OACK});
	for (uint32_t i = 0; i < actions->n_blocks; i++) {
		uint64_t block = actions->first_block + i;
		channel(world, (struct packet){.to_client = true,
				       .opcode = TFTP_DATA,
				       .block = (uint16_t)block,
				       .offset = tftp_session_offset(&world->session, block),
				       .length = tftp_session_length(&world->session, block)});
	}
	if (actions->ended) {
		world->ended = true;
		world->end = actions->end;
		world->resent_bytes += world->session.resent_bytes;
	}
}

static void server_takes(struct world *world, const struct packet *packet)
{
	static const struct tftp_policy policy = {LIMIT_TFTP_BLOCK_BYTES, 64, false, true};
	const struct scenario *scenario = world->scenario;
	struct tftp_actions actions = {0};

	if (packet->opcode == TFTP_RRQ) {
		if (world->has_session && !world->ended)
			return; /* the same RRQ once more opens no second transfer */
		struct tftp_options asked = {.has_tsize = true,
			.has_blksize = true,
			.blksize = scenario->blksize,
			.has_windowsize = scenario->window > 1,
			.windowsize = scenario->window,
			.has_msftwindow = scenario->kind == CLIENT_MSFT,
			.msftwindow = TFTP_MSFTWINDOW_ASK};
		tftp_session_start(&world->session, &asked, scenario->size, 1500, &policy,
			world->now_us, &actions);
		world->has_session = true;
		world->ended = false;
	} else if (world->has_session) {
		struct tftp_reply reply = {.opcode = TFTP_ACK,
			.block = packet->block,
			.has_wanted = packet->wanted >= 0,
			.wanted = (uint8_t)packet->wanted};
		tftp_session_reply(&world->session, &reply, world->now_us, &actions);
	}
	perform(world, &actions);
}

/* ---- the clients ---------------------------------------------------------------------------- */

static void client_says(struct world *world, enum tftp_opcode opcode)
{
	world->since_ack = 0;
	channel(world,
		(struct packet){.opcode = opcode,
			.block = (uint16_t)(world->expected - 1),
			.wanted = world->scenario->kind == CLIENT_MSFT ? (int)world->wanted : -1});
}

static void client_wait(struct world *world)
{
	world->n_silent = 0;
	world->client_timer_us = world->now_us +
				 (world->scenario->kind == CLIENT_EDK2 ? 4 : 1) * SECOND_US +
				 2 * world->scenario->delay_us;
}

/* A block that is not the expected one. */
static void client_takes_stray(struct world *world, const struct packet *packet)
{
	bool is_ahead = (uint16_t)(packet->block - (uint16_t)world->expected) < 32768;
	switch (world->scenario->kind) {
	case CLIENT_EDK2: client_says(world, TFTP_ACK); break;
	case CLIENT_PLAIN:
		if (!is_ahead || world->has_told_gap)
			break;
		world->has_told_gap = true;
		client_says(world, TFTP_ACK);
		break;
	case CLIENT_MSFT:
		if (!is_ahead || world->has_told_gap)
			break;
		world->has_told_gap = true;
		world->clean_windows = 0;
		world->wanted = world->wanted > 4 ? world->wanted / 2 : world->wanted;
		client_says(world, TFTP_ACK);
		break;
	}
}

static void client_takes_data(struct world *world, const struct packet *packet)
{
	const struct scenario *scenario = world->scenario;
	if (packet->block != (uint16_t)world->expected) {
		client_takes_stray(world, packet);
		return;
	}
	if (packet->offset != world->got_bytes)
		fail_msg("%s: data of %lu where %lu is due", scenario->name, packet->offset,
			world->got_bytes);
	world->got_bytes += packet->length;
	world->expected++;
	world->since_ack++;
	world->has_told_gap = false;
	client_wait(world);
	world->done = packet->length < scenario->blksize ||
		      (scenario->kind == CLIENT_MSFT && world->got_bytes == scenario->size);
	uint32_t window = scenario->kind == CLIENT_MSFT ? world->wanted : scenario->window;
	if (!world->done && world->since_ack < window)
		return;
	if (scenario->kind == CLIENT_MSFT && ++world->clean_windows >= world->wanted &&
		world->wanted < 255) {
		world->clean_windows = 0;
		world->wanted++;
	}
	client_says(world, TFTP_ACK);
}

static void client_takes(struct world *world, const struct packet *packet)
{
	if (world->done) {
		/* RFC 1350 6: the plain client dallies; firmware has closed its port. */
		if (world->scenario->kind == CLIENT_PLAIN && packet->opcode == TFTP_DATA)
			client_says(world, TFTP_ACK);
	} else if (packet->opcode == TFTP_OACK) {
		if (world->has_oack && world->expected > 1)
			return;
		world->has_oack = true;
		client_wait(world);
		client_says(world, TFTP_ACK);
	} else if (world->has_oack) {
		client_takes_data(world, packet);
	}
}

static void client_times_out(struct world *world)
{
	world->n_silent++;
	world->client_timer_us = world->now_us + SECOND_US;
	client_says(world, world->has_oack ? TFTP_ACK : TFTP_RRQ);
}

/* ---- the run -------------------------------------------------------------------------------- */

/* False if a side gave up, which a channel that drops 30 % each way may make it do. */
static bool run(
	struct world *world, const struct scenario *scenario, uint64_t seed, uint64_t duplicate_at)
{
	memset(world, 0, sizeof(*world));
	world->scenario = scenario;
	world->random = seed * 0x9e3779b97f4a7c15U + 1;
	world->duplicate_at = duplicate_at;
	world->expected = 1;
	world->wanted = 4;
	world->session.timer_at_us = TFTP_NEVER;
	client_wait(world);
	client_says(world, TFTP_RRQ);
	while (!(world->done && world->ended)) {
		if (world->n_silent > 60) {
			assert_true(world->ended);
			assert_int_equal(world->end, TFTP_END_TIMEOUT);
			return false;
		}
		int64_t packet_us = world->n_packets > 0 ? world->packets[0].at_us : TFTP_NEVER;
		int64_t client_us = world->done ? TFTP_NEVER : world->client_timer_us;
		world->now_us =
			earliest(packet_us, earliest(client_us, world->session.timer_at_us));
		assert_true(world->now_us < TFTP_NEVER);
		if (packet_us == world->now_us) {
			struct packet packet = pop(world);
			if (packet.to_client)
				client_takes(world, &packet);
			else
				server_takes(world, &packet);
		} else if (client_us == world->now_us) {
			client_times_out(world);
		} else {
			struct tftp_actions actions;
			tftp_session_timer(&world->session, world->now_us, &actions);
			perform(world, &actions);
		}
	}
	assert_int_equal(world->got_bytes, scenario->size);
	/* Firmware that is gone when its last ACK was lost cannot be told from one that fell
	 * silent. */
	if (scenario->kind == CLIENT_PLAIN && scenario->drop_percent >= 30 &&
		world->end == TFTP_END_TIMEOUT)
		return false;
	if (scenario->kind == CLIENT_PLAIN && world->end != TFTP_END_DONE)
		fail_msg("%s, seed %lu: end %d", scenario->name, seed, (int)world->end);
	return true;
}

static void check_seeds(const struct scenario *scenario, uint64_t n_seeds)
{
	static struct world world;
	uint64_t resent = 0, n_given_up = 0;
	int64_t longest_us = 0;
	for (uint64_t seed = 1; seed <= n_seeds; seed++) {
		n_given_up += !run(&world, scenario, seed, 0);
		resent += world.resent_bytes;
		longest_us = world.now_us > longest_us ? world.now_us : longest_us;
	}
	double ratio = (double)resent / (double)(scenario->size * n_seeds);
	print_message("%-28s resent %.3f of the file, longest %.1f s, %lu given up\n",
		scenario->name, ratio, (double)longest_us / SECOND_US, n_given_up);
	if (n_given_up > (scenario->drop_percent >= 30 ? n_seeds / 50 : 0))
		fail_msg("%s: %lu of %lu transfers given up", scenario->name, n_given_up, n_seeds);
	if (ratio > scenario->resent_max)
		fail_msg("%s: resent %.3f, at most %.3f", scenario->name, ratio,
			scenario->resent_max);
}

static void everything_arrives_over_a_bad_channel(void **state)
{
	(void)state;
	static const struct scenario scenarios[] = {
		{"plain 1, clean", CLIENT_PLAIN, 512, 1, 200000, 0, 0, 0, 0, 0},
		{"plain 16, clean", CLIENT_PLAIN, 512, 16, 200000, 0, 0, 0, 0, 0},
		{"edk2 4, clean", CLIENT_EDK2, 1468, 4, 200000, 0, 0, 0, 0, 0},
		{"msft, clean", CLIENT_MSFT, 1456, 16, 200000, 0, 0, 0, 0, 0},
		{"msft, whole blocks", CLIENT_MSFT, 1000, 16, 200000, 0, 0, 0, 0, 0},
		{"plain 16, slow", CLIENT_PLAIN, 512, 16, 200000, 0, 0, 0, 0.1, 400000},
		{"edk2 4, slow", CLIENT_EDK2, 1468, 4, 200000, 0, 0, 0, 0.1, 400000},
		{"plain 16, very slow", CLIENT_PLAIN, 512, 16, 200000, 0, 0, 0, 0.2, 1200000},
		{"plain 1, 1 % lost", CLIENT_PLAIN, 512, 1, 200000, 1, 0, 0, 0.05, 0},
		{"plain 16, 1 % lost", CLIENT_PLAIN, 512, 16, 200000, 1, 0, 0, 0.30, 0},
		{"edk2 4, 1 % lost", CLIENT_EDK2, 1468, 4, 200000, 1, 0, 0, 0.10, 0},
		{"msft, 1 % lost", CLIENT_MSFT, 1456, 16, 200000, 1, 0, 0, 0.20, 0},
		{"plain 1, 30 % duplicated", CLIENT_PLAIN, 512, 1, 200000, 0, 30, 0, 0, 0},
		{"edk2 1, 30 % duplicated", CLIENT_EDK2, 512, 1, 200000, 0, 30, 0, 0, 0},
		{"plain 16, 30 % duplicated", CLIENT_PLAIN, 512, 16, 200000, 0, 30, 0, 0, 0},
		{"edk2 4, 1 % duplicated", CLIENT_EDK2, 1468, 4, 200000, 0, 1, 0, 0.10, 0},
		{"edk2 16, 1 % duplicated", CLIENT_EDK2, 1468, 16, 200000, 0, 1, 0, 0.40, 0},
		{"plain 1, 30 % all", CLIENT_PLAIN, 512, 1, 60001, 30, 30, 30, 1.2, 0},
		{"plain 4, 30 % all", CLIENT_PLAIN, 512, 4, 60001, 30, 30, 30, 3.0, 0},
		{"plain 16, 30 % all", CLIENT_PLAIN, 512, 16, 60001, 30, 30, 30, 11.0, 0},
		{"edk2 4, 30 % all", CLIENT_EDK2, 512, 4, 60001, 30, 30, 30, 3.0, 0},
		{"edk2 16, 30 % all", CLIENT_EDK2, 512, 16, 60001, 30, 30, 30, 11.0, 0},
		{"msft, 30 % all", CLIENT_MSFT, 512, 16, 60001, 30, 30, 30, 3.0, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(scenarios); i++)
		check_seeds(&scenarios[i], 300);
}

/* The Sorcerer's Apprentice of windows: one duplicated packet must cost two windows at the most,
 * not a share of every window to the end of the file. */
static void one_duplicated_packet_costs_little(void **state)
{
	(void)state;
	static struct world world;
	for (uint32_t window = 2; window <= 64; window *= 2) {
		struct scenario scenario = {
			"edk2, one duplicate", CLIENT_EDK2, 512, window, 400000, 0, 0, 0, 0, 0};
		for (uint64_t at = 1; at <= 200; at += 3) {
			assert_true(run(&world, &scenario, 1, at));
			if (world.resent_bytes > UINT64_C(2) * window * 512)
				fail_msg("window %u, duplicate %lu: %lu bytes resent", window, at,
					world.resent_bytes);
		}
	}
}

static void files_of_any_length_survive_the_rollover(void **state)
{
	(void)state;
	static const struct scenario scenarios[] = {
		{"plain 16, rollover", CLIENT_PLAIN, 8, 16, 8 * 140000 + 3, 1, 1, 1, 0.4, 0},
		{"edk2 4, rollover", CLIENT_EDK2, 8, 4, 8 * 140000, 1, 1, 1, 0.3, 0},
		{"msft, rollover", CLIENT_MSFT, 8, 16, 8 * 140000, 0, 0, 0, 0, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(scenarios); i++)
		check_seeds(&scenarios[i], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_arrives_over_a_bad_channel),
		cmocka_unit_test(one_duplicated_packet_costs_little),
		cmocka_unit_test(files_of_any_length_survive_the_rollover),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
