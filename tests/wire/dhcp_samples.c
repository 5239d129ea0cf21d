/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes every shape of DHCP packet that we send into a pcap file, for a decoder that is not ours:
 * tests/wire/tshark-decodes has tshark read it. Each client speaks to a proxy and to a server, with
 * each style of offer, from its own network and through a relay.
 */
#include "../session/exchange.h"
#include "wire/pxe.h"

#include <stdio.h>

#define POOL_FIRST    0xc0a80764U
#define PCAP_RAW_IPV4 228 /* LINKTYPE_IPV4 */

static const struct pxe_offer OFFERS[] = {
	{PXE_OFFER_PLAIN, LOCAL, "http://192.168.7.2/b/k3xq7y2mzt5a/boot.ipxe", ""},
	{PXE_OFFER_REDIRECT, LOCAL, "", ""},
	{PXE_OFFER_DIRECT, LOCAL, "b\\k3xq7y2mzt5a\\bootx64.efi", "\\b\\k3xq7y2mzt5a\\BCD"},
	{PXE_OFFER_FINAL, LOCAL, "b\\k3xq7y2mzt5a\\pxeboot.n12", "\\b\\k3xq7y2mzt5a\\BCD"},
	{PXE_OFFER_HTTP, LOCAL, "http://192.168.7.2/EFI/Boot/bootx64.efi", ""},
	/* As long as each may become. */
	{PXE_OFFER_DIRECT, LOCAL,
		"b/0123456789012345678901234567890123456789012345678901234567890123456789012345678"
		"90123456789012345678901234567890123456789/x.efi",
		"\\b\\01234567890123456789012345678901234567890123456789012345678901234567890123456"
		"789012345678901234567890123456789012345678\\BCD"},
};

struct sampler {
	FILE *file;
	size_t n_packets;
};

static void put(struct sampler *sampler, const void *bytes, size_t n)
{
	if (fwrite(bytes, 1, n, sampler->file) != n)
		fail_msg("cannot write the sample file");
}

/* One datagram with its IPv4 and UDP headers; their checksums are left out (UDP's 0 says so). */
static void put_packet(struct sampler *sampler, const struct dhcp_action *action)
{
	uint8_t head[16 + 20 + 8];
	struct writer out = writer_over(head, sizeof(head));
	size_t n_udp = 8 + action->n_bytes;

	writer_le32(&out, (uint32_t)sampler->n_packets);
	writer_le32(&out, 0);
	writer_le32(&out, (uint32_t)(20 + n_udp));
	writer_le32(&out, (uint32_t)(20 + n_udp));
	writer_be16(&out, 0x4500);
	writer_be16(&out, (uint16_t)(20 + n_udp));
	writer_be32(&out, 0);
	writer_be32(&out, 0x40110000); /* TTL 64, UDP */
	writer_be32(&out, action->source);
	writer_be32(&out, action->destination);
	writer_be16(&out, action->source_port);
	writer_be16(&out, action->destination_port);
	writer_be16(&out, (uint16_t)n_udp);
	writer_be16(&out, 0);
	assert_false(out.failed);
	put(sampler, head, sizeof(head));
	put(sampler, action->bytes, action->n_bytes);
	sampler->n_packets++;
}

static void sample(struct sampler *sampler, struct dhcp_session *session,
	const struct packet *packet, uint16_t port, const struct pxe_offer *offer)
{
	struct dhcp_arrival arrival = arrival_at(START);
	struct exchanged got;

	arrival.local_port = port;
	arrival.source = port == PXE_PORT_BOOT_SERVER ? CLIENT : 0;
	feed(session, packet, &arrival, offer, &got);
	if (got.sent != NULL)
		put_packet(sampler, got.sent);
}

/* The same client with and without a relay in front of it, which adds option 82 behind all others.
 */
static void sample_client(struct sampler *sampler, struct dhcp_session *session,
	void (*client)(struct packet *, uint8_t))
{
	static const uint8_t types[] = {DHCP_DISCOVER, DHCP_REQUEST, DHCP_INFORM};

	for (size_t i = 0; i < ARRAY_SIZE(OFFERS) * ARRAY_SIZE(types) * 2; i++) {
		const struct pxe_offer *offer = &OFFERS[i % ARRAY_SIZE(OFFERS)];
		struct packet packet;
		client(&packet, types[i / ARRAY_SIZE(OFFERS) % ARRAY_SIZE(types)]);
		if (i / ARRAY_SIZE(OFFERS) / ARRAY_SIZE(types) == 1) {
			while (packet.bytes[packet.n - 1] != DHCP_OPT_END)
				packet.n--;
			packet.n--;
			packet_option(
				&packet, DHCP_OPT_RELAY_AGENT, "\1\4eth7\2\6\0\1\2\3\4\5", 14);
			packet_end(&packet);
			packet_be32(&packet, PACKET_GIADDR, 0xc0a80701);
		}
		packet_be32(&packet, PACKET_CIADDR, CLIENT);
		sample(sampler, session, &packet, PXE_PORT_BOOT_SERVER, offer);
		sample(sampler, session, &packet, DHCP_PORT_SERVER, offer);
		packet_be32(&packet, PACKET_CIADDR, 0);
		sample(sampler, session, &packet, DHCP_PORT_SERVER, offer);
	}
}

static void sample_addresses(struct sampler *sampler, struct dhcp_session *session)
{
	static const struct ask asks[] = {
		{.type = DHCP_REQUEST, .requested = POOL_FIRST, .server = LOCAL, .boots = true},
		{.type = DHCP_REQUEST, .requested = POOL_FIRST, .server = LOCAL},
		{.type = DHCP_REQUEST, .ciaddr = POOL_FIRST},
		{.type = DHCP_REQUEST, .requested = 0x0a000001},
		{.type = DHCP_REQUEST, .requested = 0x0a000001, .giaddr = 0xc0a80701},
		{.type = DHCP_INFORM, .ciaddr = CLIENT},
	};
	for (size_t i = 0; i < ARRAY_SIZE(asks) * ARRAY_SIZE(OFFERS); i++) {
		struct packet packet;
		ask_packet(&packet, &asks[i / ARRAY_SIZE(OFFERS)]);
		sample(sampler, session, &packet, DHCP_PORT_SERVER,
			&OFFERS[i % ARRAY_SIZE(OFFERS)]);
	}
}

int main(int argc, char **argv)
{
	static void (*const clients[])(struct packet *, uint8_t) = {
		sample_edk2, sample_http, sample_bios, sample_ipxe, sample_ordinary};
	static const struct dhcp_pool pool = {POOL_FIRST, POOL_FIRST + 50};
	struct dhcp_session_config config = {.pools = &pool,
		.n_pools = 1,
		.lease_s = 3600,
		.router = 0xc0a80701,
		.dns = {0xc0a80701, 0x08080808},
		.domain = "lab.example"};
	struct sampler sampler = {.file = argc == 2 ? fopen(argv[1], "wb") : NULL};
	uint8_t head[24];
	struct writer out = writer_over(head, sizeof(head));

	if (sampler.file == NULL) {
		(void)fprintf(stderr, "usage: %s FILE.pcap\n", argv[0]);
		return 2;
	}
	writer_le32(&out, 0xa1b2c3d4);
	writer_le32(&out, 0x00040002); /* version 2.4 */
	writer_zeros(&out, 8);
	writer_le32(&out, 65535);
	writer_le32(&out, PCAP_RAW_IPV4);
	put(&sampler, head, sizeof(head));
	for (unsigned mode = DHCP_MODE_PROXY; mode <= DHCP_MODE_SERVER; mode++) {
		struct dhcp_session *session;
		config.mode = (enum dhcp_mode)mode;
		assert_int_equal(dhcp_session_new(&config, &session), 0);
		for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
			sample_client(&sampler, session, clients[i]);
		sample_addresses(&sampler, session);
		(void)dhcp_session_free(session);
	}
	(void)printf("%zu\n", sampler.n_packets);
	return fclose(sampler.file) == 0 ? 0 : 1;
}
