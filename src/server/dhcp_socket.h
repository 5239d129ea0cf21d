/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UDP sockets for DHCP: each datagram with the interface that it came in on and the address that it
 * was sent to, answers out of the interface and from the address that we choose; and, where a
 * client has no address yet but asked for a unicast answer, a frame straight to its hardware
 * address.
 */
#pragma once

#include "base/error.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_BATCH 32 /* datagrams taken with one system call */

/* Addresses and ports in host byte order. */
struct dhcp_datagram {
	int interface;   /* ifindex */
	uint32_t source; /* who sent it */
	uint16_t source_port;
	uint32_t destination; /* as in its IP header: ours, or a broadcast */
	size_t n_bytes;
	bool is_cut; /* it was longer than we accept */
	const uint8_t *bytes;
};

struct dhcp_batch {
	size_t n;
	struct dhcp_datagram datagrams[DHCP_BATCH];
	uint8_t storage[DHCP_BATCH][LIMIT_DHCP_PACKET_BYTES];
};

/* shares: another DHCP server runs on this machine and shares the port, too (proxy mode beside
 * dnsmasq): broadcasts reach both, what is sent to port 67 of this machine alone reaches the other.
 * Both have to ask for that; dnsmasq does with bind-dynamic. */
int dhcp_socket_open(uint16_t port, bool shares, int *ret_fd, struct error *err) MUST_CHECK;
/* What waits, at most DHCP_BATCH; n is 0 if nothing does. */
void dhcp_socket_receive(int fd, struct dhcp_batch *batch);
/* interface 0: by the routing table; source 0: as the kernel likes. */
int dhcp_socket_send(int fd, int interface, uint32_t source, uint32_t destination,
	uint16_t destination_port, const void *bytes, size_t n) MUST_CHECK;

/* For frames; needs CAP_NET_RAW once, here. */
int dhcp_frame_open(int *ret_fd) MUST_CHECK;
int dhcp_frame_send(int fd, int interface, const uint8_t mac[static 6], uint32_t source,
	uint16_t source_port, uint32_t destination, uint16_t destination_port, const void *bytes,
	size_t n) MUST_CHECK;
/* The IPv4 and UDP headers (28 bytes) in front of that payload; for dhcp_frame_send and its test.
 */
void dhcp_frame_headers(uint32_t source, uint16_t source_port, uint32_t destination,
	uint16_t destination_port, const void *bytes, size_t n, uint8_t ret_headers[static 28]);
