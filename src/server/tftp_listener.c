/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/tftp_listener.h"

#include "base/limits.h"
#include "server/port_owner.h"
#include "wire/tftp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A burst of clients that are switched on together: each request is a few hundred bytes, and the
 * kernel counts some hundred more. */
#define RECEIVE_BUFFER_BYTES (1 << 20)

union pktinfo_control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

struct tftp_listener {
	int fd;        /* the port */
	int refuse_fd; /* ERRORs leave from here */
	uint16_t port;
	struct mmsghdr messages[TFTP_DATAGRAMS_MAX];
	struct iovec iov[TFTP_DATAGRAMS_MAX];
	struct sockaddr_in peers[TFTP_DATAGRAMS_MAX];
	union pktinfo_control controls[TFTP_DATAGRAMS_MAX];
	/* One byte more than a request may have, to see that one has. */
	uint8_t packets[TFTP_DATAGRAMS_MAX][LIMIT_TFTP_REQUEST_BYTES + 1];
};

static int open_port(
	struct tftp_listener *listener, uint32_t address, uint16_t port, struct error *err)
{
	const int on = 1, buffer_bytes = RECEIVE_BUFFER_BYTES;
	struct sockaddr_in local = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(address), .sin_port = htons(port)};
	socklen_t size = sizeof(local);

	listener->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd < 0 ||
		setsockopt(listener->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) < 0)
		return error_set(
			err, -errno, "cannot make a UDP socket: %s", strerrordesc_np(errno));
	/* More is better, less is no fault. The first way needs CAP_NET_ADMIN, the second stops at
	 * net.core.rmem_max. */
	if (setsockopt(listener->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes,
		    sizeof(buffer_bytes)) < 0)
		(void)setsockopt(
			listener->fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof(buffer_bytes));
	if (bind(listener->fd, (const struct sockaddr *)&local, sizeof(local)) < 0)
		return port_owner_explain(
			err, -errno, PORT_UDP, port, "stop it, or set [tftp] port or enabled=no");
	if (getsockname(listener->fd, (struct sockaddr *)&local, &size) < 0)
		return error_set(err, -errno, "cannot read the TFTP socket's address: %s",
			strerrordesc_np(errno));
	listener->port = ntohs(local.sin_port);
	return 0;
}

/* Unbound but for its port, so that each ERROR can leave from the address that was asked. */
static int open_refusals(struct tftp_listener *listener, struct error *err)
{
	const struct sockaddr_in any = {.sin_family = AF_INET};
	const int least = 0;

	listener->refuse_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->refuse_fd < 0 ||
		bind(listener->refuse_fd, (const struct sockaddr *)&any, sizeof(any)) < 0)
		return error_set(
			err, -errno, "cannot make a UDP socket: %s", strerrordesc_np(errno));
	/* Nobody reads from it, so nothing should pile up. */
	(void)setsockopt(listener->refuse_fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
	return 0;
}

int tftp_listener_open(
	uint32_t address, uint16_t port, struct tftp_listener **ret_listener, struct error *err)
{
	struct tftp_listener *listener = calloc(1, sizeof(*listener));
	if (listener == NULL)
		return error_set(err, -ENOMEM, "no memory for the TFTP listener");
	listener->fd = listener->refuse_fd = -1;
	int rc = open_port(listener, address, port, err);
	if (rc == 0)
		rc = open_refusals(listener, err);
	if (rc < 0) {
		tftp_listener_close(listener);
		return rc;
	}
	*ret_listener = listener;
	return 0;
}

void tftp_listener_close(struct tftp_listener *listener)
{
	if (listener == NULL)
		return;
	if (listener->fd >= 0)
		(void)close(listener->fd);
	if (listener->refuse_fd >= 0)
		(void)close(listener->refuse_fd);
	free(listener);
}

int tftp_listener_fd(const struct tftp_listener *listener)
{
	return listener->fd;
}

uint16_t tftp_listener_port(const struct tftp_listener *listener)
{
	return listener->port;
}

static struct in_pktinfo *pktinfo_of(struct msghdr *message)
{
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
		header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO)
			return (struct in_pktinfo *)(void *)CMSG_DATA(header);
	}
	return NULL;
}

size_t tftp_listener_receive(
	struct tftp_listener *listener, struct tftp_datagram datagrams[static TFTP_DATAGRAMS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < TFTP_DATAGRAMS_MAX; i++) {
		listener->iov[i] =
			(struct iovec){listener->packets[i], sizeof(listener->packets[i])};
		listener->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &listener->peers[i],
			.msg_namelen = sizeof(listener->peers[i]),
			.msg_iov = &listener->iov[i],
			.msg_iovlen = 1,
			.msg_control = &listener->controls[i],
			.msg_controllen = sizeof(listener->controls[i]),
		};
	}
	int got =
		recvmmsg(listener->fd, listener->messages, TFTP_DATAGRAMS_MAX, MSG_DONTWAIT, NULL);
	for (int i = 0; i < got; i++) {
		const struct in_pktinfo *info = pktinfo_of(&listener->messages[i].msg_hdr);
		/* RFC 1123 4.2.3.5: requests to a broadcast address are ignored. There the address
		 * that it was sent to is not ours. */
		if (info == NULL || info->ipi_addr.s_addr != info->ipi_spec_dst.s_addr ||
			listener->peers[i].sin_port == 0 || listener->peers[i].sin_addr.s_addr == 0)
			continue;
		datagrams[n++] = (struct tftp_datagram){
			.peer = ntohl(listener->peers[i].sin_addr.s_addr),
			.local = ntohl(info->ipi_spec_dst.s_addr),
			.peer_port = ntohs(listener->peers[i].sin_port),
			.bytes = listener->packets[i],
			.n = listener->messages[i].msg_len,
		};
	}
	return n;
}

void tftp_listener_refuse(const struct tftp_listener *listener,
	const struct tftp_datagram *datagram, uint16_t code, const char *text)
{
	uint8_t packet[TFTP_ERROR_MAX_BYTES];
	size_t n = 0;
	union pktinfo_control control = {0};
	struct sockaddr_in peer = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(datagram->peer),
		.sin_port = htons(datagram->peer_port)};

	if (tftp_error_write(code, text, packet, sizeof(packet), &n) < 0)
		return;
	struct iovec iov = {packet, n};
	struct msghdr message = {
		.msg_name = &peer,
		.msg_namelen = sizeof(peer),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = IPPROTO_IP;
	header->cmsg_type = IP_PKTINFO;
	header->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
	struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(datagram->local)};
	memcpy(CMSG_DATA(header), &info, sizeof(info));
	/* If it is lost, the client asks again. */
	(void)!sendmsg(listener->refuse_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}
