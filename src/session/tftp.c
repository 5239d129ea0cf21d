/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/tftp.h"

#include <assert.h>
#include <string.h>

/* IPv4 header without options, UDP header, TFTP header. */
#define HEADERS_BYTES         32
/* With msftwindow the windows grow from here, until the first ACK names a number: what the Windows
 * boot manager begins with. */
#define VARIABLE_WINDOW_FIRST 4

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static int64_t clamp_i64(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* ---- what a client may have -------------------------------------------------------------- */

static uint32_t block_limit(uint32_t mtu, const struct tftp_policy *policy)
{
	uint32_t limit = min_u32(policy->max_block_bytes, LIMIT_TFTP_BLOCK_BYTES);
	if (!policy->allow_fragments && mtu > HEADERS_BYTES + TFTP_MIN_BLOCK_BYTES)
		limit = min_u32(limit, mtu - HEADERS_BYTES);
	return limit < TFTP_MIN_BLOCK_BYTES ? TFTP_MIN_BLOCK_BYTES : limit;
}

/* Grants only what was asked, and never a larger block than asked: edk2 refuses an OACK that does
 * either. */
static void negotiate(struct tftp_session *session, const struct tftp_options *asked, uint32_t mtu,
	const struct tftp_policy *policy)
{
	struct tftp_options *granted = &session->granted;

	session->block_bytes = TFTP_DEFAULT_BLOCK_BYTES;
	if (asked->has_blksize) {
		session->block_bytes = min_u32(asked->blksize, block_limit(mtu, policy));
		granted->has_blksize = true;
		granted->blksize = session->block_bytes;
	}
	granted->has_tsize = asked->has_tsize;
	granted->tsize = session->size;
	/* RFC 2349: granted as asked or not at all. */
	granted->has_timeout = asked->has_timeout;
	granted->timeout_s = asked->timeout_s;

	session->window_blocks = 1;
	if (asked->has_windowsize) {
		uint32_t window = min_u32(policy->max_window_blocks, LIMIT_TFTP_WINDOW_BLOCKS);
		window = min_u32(window, LIMIT_TFTP_WINDOW_BYTES / session->block_bytes);
		session->window_blocks = min_u32(asked->windowsize, window > 0 ? window : 1);
		granted->has_windowsize = true;
		granted->windowsize = session->window_blocks;
	}
	if (asked->has_msftwindow && asked->msftwindow == TFTP_MSFTWINDOW_ASK &&
		policy->allow_variable_window) {
		session->window_blocks = VARIABLE_WINDOW_FIRST;
		granted->has_msftwindow = true;
		granted->msftwindow = TFTP_MSFTWINDOW_GRANT;
	}
}

static bool any_granted(const struct tftp_options *granted)
{
	return granted->has_tsize || granted->has_blksize || granted->has_timeout ||
	       granted->has_windowsize || granted->has_msftwindow;
}

/* ---- time ---------------------------------------------------------------------------------- */

static void set_timer(struct tftp_session *session)
{
	session->timer_at_us =
		session->resend_us < session->restart_us ? session->resend_us : session->restart_us;
}

/* RFC 6298 2.2 and 2.3. */
static void take_rtt(struct tftp_session *session, int64_t rtt_us)
{
	if (rtt_us < 0)
		return;
	if (!session->has_rtt) {
		session->has_rtt = true;
		session->srtt_us = rtt_us;
		session->rttvar_us = rtt_us / 2;
	} else {
		int64_t error_us = rtt_us - session->srtt_us;
		session->rttvar_us +=
			((error_us < 0 ? -error_us : error_us) - session->rttvar_us) / 4;
		session->srtt_us += error_us / 8;
	}
}

/*
 * After progress at now_us, before that is noted. A flight that went out more than once gives no
 * measurement (Karn). If the answer fits what is known of the round trip, counted from the last
 * time that the flight went out, then packets were lost, and nothing is new. Else the client or the
 * path may have become slow, and would be sent everything twice from here on: then what this flight
 * took bounds the next one's round trip. Past one doubling that counts little, or one bad spot
 * would slow the rest down.
 */
static void settle_rto(struct tftp_session *session, int64_t now_us)
{
	int64_t known_us = session->srtt_us + 4 * session->rttvar_us;
	int64_t since_us = now_us - session->flight_us;
	bool fits = session->has_rtt && since_us >= session->srtt_us / 2 &&
		    since_us <= known_us + TFTP_RESTART_FLOOR_US;
	int64_t rto_us = session->has_rtt ? known_us : TFTP_RTO_FIRST_US;

	if (session->rounds > 0 && !fits) {
		int64_t took_us = (now_us - session->progress_us) / 4 * 5;
		rto_us = session->rounds == 1 || took_us < TFTP_RTO_FIRST_US ? took_us
									     : TFTP_RTO_FIRST_US;
	}
	session->rto_us = clamp_i64(rto_us, TFTP_RTO_FLOOR_US, session->rto_ceiling_us);
}

/* ---- sending ------------------------------------------------------------------------------- */

static void end(struct tftp_session *session, enum tftp_end how, struct tftp_actions *actions)
{
	session->ended = true;
	session->timer_at_us = TFTP_NEVER;
	actions->ended = true;
	actions->end = how;
}

static void end_with_error(struct tftp_session *session, enum tftp_end how, uint16_t code,
	const char *text, struct tftp_actions *actions)
{
	actions->send_error = true;
	actions->error_code = code;
	actions->error_text = text;
	end(session, how, actions);
}

/* The bytes of blocks first..last. */
static uint64_t bytes_between(const struct tftp_session *session, uint64_t first, uint64_t last)
{
	uint64_t from = (first - 1) * session->block_bytes;
	uint64_t to = last * session->block_bytes;
	return (to < session->size ? to : session->size) - from;
}

/* Sends from block `first` to the end of the window that begins behind the last acknowledged one.
 */
static void send_from(
	struct tftp_session *session, uint64_t first, int64_t now_us, struct tftp_actions *actions)
{
	uint64_t last = session->n_blocks - session->acked > session->window_blocks
				? session->acked + session->window_blocks
				: session->n_blocks;

	if (first > last)
		return;
	session->has_resent = first <= session->sent_max;
	if (session->has_resent) {
		uint64_t resent = last < session->sent_max ? last : session->sent_max;
		session->resent_bytes += bytes_between(session, first, resent);
		session->before_restart = session->sent_max;
	} else if (first == session->acked + 1) {
		session->before_restart = 0;
	}
	session->sent = last;
	if (last > session->sent_max)
		session->sent_max = last;
	session->flight_us = now_us;
	actions->first_block = first;
	actions->n_blocks = (uint32_t)(last - first + 1);
}

static void send_window(struct tftp_session *session, int64_t now_us, struct tftp_actions *actions)
{
	send_from(session, session->acked + 1, now_us, actions);
	session->restart_us = TFTP_NEVER;
	session->resend_us = now_us + session->rto_us;
	set_timer(session);
}

void tftp_session_start(struct tftp_session *session, const struct tftp_options *asked,
	uint64_t size, uint32_t mtu, const struct tftp_policy *policy, int64_t now_us,
	struct tftp_actions *ret_actions)
{
	*session = (struct tftp_session){.size = size, .in_handshake = true};
	*ret_actions = (struct tftp_actions){0};
	negotiate(session, asked, mtu, policy);
	session->n_blocks = size / session->block_bytes + 1;
	session->progress_us = now_us;
	session->rto_us = TFTP_RTO_FIRST_US;
	session->rto_ceiling_us = TFTP_RTO_CEILING_US;
	session->silence_us = TFTP_SILENCE_US;
	if (asked->has_timeout) {
		/* The client's number is the most that it expects to wait, not the least. */
		int64_t timeout_us = (int64_t)asked->timeout_s * 1000000;
		session->rto_ceiling_us = timeout_us;
		session->silence_us =
			clamp_i64(6 * timeout_us, TFTP_SILENCE_US, TFTP_SILENCE_MAX_US);
	}

	if (!any_granted(&session->granted)) {
		send_window(session, now_us, ret_actions);
		return;
	}
	ret_actions->send_oack = true;
	session->flight_us = now_us;
	session->resend_us = now_us + session->rto_us;
	session->restart_us = TFTP_NEVER;
	set_timer(session);
}

/* ---- what the client says ------------------------------------------------------------------ */

static void take_wanted(struct tftp_session *session, const struct tftp_reply *reply)
{
	/* A client that wants 0 blocks would wait for ever; it gets what it got before. */
	if (session->granted.has_msftwindow && reply->has_wanted && reply->wanted > 0)
		session->window_blocks =
			min_u32(reply->wanted, LIMIT_TFTP_WINDOW_BYTES / session->block_bytes);
}

static void take_progress(struct tftp_session *session, uint64_t block, int64_t now_us)
{
	session->acked = block;
	session->in_handshake = false;
	session->has_repeated = false;
	session->restart_us = TFTP_NEVER;
	session->rounds = 0;
	session->progress_us = now_us;
}

/* The ACK names the start of the window: its first block may be lost. */
static void take_repeated(struct tftp_session *session, int64_t now_us)
{
	if (session->window_blocks < 2 || session->has_repeated || session->acked == session->sent)
		return;
	/* When the whole window's own ACK would have been here. */
	int64_t due_us =
		session->has_rtt ? session->srtt_us + 4 * session->rttvar_us : session->rto_us;
	if (due_us < TFTP_RESTART_FLOOR_US)
		due_us = TFTP_RESTART_FLOOR_US;
	session->has_repeated = true;
	session->restart_us = session->flight_us + due_us;
	if (session->restart_us < now_us)
		session->restart_us = now_us;
	set_timer(session);
}

static void take_ack(struct tftp_session *session, const struct tftp_reply *reply, int64_t now_us,
	struct tftp_actions *actions)
{
	/* The wire's 16 bits count on from `acked`; what never went out is an old ACK, or a lie.
	 * More may be out than the flight holds, if a restart's window was smaller. */
	uint64_t ahead = (uint16_t)(reply->block - (uint16_t)session->acked);
	if (ahead > session->sent_max - session->acked)
		return;

	uint64_t block = session->acked + ahead;
	bool answers_oack = session->in_handshake && session->sent == 0;
	take_wanted(session, reply);
	if (ahead == 0 && !answers_oack) {
		take_repeated(session, now_us);
		return;
	}
	if (block == session->sent && !session->has_resent && session->rounds == 0)
		take_rtt(session, now_us - session->flight_us);
	settle_rto(session, now_us);
	take_progress(session, block, now_us);
	if (block == session->n_blocks) {
		end(session, TFTP_END_DONE, actions);
		return;
	}
	if (block < session->sent && block == session->before_restart) {
		/* All that went out before the restart had arrived, so what lies between here and
		 * `sent` is on its way. If it is not, the client's next ACK repeats this one. */
		send_from(session, session->sent + 1, now_us, actions);
		session->resend_us = now_us + session->rto_us;
		set_timer(session);
		return;
	}
	send_window(session, now_us, actions);
}

void tftp_session_reply(struct tftp_session *session, const struct tftp_reply *reply,
	int64_t now_us, struct tftp_actions *ret_actions)
{
	*ret_actions = (struct tftp_actions){0};
	if (session->ended)
		return;
	if (reply->opcode == TFTP_ACK) {
		take_ack(session, reply, now_us, ret_actions);
		return;
	}
	/* Size probes end politely: edk2 with 8, the Windows boot manager with 0. */
	bool is_probe = session->in_handshake && session->sent == 0 &&
			(reply->code == TFTP_ERROR_OPTIONS || reply->code == TFTP_ERROR_UNDEFINED);
	end(session, is_probe ? TFTP_END_PROBE : TFTP_END_ABORTED, ret_actions);
}

/* ---- silence ------------------------------------------------------------------------------- */

/* All bytes are acknowledged, and only the empty block of RFC 1350 6 is not. */
static bool is_all_but_empty(const struct tftp_session *session)
{
	return session->granted.has_tsize && session->size > 0 &&
	       session->acked * session->block_bytes == session->size;
}

static bool is_hopeless(const struct tftp_session *session, int64_t now_us)
{
	if (session->in_handshake && session->rounds + 1 >= TFTP_FIRST_ANSWERS_MAX)
		return true;
	return now_us - session->progress_us >= session->silence_us;
}

static void take_silence(struct tftp_session *session, int64_t now_us, struct tftp_actions *actions)
{
	if (is_all_but_empty(session) && session->rounds + 1 >= TFTP_LAST_EMPTY_MAX) {
		end(session, TFTP_END_DONE, actions);
		return;
	}
	if (is_hopeless(session, now_us)) {
		end(session, TFTP_END_TIMEOUT, actions);
		return;
	}
	session->rounds++;
	session->rto_us = clamp_i64(session->rto_us * 2, 1, session->rto_ceiling_us);
	session->has_repeated = false;
	if (session->sent > session->acked) {
		send_window(session, now_us, actions);
		return;
	}
	actions->send_oack = true;
	session->resend_us = now_us + session->rto_us;
	set_timer(session);
}

void tftp_session_timer(
	struct tftp_session *session, int64_t now_us, struct tftp_actions *ret_actions)
{
	*ret_actions = (struct tftp_actions){0};
	if (session->ended || now_us < session->timer_at_us)
		return;
	if (now_us >= session->resend_us)
		take_silence(session, now_us, ret_actions);
	else
		send_window(session, now_us, ret_actions);
}

void tftp_session_busy(struct tftp_session *session, int64_t now_us)
{
	if (session->ended || now_us - session->progress_us >= session->silence_us)
		return;
	session->restart_us = TFTP_NEVER;
	if (session->resend_us < now_us + session->rto_us)
		session->resend_us = now_us + session->rto_us;
	set_timer(session);
}

void tftp_session_refused(struct tftp_session *session, struct tftp_actions *ret_actions)
{
	*ret_actions = (struct tftp_actions){0};
	if (session->ended)
		return;
	/* A client that closes its port behind the OACK wanted the size. One that is gone when the
	 * last window goes out once more has taken it, and its ACK was lost. */
	bool has_all = (session->size > 0 && tftp_session_delivered(session) == session->size) ||
		       (session->sent == session->n_blocks && session->rounds > 0);
	enum tftp_end how = session->sent == 0 ? TFTP_END_PROBE
			    : has_all          ? TFTP_END_DONE
					       : TFTP_END_ABORTED;
	if (how == TFTP_END_DONE)
		session->acked = session->n_blocks;
	end(session, how, ret_actions);
}

void tftp_session_fail(
	struct tftp_session *session, const char *text, struct tftp_actions *ret_actions)
{
	*ret_actions = (struct tftp_actions){0};
	if (!session->ended)
		end_with_error(session, TFTP_END_FAILED, TFTP_ERROR_UNDEFINED, text, ret_actions);
}

uint64_t tftp_session_offset(const struct tftp_session *session, uint64_t block)
{
	assert(block >= 1 && block <= session->n_blocks);
	return (block - 1) * session->block_bytes;
}

uint32_t tftp_session_length(const struct tftp_session *session, uint64_t block)
{
	uint64_t left = session->size - tftp_session_offset(session, block);
	return left < session->block_bytes ? (uint32_t)left : session->block_bytes;
}

uint64_t tftp_session_delivered(const struct tftp_session *session)
{
	uint64_t bytes = session->acked * session->block_bytes;
	return bytes < session->size ? bytes : session->size;
}
