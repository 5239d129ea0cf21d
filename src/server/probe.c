/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/probe.h"

#include "base/bytes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ARP_BYTES        28
#define ICMP_ECHO_REPLY  0
#define ICMP_ECHO        8
#define ICMP_ECHO_CODE   0
#define READS_PER_WAKEUP 64 /* a flood of answers must not hold the loop */

struct probe {
	const struct interfaces *interfaces;
	void (*answered)(void *context, uint32_t address);
	void *context;
	int arp, icmp;
	uint16_t icmp_id;
	uv_poll_t arp_poll, icmp_poll;
	int n_open_handles;
};

/* Only ARP replies and only echo replies wake us up. */
static int filter_arp(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6), /* ar_op */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARPOP_REPLY, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, ARP_BYTES),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {.len = ARRAY_SIZE(code), .filter = code};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int filter_icmp(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), /* length of the IP header */
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),  /* ICMP type */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_ECHO_REPLY, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 128),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {.len = ARRAY_SIZE(code), .filter = code};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int open_sockets(struct probe *probe)
{
	probe->icmp = -1;
	probe->arp =
		socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETHERTYPE_ARP));
	if (probe->arp < 0)
		return -errno;
	probe->icmp = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP);
	if (probe->icmp < 0 || filter_arp(probe->arp) != 0 || filter_icmp(probe->icmp) != 0)
		return -errno;
	return 0;
}

static void on_arp(uv_poll_t *poll, int status, int events)
{
	struct probe *probe = poll->data;
	uint8_t bytes[ARP_BYTES];
	(void)status;
	(void)events;
	for (int i = 0; i < READS_PER_WAKEUP; i++) {
		ssize_t n = recv(probe->arp, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n < 0)
			return;
		struct reader r = reader_over(bytes, (size_t)n);
		bool is_ipv4 = reader_be16(&r) == ARPHRD_ETHER && reader_be16(&r) == ETHERTYPE_IP;
		reader_skip(&r, 4 + 6); /* lengths, operation, sender's hardware address */
		uint32_t sender = reader_be32(&r);
		if (is_ipv4 && !r.failed && sender != 0)
			probe->answered(probe->context, sender);
	}
}

static void on_icmp(uv_poll_t *poll, int status, int events)
{
	struct probe *probe = poll->data;
	uint8_t bytes[128];
	(void)status;
	(void)events;
	for (int i = 0; i < READS_PER_WAKEUP; i++) {
		ssize_t n = recv(probe->icmp, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n < 0)
			return;
		struct reader r = reader_over(bytes, (size_t)n);
		size_t header_bytes = (size_t)(reader_u8(&r) & 15) * 4;
		reader_seek(&r, 12);
		uint32_t sender = reader_be32(&r);
		reader_seek(&r, header_bytes + 4); /* behind type, code and checksum */
		uint16_t id = reader_be16(&r);
		if (!r.failed && id == probe->icmp_id)
			probe->answered(probe->context, sender);
	}
}

int probe_start(uv_loop_t *loop, const struct interfaces *interfaces,
	void (*answered)(void *context, uint32_t address), void *context, struct probe **ret_probe)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	if (probe == NULL)
		return -ENOMEM;
	probe->interfaces = interfaces;
	probe->answered = answered;
	probe->context = context;
	probe->icmp_id = (uint16_t)getpid();
	int rc = open_sockets(probe);
	if (rc < 0) {
		if (probe->arp >= 0)
			(void)close(probe->arp);
		if (probe->icmp >= 0)
			(void)close(probe->icmp);
		free(probe);
		return rc;
	}
	probe->n_open_handles = 2;
	(void)uv_poll_init(loop, &probe->arp_poll, probe->arp);
	(void)uv_poll_init(loop, &probe->icmp_poll, probe->icmp);
	probe->arp_poll.data = probe->icmp_poll.data = probe;
	(void)uv_poll_start(&probe->arp_poll, UV_READABLE, on_arp);
	(void)uv_poll_start(&probe->icmp_poll, UV_READABLE, on_icmp);
	*ret_probe = probe;
	return 0;
}

static bool own_mac(const struct probe *probe, const char *name, uint8_t ret_mac[static 6])
{
	struct ifreq request = {0};
	memcpy(request.ifr_name, name, IF_NAMESIZE);
	if (ioctl(probe->icmp, SIOCGIFHWADDR, &request) != 0 ||
		request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return false;
	memcpy(ret_mac, request.ifr_hwaddr.sa_data, 6);
	return true;
}

/* RFC 5227 2.1.1: an ARP probe names no sender address, so that it teaches nobody anything. */
static void send_arp(struct probe *probe, const struct interface_address *from, uint32_t address)
{
	uint8_t bytes[ARP_BYTES], mac[6];
	if (!own_mac(probe, from->name, mac))
		return;
	struct writer w = writer_over(bytes, sizeof(bytes));
	writer_be16(&w, ARPHRD_ETHER);
	writer_be16(&w, ETHERTYPE_IP);
	writer_u8(&w, 6);
	writer_u8(&w, 4);
	writer_be16(&w, ARPOP_REQUEST);
	writer_bytes(&w, mac, sizeof(mac));
	writer_zeros(&w, 4 + 6);
	writer_be32(&w, address);

	struct sockaddr_ll to = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE_ARP),
		.sll_ifindex = from->index,
		.sll_halen = 6,
		.sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
	ssize_t sent =
		sendto(probe->arp, bytes, w.at, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof(to));
	(void)sent;
}

static void send_echo(struct probe *probe, uint32_t address)
{
	uint8_t bytes[8] = {ICMP_ECHO, ICMP_ECHO_CODE};
	bytes[4] = (uint8_t)(probe->icmp_id >> 8);
	bytes[5] = (uint8_t)probe->icmp_id;
	uint32_t sum = (ICMP_ECHO << 8) + probe->icmp_id;
	uint16_t check = (uint16_t) ~((sum & 0xffff) + (sum >> 16));
	bytes[2] = (uint8_t)(check >> 8);
	bytes[3] = (uint8_t)check;

	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
	ssize_t sent = sendto(probe->icmp, bytes, sizeof(bytes), MSG_NOSIGNAL,
		(struct sockaddr *)&to, sizeof(to));
	(void)sent;
}

void probe_send(struct probe *probe, int interface, uint32_t address)
{
	for (size_t i = 0; i < interfaces_count(probe->interfaces); i++) {
		const struct interface_address *one = interfaces_at(probe->interfaces, i);
		if (one->index == interface && ((one->address ^ address) & one->netmask) == 0) {
			send_arp(probe, one, address);
			return;
		}
	}
	send_echo(probe, address);
}

static void on_closed(uv_handle_t *handle)
{
	struct probe *probe = handle->data;
	if (--probe->n_open_handles > 0)
		return;
	(void)close(probe->arp);
	(void)close(probe->icmp);
	free(probe);
}

void probe_stop(struct probe *probe)
{
	if (probe == NULL)
		return;
	uv_close((uv_handle_t *)&probe->arp_poll, on_closed);
	uv_close((uv_handle_t *)&probe->icmp_poll, on_closed);
}
