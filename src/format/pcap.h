/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Captures as tcpdump writes them (pcap, draft-ietf-opsawg-pcap), read for the UDP datagrams over
 * IPv4 in them. Everything else in the file is passed over.
 */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct pcap {
	struct reader reader;
	bool big_endian, nanoseconds;
	uint32_t link;   /* LINKTYPE_* */
	uint64_t number; /* of the packet read last, counted from 1 as Wireshark does */
};

struct pcap_datagram {
	uint64_t number;
	int64_t time_ms; /* Unix time */
	uint32_t source, destination;
	uint16_t source_port, destination_port;
	const uint8_t *bytes; /* in the file's bytes */
	size_t n;
};

/* -EBADMSG with the reason in err: no pcap, or a kind of network that DHCP does not run on. */
int pcap_open(const void *bytes, size_t n, struct pcap *ret_pcap, struct error *err) MUST_CHECK;

/* 1 and the next datagram, 0 at the end, -EBADMSG if the file is cut inside a packet. */
int pcap_next(struct pcap *pcap, struct pcap_datagram *ret_datagram, struct error *err) MUST_CHECK;
