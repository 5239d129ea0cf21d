/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loads a TFTP server with many clients in one process and compares every byte with the original
 * file. Prints one JSON object: how long, how fast, what was granted, percentiles of the clients'
 * times. Uses Pewter's own packet reader, and otherwise nothing of Pewter.
 *
 * The load must not be what is measured: a client receives many packets with one system call
 * (recvmmsg, and UDP_GRO where the kernel has runs of equal packets), and compares them in place.
 */
#include "base/address.h"
#include "base/text.h"
#include "wire/tftp.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BATCH         32
#define PACKET_BYTES  65536
#define TIMEOUT_NS    INT64_C(1000000000)
#define TRIES_MAX     20
#define RECEIVE_BYTES (4 << 20)

struct load {
	struct sockaddr_in server;
	const char *path;
	const uint8_t *original;
	uint64_t size;
	struct tftp_options asked;
	unsigned n_clients;
	bool with_gro;
	int epoll_fd;
	uint64_t n_strays, n_timeouts;
	unsigned n_left, n_failed;
	struct tftp_options granted; /* by the first answer */
};

struct client {
	int fd;
	bool has_answer, is_done, has_told_gap;
	uint32_t block_bytes, window;
	uint64_t expected, acked; /* blocks */
	int64_t start_ns, end_ns, heard_ns;
	unsigned n_tries;
};

static int64_t now_ns(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

__attribute__((noreturn)) static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void request(const struct load *load, struct client *client)
{
	uint8_t packet[600];
	size_t n = 0;
	struct tftp_request rrq = {.opcode = TFTP_RRQ,
		.path = load->path,
		.path_length = strlen(load->path),
		.options = load->asked};
	if (tftp_request_write(&rrq, packet, sizeof(packet), &n) < 0)
		die("request");
	(void)!sendto(client->fd, packet, n, 0, (const struct sockaddr *)&load->server,
		sizeof(load->server));
}

static void acknowledge(struct client *client)
{
	uint8_t packet[8];
	size_t n = 0;
	if (tftp_ack_write((uint16_t)(client->expected - 1), -1, packet, sizeof(packet), &n) == 0)
		(void)!send(client->fd, packet, n, 0);
	client->acked = client->expected - 1;
}

static void open_client(struct load *load, struct client *client)
{
	const int on = 1, bytes = RECEIVE_BYTES;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};

	*client = (struct client){.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0),
		.block_bytes = TFTP_DEFAULT_BLOCK_BYTES,
		.window = 1,
		.expected = 1};
	if (client->fd < 0 || epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, client->fd, &event) < 0)
		die("socket");
	/* Whoever runs this is root, and a window must fit. */
	if (setsockopt(client->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		(void)setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (load->with_gro)
		(void)setsockopt(client->fd, SOL_UDP, UDP_GRO, &on, sizeof(on));
	client->start_ns = client->heard_ns = now_ns();
	request(load, client);
}

static void close_client(struct load *load, struct client *client, bool is_done)
{
	client->is_done = is_done;
	client->end_ns = now_ns();
	(void)close(client->fd);
	client->fd = -1;
	load->n_left--;
	load->n_failed += !is_done;
}

/* The first answer tells the transfer's port and the options. */
static bool take_first(struct load *load, struct client *client, const struct sockaddr_in *peer,
	const struct tftp_answer *answer)
{
	if (connect(client->fd, (const struct sockaddr *)peer, sizeof(*peer)) < 0)
		die("connect");
	client->has_answer = true;
	if (answer->opcode != TFTP_OACK)
		return true;
	if (answer->options.has_blksize)
		client->block_bytes = answer->options.blksize;
	if (answer->options.has_windowsize)
		client->window = answer->options.windowsize;
	load->granted = answer->options;
	acknowledge(client);
	return false;
}

static void take_data(struct load *load, struct client *client, const struct tftp_answer *answer)
{
	if (answer->block != (uint16_t)client->expected) {
		load->n_strays++;
		bool is_ahead = (uint16_t)(answer->block - (uint16_t)client->expected) < 32768;
		if (is_ahead && !client->has_told_gap) {
			client->has_told_gap = true;
			acknowledge(client);
		}
		return;
	}
	uint64_t at = (client->expected - 1) * client->block_bytes;
	if (at > load->size || answer->data_length > load->size - at ||
		memcmp(load->original + at, answer->data, answer->data_length) != 0) {
		(void)fprintf(stderr, "tftp_load: wrong bytes in block %llu\n",
			(unsigned long long)client->expected);
		exit(1);
	}
	client->has_told_gap = false;
	client->expected++;
	if (answer->data_length < client->block_bytes) {
		acknowledge(client);
		close_client(load, client, at + answer->data_length == load->size);
	} else if (client->expected - 1 - client->acked >= client->window) {
		acknowledge(client);
	}
}

static void take_packet(struct load *load, struct client *client, const struct sockaddr_in *peer,
	const uint8_t *packet, size_t n)
{
	struct tftp_answer answer;
	if (client->fd < 0 || tftp_answer_parse(packet, n, &answer) < 0)
		return;
	if (answer.opcode == TFTP_ERROR) {
		(void)fprintf(stderr, "tftp_load: ERROR %u %.*s\n", answer.code,
			(int)answer.text_length, answer.text);
		close_client(load, client, false);
		return;
	}
	if (!client->has_answer && !take_first(load, client, peer, &answer))
		return;
	if (answer.opcode == TFTP_DATA)
		take_data(load, client, &answer);
}

static size_t segment_of(struct msghdr *message, size_t n)
{
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
		header = CMSG_NXTHDR(message, header)) {
		int segment = 0;
		if (header->cmsg_level != SOL_UDP || header->cmsg_type != UDP_GRO)
			continue;
		memcpy(&segment, CMSG_DATA(header), sizeof(segment));
		return segment > 0 ? (size_t)segment : n;
	}
	return n;
}

static void receive(struct load *load, struct client *client)
{
	static uint8_t packets[BATCH][PACKET_BYTES];
	static struct mmsghdr messages[BATCH];
	static struct iovec iov[BATCH];
	static struct sockaddr_in peers[BATCH];
	static union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} controls[BATCH];

	for (size_t i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){packets[i], PACKET_BYTES};
		messages[i].msg_hdr = (struct msghdr){.msg_name = &peers[i],
			.msg_namelen = sizeof(peers[i]),
			.msg_iov = &iov[i],
			.msg_iovlen = 1,
			.msg_control = &controls[i],
			.msg_controllen = sizeof(controls[i])};
	}
	int got = recvmmsg(client->fd, messages, BATCH, MSG_DONTWAIT, NULL);
	if (got > 0) {
		client->heard_ns = now_ns();
		client->n_tries = 0;
	}
	for (int i = 0; i < got; i++) {
		size_t n = messages[i].msg_len, segment = segment_of(&messages[i].msg_hdr, n);
		for (size_t at = 0; at < n; at += segment)
			take_packet(load, client, &peers[i], packets[i] + at,
				n - at < segment ? n - at : segment);
	}
}

static void look_for_silence(struct load *load, struct client *clients)
{
	int64_t now = now_ns();
	for (unsigned i = 0; i < load->n_clients; i++) {
		struct client *client = &clients[i];
		if (client->fd < 0 || now - client->heard_ns < TIMEOUT_NS)
			continue;
		load->n_timeouts++;
		client->heard_ns = now;
		client->has_told_gap = false;
		if (++client->n_tries > TRIES_MAX)
			close_client(load, client, false);
		else if (client->has_answer)
			acknowledge(client);
		else
			request(load, client);
	}
}

static int compare_i64(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void report(const struct load *load, const struct client *clients, int64_t start_ns)
{
	int64_t *times = calloc(load->n_clients, sizeof(*times));
	unsigned n = 0;
	if (times == NULL)
		die("calloc");
	int64_t end_ns = start_ns;
	for (unsigned i = 0; i < load->n_clients; i++) {
		if (!clients[i].is_done)
			continue;
		times[n++] = clients[i].end_ns - clients[i].start_ns;
		if (clients[i].end_ns > end_ns)
			end_ns = clients[i].end_ns;
	}
	qsort(times, n, sizeof(*times), compare_i64);
	double seconds = (double)(end_ns - start_ns) / 1e9;
	double bytes = (double)load->size * n;
	(void)printf("{\"clients\": %u, \"failed\": %u, \"seconds\": %.4f, \"bytes\": %.0f, "
		     "\"mb_per_s\": %.1f, \"p50_s\": %.4f, \"p99_s\": %.4f, \"block\": %u, "
		     "\"window\": %u, \"strays\": %llu, \"timeouts\": %llu}\n",
		load->n_clients, load->n_failed, seconds, bytes,
		seconds > 0 ? bytes / 1e6 / seconds : 0, n > 0 ? (double)times[n / 2] / 1e9 : 0,
		n > 0 ? (double)times[(n * 99 + 99) / 100 - 1] / 1e9 : 0,
		load->granted.has_blksize ? load->granted.blksize : TFTP_DEFAULT_BLOCK_BYTES,
		load->granted.has_windowsize ? load->granted.windowsize : 1,
		(unsigned long long)load->n_strays, (unsigned long long)load->n_timeouts);
	free(times);
}

static void run(struct load *load)
{
	struct epoll_event events[64];
	struct client *clients = calloc(load->n_clients, sizeof(*clients));
	int64_t start_ns = now_ns(), looked_ns = start_ns;

	load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (clients == NULL || load->epoll_fd < 0)
		die("start");
	load->n_left = load->n_clients;
	for (unsigned i = 0; i < load->n_clients; i++)
		open_client(load, &clients[i]);
	while (load->n_left > 0) {
		int n = epoll_wait(load->epoll_fd, events, 64, 100);
		for (int i = 0; i < n; i++)
			receive(load, events[i].data.ptr);
		if (now_ns() - looked_ns > TIMEOUT_NS / 10) {
			looked_ns = now_ns();
			look_for_silence(load, clients);
		}
	}
	report(load, clients, start_ns);
	free(clients);
}

static uint32_t number(const char *text)
{
	uint64_t value = 0;
	if (!text_parse_u64(text, 65535, &value)) {
		(void)fprintf(stderr, "tftp_load: %s is no number\n", text);
		exit(2);
	}
	return (uint32_t)value;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"clients", required_argument, NULL, 'c'},
		{"blksize", required_argument, NULL, 'b'},
		{"windowsize", required_argument, NULL, 'w'},
		{"port", required_argument, NULL, 'p'},
		{"no-gro", no_argument, NULL, 'g'},
		{0},
	};
	struct load load = {.n_clients = 1, .with_gro = true, .asked.has_tsize = true};
	const struct rlimit many = {65536, 65536};
	uint16_t port = TFTP_PORT;
	uint32_t address = 0;
	struct stat status;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'c': load.n_clients = number(optarg); break;
		case 'b':
			load.asked.has_blksize = true;
			load.asked.blksize = number(optarg);
			break;
		case 'w':
			load.asked.has_windowsize = number(optarg) > 1;
			load.asked.windowsize = number(optarg);
			break;
		case 'p': port = (uint16_t)number(optarg); break;
		case 'g': load.with_gro = false; break;
		default: optind = argc; break;
		}
	}
	if (optind + 3 != argc || load.n_clients == 0 || !ipv4_parse(argv[optind], &address)) {
		(void)fprintf(stderr,
			"usage: tftp_load [--clients N] [--blksize N] [--windowsize N] [--port N] "
			"[--no-gro] ADDRESS NAME ORIGINAL-FILE\n");
		return 2;
	}
	load.server = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
	load.path = argv[optind + 1];
	int fd = open(argv[optind + 2], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0 || status.st_size == 0)
		die(argv[optind + 2]);
	load.size = (uint64_t)status.st_size;
	void *original =
		mmap(NULL, (size_t)load.size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (original == MAP_FAILED)
		die("mmap");
	load.original = original;
	(void)setrlimit(RLIMIT_NOFILE, &many);
	run(&load);
	return load.n_failed > 0 ? 1 : 0;
}
