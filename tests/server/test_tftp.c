/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The TFTP server on loopback, on a loop in a thread of its own, with raw sockets as clients. The
 * real clients are in tests/system/tftp-interop.
 */
#include "../unit.h"

#include "base/limits.h"
#include "base/log.h"
#include "server/tftp.h"
#include "wire/tftp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILE_BYTES   300001
#define WAIT_S       10 /* for what must come; nothing is waited for that must not */
#define OUTCOMES_MAX 64

struct fixture {
	uv_loop_t loop;
	uv_async_t stop;
	pthread_t thread;
	struct tftp_server *server;
	struct tftp_server_counters counters; /* at the end */
	uint16_t port;
	bool is_stopped;
	int file; /* a descriptor of the file served, to truncate it */
	uint8_t *bytes;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned n_opened, n_ended;
	struct file_outcome outcomes[OUTCOMES_MAX];
};

static int source_open(
	void *context, const struct file_request *request, struct file_answer *ret_answer)
{
	struct fixture *fixture = context;
	struct view *view = NULL;
	if (request->path_length == 6 && memcmp(request->path, "absent", 6) == 0)
		return -ENOENT;
	if (request->path_length == 7 && memcmp(request->path, "private", 7) == 0)
		return -EACCES;
	if (request->path_length >= 2 && memcmp(request->path, "..", 2) == 0)
		return -EINVAL;
	if (view_new(&view) < 0 || view_add_file(view, dup(fixture->file), 0, FILE_BYTES) < 0)
		return -ENOMEM;
	(void)pthread_mutex_lock(&fixture->lock);
	*ret_answer = (struct file_answer){.view = view, .transfer = ++fixture->n_opened};
	(void)pthread_mutex_unlock(&fixture->lock);
	return 0;
}

static void source_ended(void *context, uint64_t transfer, const struct file_outcome *outcome)
{
	struct fixture *fixture = context;
	(void)pthread_mutex_lock(&fixture->lock);
	if (transfer <= OUTCOMES_MAX)
		fixture->outcomes[transfer - 1] = *outcome;
	fixture->n_ended++;
	(void)pthread_cond_broadcast(&fixture->changed);
	(void)pthread_mutex_unlock(&fixture->lock);
}

static void wait_for_end(struct fixture *fixture, unsigned n)
{
	struct timespec until;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	(void)pthread_mutex_lock(&fixture->lock);
	while (fixture->n_ended < n)
		assert_int_equal(
			pthread_cond_timedwait(&fixture->changed, &fixture->lock, &until), 0);
	(void)pthread_mutex_unlock(&fixture->lock);
}

static void on_stopped(void *context)
{
	struct fixture *fixture = context;
	fixture->is_stopped = true;
	uv_close((uv_handle_t *)&fixture->stop, NULL);
}

static void on_stop(uv_async_t *async)
{
	struct fixture *fixture = async->data;
	tftp_server_counters(fixture->server, &fixture->counters);
	tftp_server_stop(fixture->server, on_stopped, fixture);
}

static void *run_loop(void *argument)
{
	(void)uv_run(argument, UV_RUN_DEFAULT);
	return NULL;
}

static struct fixture *fixture_start(const struct tftp_server_config *config)
{
	static struct file_source source;
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct error err = ERROR_NULL;

	log_set_level(LOG_ERROR);
	assert_non_null(fixture);
	fixture->bytes = malloc(FILE_BYTES);
	assert_non_null(fixture->bytes);
	for (size_t i = 0; i < FILE_BYTES; i++)
		fixture->bytes[i] = (uint8_t)(i * 2654435761U >> 13);
	fixture->file = memfd_create("served", MFD_CLOEXEC);
	assert_int_equal(write(fixture->file, fixture->bytes, FILE_BYTES), FILE_BYTES);
	(void)pthread_mutex_init(&fixture->lock, NULL);
	(void)pthread_cond_init(&fixture->changed, NULL);
	source = (struct file_source){
		.context = fixture, .open = source_open, .ended = source_ended};
	assert_int_equal(uv_loop_init(&fixture->loop), 0);
	fixture->stop.data = fixture;
	assert_int_equal(uv_async_init(&fixture->loop, &fixture->stop, on_stop), 0);
	if (tftp_server_open(&fixture->loop, config, &source, &fixture->server, &err) < 0 ||
		tftp_server_start(fixture->server, &err) < 0)
		fail_msg("%s", err.text);
	fixture->port = tftp_server_port(fixture->server);
	assert_int_equal(pthread_create(&fixture->thread, NULL, run_loop, &fixture->loop), 0);
	return fixture;
}

static void fixture_stop(struct fixture *fixture)
{
	assert_int_equal(uv_async_send(&fixture->stop), 0);
	assert_int_equal(pthread_join(fixture->thread, NULL), 0);
	assert_true(fixture->is_stopped);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	assert_int_equal(fixture->n_ended, fixture->n_opened);
}

static void fixture_free(struct fixture *fixture)
{
	(void)close(fixture->file);
	free(fixture->bytes);
	free(fixture);
}

/* ---- clients ----------------------------------------------------------------------------------
 */

struct client {
	int fd;
	struct sockaddr_in server; /* the port, then the transfer's */
	uint8_t packet[65536];
	struct tftp_answer answer;
};

static struct client client_new(const struct fixture *fixture, const char *address)
{
	const struct timeval wait = {.tv_sec = WAIT_S};
	struct client client = {.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
	assert_true(client.fd >= 0);
	assert_int_equal(setsockopt(client.fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
	client.server = (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons(fixture->port),
		.sin_addr.s_addr = inet_addr(address)};
	return client;
}

static void client_send(const struct client *client, const void *packet, size_t n)
{
	assert_int_equal(sendto(client->fd, packet, n, 0, (const struct sockaddr *)&client->server,
				 sizeof(client->server)),
		(ssize_t)n);
}

static void client_request(
	const struct client *client, const char *path, const struct tftp_options *options)
{
	uint8_t packet[600];
	size_t n = 0;
	struct tftp_request request = {
		.opcode = TFTP_RRQ, .path = path, .path_length = strlen(path)};
	if (options != NULL)
		request.options = *options;
	assert_int_equal(tftp_request_write(&request, packet, sizeof(packet), &n), 0);
	client_send(client, packet, n);
}

static void client_ack(const struct client *client, uint64_t block, int wanted)
{
	uint8_t packet[8];
	size_t n = 0;
	assert_int_equal(tftp_ack_write((uint16_t)block, wanted, packet, sizeof(packet), &n), 0);
	client_send(client, packet, n);
}

/* The next answer; the transfer's port is taken from it. */
static void client_receive(struct client *client)
{
	socklen_t size = sizeof(client->server);
	in_addr_t asked = client->server.sin_addr.s_addr;
	ssize_t n = recvfrom(client->fd, client->packet, sizeof(client->packet), 0,
		(struct sockaddr *)&client->server, &size);
	if (n < 0)
		fail_msg("no answer: %s", strerror(errno));
	assert_int_equal(client->server.sin_addr.s_addr, asked);
	assert_int_equal(tftp_answer_parse(client->packet, (size_t)n, &client->answer), 0);
}

static void expect_error(struct client *client, uint16_t code)
{
	in_port_t asked = client->server.sin_port;
	client_receive(client);
	assert_int_equal(client->answer.opcode, TFTP_ERROR);
	assert_int_equal(client->answer.code, code);
	assert_true(client->answer.text_length > 0);
	assert_int_not_equal(client->server.sin_port, asked);
	(void)close(client->fd);
}

/* From the first block, which has been received, to the last. */
static void download(struct fixture *fixture, struct client *client, uint32_t block_bytes,
	uint32_t window, int wanted)
{
	uint64_t block = 0, at = 0, acked = 0;
	bool last = false;
	if (wanted > 0)
		window = (uint32_t)wanted;
	for (;;) {
		assert_int_equal(client->answer.opcode, TFTP_DATA);
		/* Sent again, because this machine was too busy to acknowledge it in time. */
		if ((int16_t)(client->answer.block - (uint16_t)(block + 1)) < 0) {
			client_receive(client);
			continue;
		}
		assert_int_equal(client->answer.block, (uint16_t)++block);
		assert_true(client->answer.data_length <= block_bytes);
		assert_true(client->answer.data_length <= FILE_BYTES - at);
		assert_memory_equal(
			client->answer.data, fixture->bytes + at, client->answer.data_length);
		at += client->answer.data_length;
		last = client->answer.data_length < block_bytes;
		if (last || block - acked == window) {
			client_ack(client, block, wanted);
			acked = block;
		}
		if (last)
			break;
		client_receive(client);
	}
	assert_int_equal(at, FILE_BYTES);
	(void)close(client->fd);
}

/* ---- tests ------------------------------------------------------------------------------------
 */

static void files_arrive_with_every_kind_of_window(void **state)
{
	(void)state;
	static const struct {
		struct tftp_options asked;
		uint32_t block_bytes, window;
		int wanted;
	} rows[] = {
		{{0}, 512, 1, -1},
		{{.has_blksize = true, .blksize = 1456}, 1456, 1, -1},
		{{.has_blksize = true, .blksize = 1456, .has_windowsize = true, .windowsize = 16},
			1456, 16, -1},
		{{.has_blksize = true, .blksize = 8, .has_windowsize = true, .windowsize = 64}, 8,
			64, -1},
		{{.has_blksize = true, .blksize = 60000, .has_windowsize = true, .windowsize = 3},
			60000, 3, -1},
		{{.has_blksize = true,
			 .blksize = 1024,
			 .has_msftwindow = true,
			 .msftwindow = TFTP_MSFTWINDOW_ASK},
			1024, 1, 7},
		/* Over a long file the boot manager's window grows past RFC 7440's 64 that we
		 * grant, and past what one segmented send holds. */
		{{.has_blksize = true,
			 .blksize = 1024,
			 .has_msftwindow = true,
			 .msftwindow = TFTP_MSFTWINDOW_ASK},
			1024, 1, 100},
	};
	const struct tftp_server_config config = {.address = INADDR_LOOPBACK, .n_workers = 2};
	struct fixture *fixture = fixture_start(&config);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct client client = client_new(fixture, "127.0.0.1");
		client_request(&client, "file", &rows[i].asked);
		client_receive(&client);
		if (i > 0) {
			assert_int_equal(client.answer.opcode, TFTP_OACK);
			assert_int_equal(client.answer.options.blksize, rows[i].block_bytes);
			client_ack(&client, 0, rows[i].wanted);
			client_receive(&client);
		}
		download(fixture, &client, rows[i].block_bytes, rows[i].window, rows[i].wanted);
		wait_for_end(fixture, i + 1);
		assert_int_equal(fixture->outcomes[i].end, FILE_END_DONE);
		assert_int_equal(fixture->outcomes[i].bytes, FILE_BYTES);
		assert_int_equal(fixture->outcomes[i].block_bytes, rows[i].block_bytes);
		assert_int_equal(
			fixture->outcomes[i].variable_window, rows[i].asked.has_msftwindow);
	}
	fixture_stop(fixture);
	fixture_free(fixture);
}

static void refusals_come_from_the_address_that_was_asked(void **state)
{
	(void)state;
	static const struct {
		const char *packet;
		size_t n;
		uint16_t code;
	} rows[] = {
		{"\0\1absent\0octet", 15, TFTP_ERROR_NOT_FOUND},
		{"\0\1private\0octet", 16, TFTP_ERROR_ACCESS},
		{"\0\1../../etc/passwd\0octet", 25, TFTP_ERROR_ACCESS},
		{"\0\2file\0octet", 13, TFTP_ERROR_ACCESS},
		{"\0\1file\0netascii", 16, TFTP_ERROR_ILLEGAL},
		{"\0\1file\0mail", 12, TFTP_ERROR_ILLEGAL},
	};
	const struct tftp_server_config config = {.address = INADDR_ANY, .n_workers = 1};
	struct fixture *fixture = fixture_start(&config);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct client client = client_new(fixture, "127.0.0.2");
		client_send(&client, rows[i].packet, rows[i].n);
		expect_error(&client, rows[i].code);
	}
	/* And so does a transfer. */
	struct client client = client_new(fixture, "127.0.0.3");
	client_request(&client, "file", NULL);
	client_receive(&client);
	download(fixture, &client, 512, 1, -1);
	fixture_stop(fixture);
	assert_int_equal(fixture->counters.not_found, 1);
	assert_int_equal(fixture->counters.refused, 5);
	assert_int_equal(fixture->n_opened, 1);
	fixture_free(fixture);
}

static void garbage_is_counted_and_dropped(void **state)
{
	(void)state;
	static uint8_t large[60000];
	const struct tftp_server_config config = {.address = INADDR_LOOPBACK, .n_workers = 1};
	struct fixture *fixture = fixture_start(&config);
	struct client client = client_new(fixture, "127.0.0.1");
	memset(large, 'a', sizeof(large));
	memcpy(large, "\0\1", 2);
	memcpy(large + sizeof(large) - 7, "\0octet", 7);
	client_send(&client, large, sizeof(large));
	client_send(&client, large, 20);
	client_send(&client, "", 0);
	client_send(&client, "\0\4\0\1", 4);
	client_request(&client, "absent", NULL); /* is answered, and nothing in front of it */
	expect_error(&client, TFTP_ERROR_NOT_FOUND);
	fixture_stop(fixture);
	assert_int_equal(fixture->counters.malformed, 4);
	fixture_free(fixture);
}

static void size_probes_are_told_apart(void **state)
{
	(void)state;
	const struct tftp_options asked = {.has_tsize = true};
	const struct tftp_server_config config = {.address = INADDR_LOOPBACK, .n_workers = 1};
	struct fixture *fixture = fixture_start(&config);
	struct client client = client_new(fixture, "127.0.0.1");
	client_request(&client, "file", &asked);
	client_receive(&client);
	assert_int_equal(client.answer.opcode, TFTP_OACK);
	assert_int_equal(client.answer.options.tsize, FILE_BYTES);
	assert_false(client.answer.options.has_blksize);
	client_send(&client, "\0\5\0\0TFTP Aborted", 17);
	wait_for_end(fixture, 1);
	assert_int_equal(fixture->outcomes[0].end, FILE_END_PROBE);
	(void)close(client.fd);
	fixture_stop(fixture);
	fixture_free(fixture);
}

/* As firmware does that uses one port for all: probe, polite ERROR, and at once the same request or
 * another one. None may have to wait for its client's timeout. */
static void the_next_request_may_come_from_the_same_port(void **state)
{
	(void)state;
	const struct tftp_options sizes = {.has_tsize = true};
	const struct tftp_options blocks = {
		.has_tsize = true, .has_blksize = true, .blksize = 1456};
	const struct tftp_server_config config = {.address = INADDR_LOOPBACK, .n_workers = 2};
	struct fixture *fixture = fixture_start(&config);
	struct client client = client_new(fixture, "127.0.0.1");
	const struct sockaddr_in port = client.server;
	for (int i = 0; i < 300; i++) {
		const struct tftp_options *asked = i % 3 == 2 ? &blocks : &sizes;
		client.server = port;
		client_request(&client, "file", asked);
		client_receive(&client);
		assert_int_equal(client.answer.opcode, TFTP_OACK);
		assert_int_equal(client.answer.options.has_blksize, asked->has_blksize);
		client_send(&client, "\0\5\0\0TFTP Aborted", 17);
	}
	wait_for_end(fixture, 300);
	(void)close(client.fd);
	fixture_stop(fixture);
	assert_int_equal(fixture->n_opened, 300);
	fixture_free(fixture);
}

static void a_repeated_request_opens_no_second_transfer(void **state)
{
	(void)state;
	const struct tftp_server_config config = {.address = INADDR_LOOPBACK, .n_workers = 2};
	struct fixture *fixture = fixture_start(&config);
	struct client client = client_new(fixture, "127.0.0.1");
	struct sockaddr_in port = client.server;
	client_request(&client, "file", NULL);
	client_receive(&client);
	struct sockaddr_in transfer = client.server;
	client.server = port;
	for (int i = 0; i < 5; i++)
		client_request(&client, "file", NULL);
	/* What is not a repetition shows that these have been through. */
	struct client other = client_new(fixture, "127.0.0.1");
	client_request(&other, "absent", NULL);
	expect_error(&other, TFTP_ERROR_NOT_FOUND);
	client.server = transfer;
	download(fixture, &client, 512, 1, -1);
	fixture_stop(fixture);
	assert_int_equal(fixture->n_opened, 1);
	assert_int_equal(fixture->counters.repeated, 5);
	fixture_free(fixture);
}

static void a_flood_stays_within_the_limits(void **state)
{
	(void)state;
	enum { FLOOD = 200, EACH = 8 };
	static struct client clients[FLOOD];
	const struct tftp_server_config config = {
		.address = INADDR_LOOPBACK, .n_workers = 2, .max_sessions_per_client = EACH};
	struct fixture *fixture = fixture_start(&config);
	for (int i = 0; i < FLOOD; i++) {
		clients[i] = client_new(fixture, "127.0.0.1");
		client_request(&clients[i], "file", NULL);
	}
	/* Another client is served meanwhile. */
	const struct sockaddr_in elsewhere = {
		.sin_family = AF_INET, .sin_addr.s_addr = inet_addr("127.0.0.9")};
	struct client other = client_new(fixture, "127.0.0.1");
	assert_int_equal(bind(other.fd, (const struct sockaddr *)&elsewhere, sizeof(elsewhere)), 0);
	client_request(&other, "absent", NULL);
	expect_error(&other, TFTP_ERROR_NOT_FOUND);
	fixture_stop(fixture);
	assert_int_equal(fixture->n_opened, EACH);
	assert_int_equal(fixture->counters.over_limit, FLOOD - EACH);
	for (int i = 0; i < FLOOD; i++)
		(void)close(clients[i].fd);
	fixture_free(fixture);
}

static void a_file_that_shrinks_ends_its_transfer(void **state)
{
	(void)state;
	const struct tftp_server_config config = {.address = INADDR_LOOPBACK, .n_workers = 1};
	struct fixture *fixture = fixture_start(&config);
	struct client client = client_new(fixture, "127.0.0.1");
	client_request(&client, "file", NULL);
	client_receive(&client);
	assert_int_equal(client.answer.opcode, TFTP_DATA);
	assert_int_equal(ftruncate(fixture->file, 600), 0);
	client_ack(&client, 1, -1);
	client_receive(&client);
	assert_int_equal(client.answer.opcode, TFTP_ERROR);
	assert_int_equal(client.answer.code, TFTP_ERROR_UNDEFINED);
	wait_for_end(fixture, 1);
	assert_int_equal(fixture->outcomes[0].end, FILE_END_FAILED);
	assert_int_equal(fixture->outcomes[0].bytes, 512);
	(void)close(client.fd);
	fixture_stop(fixture);
	fixture_free(fixture);
}

static void a_stop_ends_what_is_under_way(void **state)
{
	(void)state;
	const struct tftp_server_config config = {.address = INADDR_LOOPBACK, .n_workers = 2};
	struct fixture *fixture = fixture_start(&config);
	struct client clients[3];
	for (int i = 0; i < 3; i++) {
		clients[i] = client_new(fixture, "127.0.0.1");
		client_request(&clients[i], "file", NULL);
		client_receive(&clients[i]);
	}
	fixture_stop(fixture);
	for (int i = 0; i < 3; i++) {
		client_receive(&clients[i]);
		assert_int_equal(clients[i].answer.opcode, TFTP_ERROR);
		assert_int_equal(fixture->outcomes[i].end, FILE_END_FAILED);
		(void)close(clients[i].fd);
	}
	fixture_free(fixture);
}

static void a_port_in_use_is_explained(void **state)
{
	(void)state;
	struct tftp_server_config config = {.address = INADDR_LOOPBACK, .n_workers = 1};
	const struct file_source source = {.open = source_open};
	struct tftp_server *second = NULL;
	struct error err = ERROR_NULL;
	uv_loop_t loop;
	struct fixture *fixture = fixture_start(&config);
	config.port = fixture->port;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(tftp_server_open(&loop, &config, &source, &second, &err), -EADDRINUSE);
	assert_null(second);
	assert_non_null(strstr(err.text, "is taken by"));
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&loop), 0);
	fixture_stop(fixture);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_arrive_with_every_kind_of_window),
		cmocka_unit_test(refusals_come_from_the_address_that_was_asked),
		cmocka_unit_test(garbage_is_counted_and_dropped),
		cmocka_unit_test(size_probes_are_told_apart),
		cmocka_unit_test(the_next_request_may_come_from_the_same_port),
		cmocka_unit_test(a_repeated_request_opens_no_second_transfer),
		cmocka_unit_test(a_flood_stays_within_the_limits),
		cmocka_unit_test(a_file_that_shrinks_ends_its_transfer),
		cmocka_unit_test(a_stop_ends_what_is_under_way),
		cmocka_unit_test(a_port_in_use_is_explained),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
