/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sends blocks of a transfer: one system call for as many as fit. With UDP_SEGMENT (GSO) a run of
 * equal blocks goes through the stack as one packet and is cut up as late as possible, by the
 * network card where it can; where the path does not take that, sendmmsg.
 */
#pragma once

#include "server/tftp_transfer.h"

#include <sys/socket.h>
#include <sys/uio.h>

/* Segments of one call: the kernel's UDP_MAX_SEGMENTS before 6.9. */
#define TFTP_SEND_BLOCKS_MAX 64
/* Bytes of one call: an IPv4 packet without its IP and UDP headers. */
#define TFTP_SEND_BYTES_MAX  65507

/* A worker's: what a call needs, kept off the stack and shared by all its transfers. */
struct tftp_sender {
	uint8_t data[TFTP_SEND_BYTES_MAX];
	uint8_t headers[TFTP_SEND_BLOCKS_MAX][TFTP_HEADER_BYTES];
	struct iovec iov[2 * TFTP_SEND_BLOCKS_MAX];
	struct mmsghdr messages[TFTP_SEND_BLOCKS_MAX];
};

/*
 * Sends the transfer's pending blocks and takes those that went out off. 0: all did; -EAGAIN: the
 * socket is full, the rest waits; -ECONNREFUSED: nobody listens there any more; -ENODATA: the
 * file has become shorter or cannot be read.
 */
int tftp_send_pending(struct tftp_sender *sender, struct tftp_transfer *transfer) MUST_CHECK;
