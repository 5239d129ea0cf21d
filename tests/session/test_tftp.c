/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit.h"

#include "session/tftp.h"

#include <string.h>

#define MS 1000

static const struct tftp_policy policy = {
	.max_block_bytes = LIMIT_TFTP_BLOCK_BYTES,
	.max_window_blocks = LIMIT_TFTP_WINDOW_BLOCKS,
	.allow_variable_window = true,
};

static struct tftp_session session;
static struct tftp_actions actions;

static void start(const struct tftp_options *asked, uint64_t size)
{
	tftp_session_start(&session, asked, size, 1500, &policy, 0, &actions);
}

static void ack(uint64_t block, int wanted, int64_t now_us)
{
	struct tftp_reply reply = {.opcode = TFTP_ACK,
		.block = (uint16_t)block,
		.has_wanted = wanted >= 0,
		.wanted = (uint8_t)wanted};
	tftp_session_reply(&session, &reply, now_us, &actions);
}

static void client_error(uint16_t code, int64_t now_us)
{
	struct tftp_reply reply = {.opcode = TFTP_ERROR, .code = code, .text = ""};
	tftp_session_reply(&session, &reply, now_us, &actions);
}

static void expect_blocks(uint64_t first, uint64_t last)
{
	assert_false(actions.ended);
	assert_int_equal(actions.first_block, first);
	assert_int_equal(actions.n_blocks, last - first + 1);
}

static void expect_nothing(void)
{
	assert_false(actions.send_oack);
	assert_int_equal(actions.n_blocks, 0);
	assert_false(actions.ended);
}

static void expect_end(enum tftp_end how)
{
	assert_true(actions.ended);
	assert_int_equal(actions.end, how);
	assert_int_equal(session.timer_at_us, TFTP_NEVER);
	/* What has ended stays so. */
	ack(1, -1, 99 * MS);
	expect_nothing();
	tftp_session_timer(&session, INT64_MAX - 1, &actions);
	expect_nothing();
}

static const struct tftp_options window_4 = {.has_tsize = true,
	.has_blksize = true,
	.blksize = 100,
	.has_windowsize = true,
	.windowsize = 4};

static void grants_are_what_was_asked_or_less(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct tftp_options asked;
		uint32_t mtu;
		bool fragments;
		uint32_t block_bytes, window_blocks;
	} rows[] = {
		{"no options", {0}, 1500, false, 512, 1},
		{"small blocks", {.has_blksize = true, .blksize = 8}, 1500, false, 8, 1},
		{"what Windows asks", {.has_blksize = true, .blksize = 1456}, 1500, false, 1456, 1},
		{"larger than the path", {.has_blksize = true, .blksize = 4096}, 1500, false, 1468,
			1},
		{"a VPN", {.has_blksize = true, .blksize = 1456}, 1420, false, 1388, 1},
		{"fragments", {.has_blksize = true, .blksize = 16384}, 1500, true, 16384, 1},
		{"MTU not known", {.has_blksize = true, .blksize = 4096}, 0, false, 4096, 1},
		{"window", {.has_windowsize = true, .windowsize = 16}, 1500, false, 512, 16},
		{"huge window", {.has_windowsize = true, .windowsize = 65535}, 1500, false, 512,
			64},
		{"huge product",
			{.has_blksize = true,
				.blksize = 65464,
				.has_windowsize = true,
				.windowsize = 64},
			1500, true, 65464, 16},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tftp_policy one = policy;
		one.allow_fragments = rows[i].fragments;
		tftp_session_start(&session, &rows[i].asked, 1000, rows[i].mtu, &one, 0, &actions);
		if (session.block_bytes != rows[i].block_bytes ||
			session.window_blocks != rows[i].window_blocks ||
			session.granted.has_blksize != rows[i].asked.has_blksize ||
			session.granted.has_windowsize != rows[i].asked.has_windowsize ||
			session.granted.has_tsize || session.granted.has_timeout ||
			session.granted.has_msftwindow)
			fail_msg("%s: %u x %u", rows[i].what, session.block_bytes,
				session.window_blocks);
		assert_int_equal(actions.send_oack, i > 0);
		assert_int_equal(actions.n_blocks, i > 0 ? 0 : 1);
	}
}

static void tsize_timeout_and_msftwindow_are_answered(void **state)
{
	(void)state;
	struct tftp_options asked = {.has_tsize = true,
		.has_timeout = true,
		.timeout_s = 7,
		.has_msftwindow = true,
		.msftwindow = TFTP_MSFTWINDOW_ASK};
	start(&asked, UINT64_C(1) << 40);
	assert_int_equal(session.granted.tsize, UINT64_C(1) << 40);
	assert_int_equal(session.granted.timeout_s, 7);
	assert_int_equal(session.granted.msftwindow, TFTP_MSFTWINDOW_GRANT);

	asked.msftwindow = 1;
	start(&asked, 5);
	assert_false(session.granted.has_msftwindow);

	struct tftp_policy no_variable = policy;
	no_variable.allow_variable_window = false;
	asked.msftwindow = TFTP_MSFTWINDOW_ASK;
	tftp_session_start(&session, &asked, 5, 1500, &no_variable, 0, &actions);
	assert_false(session.granted.has_msftwindow);
}

static void a_plain_transfer(void **state)
{
	(void)state;
	struct tftp_options none = {0};
	start(&none, 1025);
	expect_blocks(1, 1);
	assert_int_equal(tftp_session_length(&session, 1), 512);
	ack(1, -1, 1 * MS);
	expect_blocks(2, 2);
	ack(2, -1, 2 * MS);
	expect_blocks(3, 3);
	assert_int_equal(tftp_session_offset(&session, 3), 1024);
	assert_int_equal(tftp_session_length(&session, 3), 1);
	ack(3, -1, 3 * MS);
	assert_int_equal(tftp_session_delivered(&session), 1025);
	assert_int_equal(session.resent_bytes, 0);
	expect_end(TFTP_END_DONE);
}

static void whole_blocks_end_with_an_empty_one(void **state)
{
	(void)state;
	struct tftp_options none = {0};
	start(&none, 1024);
	ack(1, -1, 1 * MS);
	ack(2, -1, 2 * MS);
	expect_blocks(3, 3);
	assert_int_equal(tftp_session_length(&session, 3), 0);
	ack(3, -1, 3 * MS);
	expect_end(TFTP_END_DONE);

	start(&none, 0);
	expect_blocks(1, 1);
	assert_int_equal(tftp_session_length(&session, 1), 0);
	ack(1, -1, 1 * MS);
	expect_end(TFTP_END_DONE);
}

/* The Windows boot manager acknowledges the last full block and stops. */
static void who_was_told_the_size_may_stop_after_the_last_byte(void **state)
{
	(void)state;
	for (int told = 0; told <= 1; told++) {
		struct tftp_options asked = {
			.has_tsize = told != 0, .has_blksize = true, .blksize = 100};
		start(&asked, 200);
		ack(0, -1, 1 * MS);
		ack(1, -1, 2 * MS);
		ack(2, -1, 3 * MS);
		expect_blocks(3, 3);
		int n_timers = 0;
		while (!actions.ended) {
			tftp_session_timer(&session, session.timer_at_us, &actions);
			n_timers++;
		}
		assert_int_equal(actions.end, told ? TFTP_END_DONE : TFTP_END_TIMEOUT);
		assert_int_equal(tftp_session_delivered(&session), 200);
		if (told)
			assert_int_equal(n_timers, TFTP_LAST_EMPTY_MAX);
	}
	/* In the middle of a window, and by ICMP. */
	start(&window_4, 400);
	ack(0, -1, 1 * MS);
	expect_blocks(1, 4);
	ack(4, -1, 2 * MS);
	expect_blocks(5, 5);
	tftp_session_refused(&session, &actions);
	assert_int_equal(tftp_session_delivered(&session), 400);
	expect_end(TFTP_END_DONE);
}

static void windows_and_their_losses(void **state)
{
	(void)state;
	start(&window_4, 10000);
	assert_true(actions.send_oack);
	ack(0, -1, 1 * MS);
	expect_blocks(1, 4);
	ack(4, -1, 2 * MS);
	expect_blocks(5, 8);
	ack(6, -1, 3 * MS); /* block 7 was lost */
	expect_blocks(7, 10);
	assert_int_equal(session.resent_bytes, 200);
	ack(6, -1, 3 * MS); /* edk2: one ACK for every stray packet */
	expect_nothing();
	ack(6, -1, 3 * MS);
	expect_nothing();
	ack(10, -1, 4 * MS);
	expect_blocks(11, 14);
	ack(4, -1, 4 * MS); /* late */
	expect_nothing();
	ack(15, -1, 4 * MS); /* never sent */
	expect_nothing();
	ack(14, -1, 5 * MS);
	expect_blocks(15, 18);
	assert_int_equal(session.resent_bytes, 200);
}

static void the_first_block_of_a_window_lost(void **state)
{
	(void)state;
	start(&window_4, 10000);
	ack(0, -1, 1 * MS);
	ack(4, -1, 2 * MS);
	expect_blocks(5, 8);
	int64_t resend_us = session.timer_at_us;
	ack(4, -1, 3 * MS);
	expect_nothing();
	assert_true(session.timer_at_us < resend_us);
	assert_true(session.timer_at_us >= 2 * MS + TFTP_RESTART_FLOOR_US);
	int64_t restart_us = session.timer_at_us;
	tftp_session_timer(&session, restart_us - 1, &actions);
	expect_nothing();
	tftp_session_timer(&session, restart_us, &actions);
	expect_blocks(5, 8);
	ack(4, -1, restart_us + 1);
	expect_nothing();
	assert_int_equal(session.timer_at_us, restart_us + TFTP_RTO_FLOOR_US);
}

static void a_duplicated_ack_does_not_double_the_rest(void **state)
{
	(void)state;
	/* One block at a time: each ACK comes twice. */
	struct tftp_options none = {0};
	start(&none, 51200);
	for (uint64_t block = 1; block <= 100; block++) {
		ack(block, -1, (int64_t)block * MS);
		expect_blocks(block + 1, block + 1);
		ack(block, -1, (int64_t)block * MS);
		expect_nothing();
	}
	assert_int_equal(session.resent_bytes, 0);

	/* A window: the better ACK comes before the restart is due. */
	start(&window_4, 10000);
	ack(0, -1, 1 * MS);
	ack(0, -1, 1 * MS);
	expect_nothing();
	ack(4, -1, 2 * MS);
	expect_blocks(5, 8);
	assert_int_equal(session.timer_at_us, 2 * MS + TFTP_RTO_FLOOR_US);
	assert_int_equal(session.resent_bytes, 0);
}

/* edk2 took a duplicated block 2 for a loss. What was sent again makes it acknowledge 4, which had
 * arrived; going back to 5 then would go on so to the end. */
static void a_needless_restart_is_not_repeated(void **state)
{
	(void)state;
	start(&window_4, 10000);
	ack(0, -1, 1 * MS);
	ack(2, -1, 2 * MS);
	expect_blocks(3, 6);
	ack(4, -1, 3 * MS);
	expect_blocks(7, 8);
	ack(4, -1, 3 * MS);
	expect_nothing();
	ack(8, -1, 4 * MS);
	expect_blocks(9, 12);
	assert_int_equal(session.resent_bytes, 200);

	/* And if it was no needless one, the next ACK says so. */
	start(&window_4, 10000);
	ack(0, -1, 1 * MS);
	ack(2, -1, 2 * MS);
	ack(4, -1, 3 * MS);
	expect_blocks(7, 8);
	ack(4, -1, 4 * MS);
	tftp_session_timer(&session, session.timer_at_us, &actions);
	expect_blocks(5, 8);
}

static void silence_is_answered_ever_more_slowly(void **state)
{
	(void)state;
	start(&window_4, 10000);
	ack(0, -1, 3 * MS);
	expect_blocks(1, 4);
	int64_t at_us = 3 * MS, last_us = at_us, gap_us = 0;
	while (!actions.ended) {
		int64_t now_us = session.timer_at_us;
		assert_true(now_us - last_us >= gap_us);
		assert_true(now_us - last_us <= TFTP_RTO_CEILING_US);
		gap_us = now_us - last_us;
		last_us = now_us;
		tftp_session_timer(&session, now_us, &actions);
		if (!actions.ended)
			expect_blocks(1, 4);
	}
	assert_int_equal(actions.end, TFTP_END_TIMEOUT);
	assert_true(last_us - at_us >= TFTP_SILENCE_US);
	assert_true(last_us - at_us <= TFTP_SILENCE_US + TFTP_RTO_CEILING_US);
}

static void a_full_network_card_is_no_silence(void **state)
{
	(void)state;
	start(&window_4, 10000);
	ack(0, -1, 3 * MS);
	for (int i = 0; i < 100; i++) {
		int64_t now_us = session.timer_at_us;
		tftp_session_busy(&session, now_us);
		tftp_session_timer(&session, now_us, &actions);
		expect_nothing();
		assert_true(session.timer_at_us > now_us);
	}
	/* But it is not waited for for ever. */
	tftp_session_busy(&session, 4 * TFTP_SILENCE_US);
	tftp_session_timer(&session, 4 * TFTP_SILENCE_US, &actions);
	expect_end(TFTP_END_TIMEOUT);
}

static void who_never_answers_gets_few_packets(void **state)
{
	(void)state;
	struct tftp_options none = {0};
	for (int with_options = 0; with_options <= 1; with_options++) {
		start(with_options ? &window_4 : &none, 10000);
		int n_sent = 0;
		while (!actions.ended) {
			assert_int_equal(actions.send_oack, with_options);
			assert_int_equal(actions.n_blocks, !with_options);
			n_sent++;
			tftp_session_timer(&session, session.timer_at_us, &actions);
		}
		assert_int_equal(n_sent, TFTP_FIRST_ANSWERS_MAX);
		expect_end(TFTP_END_TIMEOUT);
	}
}

static void the_clients_timeout_bounds_ours(void **state)
{
	(void)state;
	struct tftp_options asked = {.has_timeout = true, .timeout_s = 2};
	start(&asked, 10000);
	ack(0, -1, 1 * MS);
	int64_t last_us = 1 * MS;
	while (!actions.ended) {
		assert_true(session.timer_at_us - last_us <= 2000000);
		last_us = session.timer_at_us;
		tftp_session_timer(&session, last_us, &actions);
	}
	assert_int_equal(actions.end, TFTP_END_TIMEOUT);
}

static void ends_are_told_apart(void **state)
{
	(void)state;
	start(&window_4, 10000);
	client_error(TFTP_ERROR_OPTIONS, 1 * MS); /* edk2's size probe */
	expect_end(TFTP_END_PROBE);
	start(&window_4, 10000);
	client_error(TFTP_ERROR_UNDEFINED, 1 * MS); /* the boot manager's */
	expect_end(TFTP_END_PROBE);
	start(&window_4, 10000);
	client_error(TFTP_ERROR_DISK_FULL, 1 * MS);
	expect_end(TFTP_END_ABORTED);
	start(&window_4, 10000);
	ack(0, -1, 1 * MS);
	client_error(TFTP_ERROR_UNDEFINED, 1 * MS);
	expect_end(TFTP_END_ABORTED);
	start(&window_4, 10000);
	tftp_session_refused(&session, &actions);
	expect_end(TFTP_END_PROBE);
	start(&window_4, 10000);
	ack(0, -1, 1 * MS);
	tftp_session_refused(&session, &actions);
	expect_end(TFTP_END_ABORTED);
	/* The whole file is out, but nobody was there to take it; or the last ACK was lost. */
	struct tftp_options none = {0};
	start(&none, 10);
	tftp_session_refused(&session, &actions);
	expect_end(TFTP_END_ABORTED);
	start(&none, 10);
	tftp_session_timer(&session, session.timer_at_us, &actions);
	expect_blocks(1, 1);
	tftp_session_refused(&session, &actions);
	assert_int_equal(tftp_session_delivered(&session), 10);
	expect_end(TFTP_END_DONE);
	start(&window_4, 10000);
	tftp_session_fail(&session, "the file has become shorter", &actions);
	assert_true(actions.send_error);
	assert_string_equal(actions.error_text, "the file has become shorter");
	expect_end(TFTP_END_FAILED);
}

/* What the genuine boot manager said: ACK (0,4) (4,4) (8,4) (12,4) (16,5) (21,5). */
static void msftwindow_follows_the_fifth_byte(void **state)
{
	(void)state;
	struct tftp_options asked = {.has_tsize = true,
		.has_blksize = true,
		.blksize = 1456,
		.has_windowsize = true,
		.windowsize = 16,
		.has_msftwindow = true,
		.msftwindow = TFTP_MSFTWINDOW_ASK};
	start(&asked, 3000000);
	assert_int_equal(session.granted.windowsize, 16);
	ack(0, 4, 1 * MS);
	expect_blocks(1, 4);
	ack(4, 4, 2 * MS);
	expect_blocks(5, 8);
	ack(8, 5, 3 * MS);
	expect_blocks(9, 13);
	ack(13, 255, 4 * MS);
	expect_blocks(14, 268);
	ack(268, 0, 5 * MS); /* nobody wants nothing for ever */
	expect_blocks(269, 523);
	ack(300, 2, 6 * MS);
	expect_blocks(301, 302);
	ack(523, 4, 7 * MS); /* it had arrived nevertheless */
	expect_blocks(524, 527);
}

static void blocks_roll_over_to_zero(void **state)
{
	(void)state;
	struct tftp_options asked = {
		.has_blksize = true, .blksize = 8, .has_windowsize = true, .windowsize = 64};
	const uint64_t n_blocks = 3 * 65536 + 17;
	start(&asked, (n_blocks - 1) * 8 + 3);
	ack(0, -1, 0);
	uint64_t acked = 0;
	while (!actions.ended) {
		uint64_t last = acked + 64 < n_blocks ? acked + 64 : n_blocks;
		expect_blocks(acked + 1, last);
		acked = last;
		ack(acked, -1, 0);
	}
	assert_int_equal(acked, n_blocks);
	assert_int_equal(actions.end, TFTP_END_DONE);
	assert_int_equal(tftp_session_delivered(&session), (n_blocks - 1) * 8 + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grants_are_what_was_asked_or_less),
		cmocka_unit_test(tsize_timeout_and_msftwindow_are_answered),
		cmocka_unit_test(a_plain_transfer),
		cmocka_unit_test(whole_blocks_end_with_an_empty_one),
		cmocka_unit_test(who_was_told_the_size_may_stop_after_the_last_byte),
		cmocka_unit_test(windows_and_their_losses),
		cmocka_unit_test(the_first_block_of_a_window_lost),
		cmocka_unit_test(a_duplicated_ack_does_not_double_the_rest),
		cmocka_unit_test(a_needless_restart_is_not_repeated),
		cmocka_unit_test(silence_is_answered_ever_more_slowly),
		cmocka_unit_test(a_full_network_card_is_no_silence),
		cmocka_unit_test(who_never_answers_gets_few_packets),
		cmocka_unit_test(the_clients_timeout_bounds_ours),
		cmocka_unit_test(ends_are_told_apart),
		cmocka_unit_test(msftwindow_follows_the_fifth_byte),
		cmocka_unit_test(blocks_roll_over_to_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
