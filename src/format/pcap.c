/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/pcap.h"

#include <errno.h>

#define MAGIC_MICROSECONDS 0xa1b2c3d4U
#define MAGIC_NANOSECONDS  0xa1b23c4dU
#define MAGIC_PCAPNG       0x0a0d0d0aU

#define LINK_ETHERNET  1
#define LINK_RAW       101
#define LINK_LINUX_SLL 113 /* "-i any" of old */
#define LINK_SLL2      276 /* "-i any" of today */

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_QINQ 0x88a8
#define VLAN_TAGS_MAX  2
#define PROTOCOL_UDP   17

static uint32_t u32(struct pcap *pcap)
{
	return pcap->big_endian ? reader_be32(&pcap->reader) : reader_le32(&pcap->reader);
}

int pcap_open(const void *bytes, size_t n, struct pcap *ret_pcap, struct error *err)
{
	struct pcap pcap = {.reader = reader_over(bytes, n)};
	uint32_t magic = reader_le32(&pcap.reader);
	if (magic == MAGIC_PCAPNG)
		return error_set(err, -EBADMSG,
			"this is a pcapng: `editcap -F pcap IN OUT` makes a pcap of it");
	if (magic != MAGIC_MICROSECONDS && magic != MAGIC_NANOSECONDS) {
		pcap.big_endian = true;
		reader_seek(&pcap.reader, 0);
		magic = reader_be32(&pcap.reader);
	}
	if (magic != MAGIC_MICROSECONDS && magic != MAGIC_NANOSECONDS)
		return error_set(err, -EBADMSG, "this is no pcap (`tcpdump -w` writes them)");
	pcap.nanoseconds = magic == MAGIC_NANOSECONDS;
	reader_skip(&pcap.reader, 16); /* version, time zone, accuracy, snap length */
	pcap.link = u32(&pcap) & 0xffff;
	if (pcap.reader.failed)
		return error_set(err, -EBADMSG, "the pcap is cut inside its header");
	if (pcap.link != LINK_ETHERNET && pcap.link != LINK_RAW && pcap.link != LINK_LINUX_SLL &&
		pcap.link != LINK_SLL2)
		return error_set(err, -EBADMSG,
			"the capture is of link type %u: only Ethernet, raw IP and \"any\" are "
			"read",
			pcap.link);
	*ret_pcap = pcap;
	return 0;
}

/* Moves past the link's header; false if what follows is not IPv4. */
static bool enter_ip(uint32_t link, struct reader *r)
{
	uint16_t type = ETHERTYPE_IPV4;
	if (link == LINK_ETHERNET) {
		reader_skip(r, 12);
		type = reader_be16(r);
	} else if (link == LINK_LINUX_SLL) {
		reader_skip(r, 14);
		type = reader_be16(r);
	} else if (link == LINK_SLL2) {
		type = reader_be16(r);
		reader_skip(r, 18);
	}
	for (int i = 0; i < VLAN_TAGS_MAX && (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ);
		i++) {
		reader_skip(r, 2);
		type = reader_be16(r);
	}
	return !r->failed && type == ETHERTYPE_IPV4;
}

/* False for anything that is not a whole UDP datagram over IPv4. */
static bool read_datagram(struct reader r, struct pcap_datagram *d)
{
	size_t start = r.at;
	uint8_t head = reader_u8(&r);
	size_t head_bytes = (size_t)(head & 0xf) * 4;
	reader_skip(&r, 5);
	uint16_t fragment = reader_be16(&r);
	reader_skip(&r, 1);
	uint8_t protocol = reader_u8(&r);
	reader_skip(&r, 2);
	d->source = reader_be32(&r);
	d->destination = reader_be32(&r);
	/* Bit 13: more fragments; below: where in the datagram this one belongs. */
	if (r.failed || head >> 4 != 4 || head_bytes < 20 || protocol != PROTOCOL_UDP ||
		(fragment & 0x3fff) != 0)
		return false;
	reader_seek(&r, start);
	reader_skip(&r, head_bytes);
	d->source_port = reader_be16(&r);
	d->destination_port = reader_be16(&r);
	uint16_t length = reader_be16(&r);
	reader_skip(&r, 2);
	if (r.failed || length < 8)
		return false;
	d->n = length - 8U;
	d->bytes = reader_bytes(&r, d->n);
	return d->bytes != NULL;
}

int pcap_next(struct pcap *pcap, struct pcap_datagram *ret_datagram, struct error *err)
{
	while (reader_left(&pcap->reader) > 0) {
		uint32_t seconds = u32(pcap);
		uint32_t fraction = u32(pcap);
		uint32_t size = u32(pcap);
		(void)u32(pcap); /* its length on the wire, before the snap length cut it */
		const uint8_t *bytes = reader_bytes(&pcap->reader, size);
		pcap->number++;
		if (bytes == NULL)
			return error_set(err, -EBADMSG, "the pcap is cut inside packet %llu",
				(unsigned long long)pcap->number);
		struct pcap_datagram d = {
			.number = pcap->number,
			.time_ms = (int64_t)seconds * 1000 +
				   fraction / (pcap->nanoseconds ? 1000000 : 1000),
		};
		struct reader r = reader_over(bytes, size);
		if (enter_ip(pcap->link, &r) && read_datagram(r, &d)) {
			*ret_datagram = d;
			return 1;
		}
	}
	return 0;
}
