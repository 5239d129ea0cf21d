/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/dhcp_socket.h"

#include "base/bytes.h"
#include "base/log.h"
#include "server/port_owner.h"
#include "wire/dhcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define RECEIVE_BUFFER_BYTES (1 << 20) /* a building that powers on at once */
#define FRAME_HEADER_BYTES   28        /* IPv4 without options, UDP */
#define FRAME_TTL            64

static int set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0 ? 0 : -errno;
}

static int bind_to(int fd, uint32_t address, uint16_t port)
{
	struct sockaddr_in local = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
	return bind(fd, (struct sockaddr *)&local, sizeof(local)) == 0 ? 0 : -errno;
}

/*
 * Broadcasts come to all who share a port, a packet to one machine only to one of them. The DHCP
 * server must not lose its renewals and relays to us: beside one that was there first we take
 * broadcasts alone; one that comes later is preferred by the kernel.
 */
static int bind_shared(int fd, uint16_t port)
{
	int rc = bind_to(fd, INADDR_ANY, port);
	bool is_first = rc != -EADDRINUSE;
	if (rc == 0 || !is_first)
		rc = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (rc < 0 || is_first)
		return rc;
	rc = bind_to(fd, port == DHCP_PORT_SERVER ? INADDR_BROADCAST : INADDR_ANY, port);
	if (rc == 0)
		log_info("event=port-shared port=%u takes=%s", port,
			port == DHCP_PORT_SERVER ? "broadcasts" : "all");
	return rc;
}

static int bind_port(int fd, uint16_t port, bool shares)
{
	int rc = set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
	if (rc == 0)
		rc = set_option(fd, SOL_SOCKET, SO_BROADCAST, 1);
	if (rc < 0)
		return rc;
	/* As much as the system allows; less is no fault. */
	(void)set_option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
	return shares ? bind_shared(fd, port) : bind_to(fd, INADDR_ANY, port);
}

int dhcp_socket_open(uint16_t port, bool shares, int *ret_fd, struct error *err)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_set(err, -errno, "cannot make a socket: %s", strerror(errno));
	int rc = bind_port(fd, port, shares);
	if (rc < 0) {
		(void)close(fd);
		return port_owner_explain(err, rc, PORT_UDP, port,
			shares ? "let it share the port (dnsmasq: bind-dynamic), stop it, or set "
				 "[dhcp] mode=off"
			       : "stop it, or set [dhcp] mode=proxy or off");
	}
	*ret_fd = fd;
	return 0;
}

static void read_ends(const struct msghdr *header, struct dhcp_datagram *datagram)
{
	struct sockaddr_in source;
	memcpy(&source, header->msg_name, sizeof(source));
	datagram->source = ntohl(source.sin_addr.s_addr);
	datagram->source_port = ntohs(source.sin_port);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL;
		c = CMSG_NXTHDR((struct msghdr *)(uintptr_t)header, c)) {
		struct in_pktinfo info;
		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		datagram->interface = info.ipi_ifindex;
		datagram->destination = ntohl(info.ipi_addr.s_addr);
	}
}

void dhcp_socket_receive(int fd, struct dhcp_batch *batch)
{
	struct mmsghdr messages[DHCP_BATCH] = {0};
	struct iovec vectors[DHCP_BATCH];
	struct sockaddr_in sources[DHCP_BATCH];
	union {
		char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
		struct cmsghdr align;
	} controls[DHCP_BATCH];

	memset(sources, 0, sizeof(sources));
	for (size_t i = 0; i < DHCP_BATCH; i++) {
		vectors[i] = (struct iovec){batch->storage[i], sizeof(batch->storage[i])};
		messages[i].msg_hdr = (struct msghdr){.msg_name = &sources[i],
			.msg_namelen = sizeof(sources[i]),
			.msg_iov = &vectors[i],
			.msg_iovlen = 1,
			.msg_control = controls[i].bytes,
			.msg_controllen = sizeof(controls[i].bytes)};
	}
	int n = recvmmsg(fd, messages, DHCP_BATCH, MSG_DONTWAIT, NULL);
	batch->n = n > 0 ? (size_t)n : 0;
	for (size_t i = 0; i < batch->n; i++) {
		batch->datagrams[i] = (struct dhcp_datagram){.n_bytes = messages[i].msg_len,
			.is_cut = (messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0,
			.bytes = batch->storage[i]};
		read_ends(&messages[i].msg_hdr, &batch->datagrams[i]);
	}
}

int dhcp_socket_send(int fd, int interface, uint32_t source, uint32_t destination,
	uint16_t destination_port, const void *bytes, size_t n)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(destination_port),
		.sin_addr.s_addr = htonl(destination)};
	struct in_pktinfo info = {.ipi_ifindex = interface, .ipi_spec_dst.s_addr = htonl(source)};
	union {
		char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
		struct cmsghdr align;
	} control = {{0}};
	struct iovec vector = {(void *)(uintptr_t)bytes, n};
	struct msghdr message = {.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	return sendmsg(fd, &message, MSG_NOSIGNAL) >= 0 ? 0 : -errno;
}

/* ---- frames ---- */

int dhcp_frame_open(int *ret_fd)
{
	/* Protocol 0: it only sends, and the kernel queues nothing for it. */
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static uint32_t sum16(const uint8_t *bytes, size_t n, uint32_t sum)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	if (n % 2 != 0)
		sum += (uint32_t)bytes[n - 1] << 8;
	return sum;
}

/* RFC 1071. */
static uint16_t fold(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void dhcp_frame_headers(uint32_t source, uint16_t source_port, uint32_t destination,
	uint16_t destination_port, const void *bytes, size_t n, uint8_t ret_headers[static 28])
{
	uint16_t udp_bytes = (uint16_t)(8 + n);
	struct writer w = writer_over(ret_headers, FRAME_HEADER_BYTES);
	writer_u8(&w, 0x45); /* version 4, five words */
	writer_u8(&w, 0);
	writer_be16(&w, (uint16_t)(20 + udp_bytes));
	writer_be16(&w, 0);
	writer_be16(&w, 0x4000); /* do not fragment, so the identification may be 0 (RFC 6864) */
	writer_u8(&w, FRAME_TTL);
	writer_u8(&w, IPPROTO_UDP);
	writer_be16(&w, 0);
	writer_be32(&w, source);
	writer_be32(&w, destination);
	uint16_t check = fold(sum16(ret_headers, 20, 0));
	ret_headers[10] = (uint8_t)(check >> 8);
	ret_headers[11] = (uint8_t)check;

	writer_be16(&w, source_port);
	writer_be16(&w, destination_port);
	writer_be16(&w, udp_bytes);
	writer_be16(&w, 0);
	/* The pseudo header: both addresses, protocol, length. */
	uint32_t sum = sum16(ret_headers + 12, 8, IPPROTO_UDP + (uint32_t)udp_bytes);
	sum = sum16(ret_headers + 20, 8, sum);
	check = fold(sum16(bytes, n, sum));
	if (check == 0) /* RFC 768: 0 would mean that there is none */
		check = 0xffff;
	ret_headers[26] = (uint8_t)(check >> 8);
	ret_headers[27] = (uint8_t)check;
}

int dhcp_frame_send(int fd, int interface, const uint8_t mac[static 6], uint32_t source,
	uint16_t source_port, uint32_t destination, uint16_t destination_port, const void *bytes,
	size_t n)
{
	uint8_t headers[FRAME_HEADER_BYTES];
	if (n > LIMIT_DHCP_PACKET_BYTES - FRAME_HEADER_BYTES)
		return -EMSGSIZE;
	dhcp_frame_headers(source, source_port, destination, destination_port, bytes, n, headers);

	struct sockaddr_ll to = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE_IP),
		.sll_ifindex = interface,
		.sll_halen = 6};
	memcpy(to.sll_addr, mac, 6);
	struct iovec vectors[] = {
		{headers, sizeof(headers)},
		{(void *)(uintptr_t)bytes, n},
	};
	struct msghdr message = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = vectors, .msg_iovlen = 2};
	return sendmsg(fd, &message, MSG_NOSIGNAL) >= 0 ? 0 : -errno;
}
