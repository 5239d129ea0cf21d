/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One TFTP read transfer without I/O: (event, now) -> actions (RFC 1350, 2347-2349, 7440 and
 * msftwindow). The session counts blocks in 64 bits and holds no data: an action names the blocks
 * to send, and whoever performs it knows where their bytes are.
 *
 * Retransmission is the part that goes wrong elsewhere, so in full:
 * - An ACK in the middle of a window says that the next block was lost: the window starts again
 *   right behind it, once per ACK value, however often that value comes (edk2 sends one ACK for
 *   every stray packet of a window whose second block was lost).
 * - An ACK that repeats the start of the window says, with windows of two blocks and more, that the
 *   window's first block was lost. But a duplicated ACK and those of stray packets look the same,
 *   so the window is sent again once, and only if the round trip's time passes without a better
 *   ACK. With windows of one block it is never a reason to send (RFC 1123 4.2.3.1, the Sorcerer's
 *   Apprentice).
 * - Blocks sent again that were not lost make a client acknowledge what it had. Such an ACK names
 *   the last block that went out before the restart; the window then goes on behind what is on its
 *   way, or one duplicated packet would double every window to the end of the file.
 * - Otherwise time decides: RFC 6298's estimate with a floor for local networks, doubled at every
 *   silent round.
 */
#pragma once

#include "wire/tftp.h"

#include <stdbool.h>
#include <stdint.h>

/* RFC 6298 2.1 and 2.4 say one second for both; a boot on a local network may not stand still that
 * long for one lost packet. */
#define TFTP_RTO_FIRST_US      1000000
#define TFTP_RTO_FLOOR_US      200000
#define TFTP_RTO_CEILING_US    5000000
/* A round trip is never thought to be shorter when a repeated ACK waits for its better: threads are
 * woken late. */
#define TFTP_RESTART_FLOOR_US  10000
/* No progress for that long (or six of the client's timeouts, RFC 2349) ends the transfer. */
#define TFTP_SILENCE_US        30000000
#define TFTP_SILENCE_MAX_US    180000000
/* The first answer goes out at most so often: who never answers may not have asked at all. */
#define TFTP_FIRST_ANSWERS_MAX 5
/* The empty block behind a file of whole blocks goes out at most so often: a client that was told
 * the size does not wait for it. */
#define TFTP_LAST_EMPTY_MAX    3
#define TFTP_NEVER             INT64_MAX

struct tftp_policy {
	uint32_t max_block_bytes;
	uint32_t max_window_blocks;
	bool allow_fragments; /* blocks larger than the path's MTU, as IP fragments */
	bool allow_variable_window;
};

enum tftp_end {
	TFTP_END_DONE,    /* every byte arrived */
	TFTP_END_PROBE,   /* the client wanted the size only */
	TFTP_END_ABORTED, /* the client stopped in the middle */
	TFTP_END_TIMEOUT, /* the client went silent */
	TFTP_END_FAILED,  /* our side, by tftp_session_fail() */
};

/* What to do, in this order: OACK, blocks, ERROR, end. A session that has ended does nothing more.
 */
struct tftp_actions {
	bool send_oack;       /* of session.granted */
	uint64_t first_block; /* from 1 */
	uint32_t n_blocks; /* 0: none. Else whatever of an earlier action still waits to be sent is
			      void */
	bool send_error;
	uint16_t error_code;
	const char *error_text; /* a constant, or what tftp_session_fail() was given */
	bool ended;
	enum tftp_end end;
};

/* A value; owns nothing. The fields below "inside" are the session's own. */
struct tftp_session {
	uint64_t size; /* of the file */
	uint32_t block_bytes;
	uint32_t window_blocks; /* of the moment, with msftwindow */
	struct tftp_options granted;
	uint64_t resent_bytes; /* of blocks that went out more than once */
	int64_t timer_at_us;   /* call tftp_session_timer() then; TFTP_NEVER when ended */

	/* inside */
	bool in_handshake; /* the first answer is not acknowledged yet */
	bool has_repeated; /* a repeated ACK of `acked` has had its restart */
	bool has_resent;   /* the flight holds blocks sent before: no RTT from it (Karn) */
	bool has_rtt;
	bool ended;
	uint32_t rounds;         /* timeouts since the last progress */
	uint64_t n_blocks;       /* the last one is short or empty */
	uint64_t acked;          /* all blocks up to it have arrived; 0: none */
	uint64_t sent;           /* the last block of the flight */
	uint64_t sent_max;       /* the last block that ever went out */
	uint64_t before_restart; /* sent_max when the flight was restarted; 0: it was not */
	int64_t flight_us;       /* when the flight went out */
	int64_t progress_us;     /* when `acked` last grew */
	int64_t resend_us;       /* retransmission timeout */
	int64_t restart_us;      /* restart for a repeated ACK, or TFTP_NEVER */
	int64_t rto_us, srtt_us, rttvar_us;
	int64_t rto_ceiling_us, silence_us;
};

/* mtu: of the path to the client, in bytes with the IP header; 0 when not known. Gives the first
 * answer: an OACK if any option was granted, else block 1. */
void tftp_session_start(struct tftp_session *session, const struct tftp_options *asked,
	uint64_t size, uint32_t mtu, const struct tftp_policy *policy, int64_t now_us,
	struct tftp_actions *ret_actions);
void tftp_session_reply(struct tftp_session *session, const struct tftp_reply *reply,
	int64_t now_us, struct tftp_actions *ret_actions);
/* At timer_at_us or later; earlier it does nothing. */
void tftp_session_timer(
	struct tftp_session *session, int64_t now_us, struct tftp_actions *ret_actions);
/* Blocks of the last action still wait to be sent (a slow or busy network card), so there is no
 * silence of the client's yet. Call it in front of tftp_session_timer(). */
void tftp_session_busy(struct tftp_session *session, int64_t now_us);
/* ICMP said that nobody listens at the client's port any more. */
void tftp_session_refused(struct tftp_session *session, struct tftp_actions *ret_actions);
/* Our side cannot go on; the client is told why. */
void tftp_session_fail(
	struct tftp_session *session, const char *text, struct tftp_actions *ret_actions);

/* Where the bytes of a block are: its length is 0 for the empty last one. */
uint64_t tftp_session_offset(const struct tftp_session *session, uint64_t block);
uint32_t tftp_session_length(const struct tftp_session *session, uint64_t block);
/* Bytes that the client has acknowledged. */
uint64_t tftp_session_delivered(const struct tftp_session *session);
