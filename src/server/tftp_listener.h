/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The TFTP port: takes requests in, many to a system call, each with the address that it was sent
 * to, and sends ERRORs back from that address. Knows nothing of files and transfers.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define TFTP_DATAGRAMS_MAX 16

struct tftp_datagram {
	uint32_t peer, local; /* host byte order */
	uint16_t peer_port;
	const uint8_t *bytes; /* valid until the next receive; one byte more than
				 LIMIT_TFTP_REQUEST_BYTES at the most */
	size_t n;
};

struct tftp_listener;

/* address: host byte order, 0 for every address. */
int tftp_listener_open(uint32_t address, uint16_t port, struct tftp_listener **ret_listener,
	struct error *err) MUST_CHECK;
void tftp_listener_close(struct tftp_listener *listener);
/* Readable when there are datagrams. */
int tftp_listener_fd(const struct tftp_listener *listener);
uint16_t tftp_listener_port(const struct tftp_listener *listener);
/* How many came, 0 for none. Broadcasts and datagrams without a sender to answer are left out. */
size_t tftp_listener_receive(
	struct tftp_listener *listener, struct tftp_datagram datagrams[static TFTP_DATAGRAMS_MAX]);
/* From a new transfer identifier (RFC 1350 4), which all refusals share: nothing follows them. */
void tftp_listener_refuse(const struct tftp_listener *listener,
	const struct tftp_datagram *datagram, uint16_t code, const char *text);
