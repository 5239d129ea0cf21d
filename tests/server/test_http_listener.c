/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The real listener on loopback; a thread plays the client with bytes of its own. */
#include "../unit.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "server/http_listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define BIG_BYTES      (3U << 20)
#define COMPOSED_BYTES (BIG_BYTES - 4321)

struct fixture {
	uv_loop_t loop;
	uv_async_t client_is_done;
	struct http_listener *listener;
	struct file_source source;
	uint16_t port;
	/* the client's */
	const char *request;
	char *reply;
	size_t reply_size;
	const char *prelude; /* sent on another connection before; NULL for none */
	size_t stop_after;   /* closes after so many bytes; 0: reads to the end */
	/* what the source saw */
	char path[LIMIT_PATH_BYTES];
	size_t path_length;
	char query[100];
	bool was_head;
	size_t n_ended, n_done;
	struct file_outcome outcome;
};

/* What stands at an offset of the composed file. */
static uint8_t composed_at(size_t offset)
{
	return (uint8_t)(offset * 2654435761U >> 13);
}

/* Hundreds of pieces of memory and of one file, which may be shorter than they say. */
static int fill_composed(struct view *view, size_t file_bytes)
{
	uint8_t *bytes = malloc(COMPOSED_BYTES);
	int fd = memfd_create("composed", MFD_CLOEXEC), rc = 0;
	for (size_t i = 0; i < COMPOSED_BYTES; i++)
		bytes[i] = composed_at(i);
	assert_int_equal(write(fd, bytes, file_bytes), file_bytes);
	for (size_t at = 0, i = 0; rc == 0 && at < COMPOSED_BYTES; i++) {
		size_t n = i == 100 ? COMPOSED_BYTES / 2 : 1 + i * 37 % 5000;
		n = n < COMPOSED_BYTES - at ? n : COMPOSED_BYTES - at;
		rc = i % 2 == 0 ? view_add_file(view, dup(fd), at, n)
				: view_add_copy(view, bytes + at, n);
		at += n;
	}
	(void)close(fd);
	free(bytes);
	return rc;
}

static int fill_view(const char *path, struct view *view)
{
	int fd;
	if (strcmp(path, "/file.efi") == 0 || strcmp(path, "/mixed.wim") == 0) {
		fd = memfd_create("file", MFD_CLOEXEC);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, "xx0123456789yy", 14), 14);
		if (strcmp(path, "/mixed.wim") == 0)
			assert_int_equal(view_add_copy(view, "head", 4), 0);
		return view_add_file(view, fd, 2, 10);
	}
	if (strcmp(path, "/big") == 0) {
		fd = memfd_create("big", MFD_CLOEXEC);
		assert_int_equal(ftruncate(fd, BIG_BYTES), 0);
		return view_add_file(view, fd, 0, BIG_BYTES);
	}
	if (strcmp(path, "/composed") == 0)
		return fill_composed(view, COMPOSED_BYTES);
	if (strcmp(path, "/composed-shrunk") == 0)
		return fill_composed(view, COMPOSED_BYTES / 2);
	if (strcmp(path, "/shrunk") == 0)
		return view_add_file(view, memfd_create("gone", MFD_CLOEXEC), 0, 100);
	return strcmp(path, "/report") == 0   ? 0
	       : strcmp(path, "/secret") == 0 ? -EACCES
	       : strcmp(path, "/broken") == 0 ? -EIO
	       : strstr(path, "..") != NULL   ? -EINVAL
					      : -ENOENT;
}

static int source_open(
	void *context, const struct file_request *request, struct file_answer *ret_answer)
{
	struct fixture *f = context;
	CLEANUP(view_unrefp) struct view *view = NULL;
	assert_int_equal(request->peer, INADDR_LOOPBACK);
	assert_int_equal(request->local, INADDR_LOOPBACK);
	memset(f->path, 0, sizeof(f->path));
	f->path_length = request->path_length;
	memcpy(f->path, request->path,
		request->path_length < sizeof(f->path) ? request->path_length : 1);
	(void)snprintf(f->query, sizeof(f->query), "%s",
		request->query != NULL ? request->query : "(none)");
	f->was_head = request->is_head;
	assert_int_equal(view_new(&view), 0);
	int rc = fill_view(f->path, view);
	if (rc < 0)
		return rc;
	*ret_answer = (struct file_answer){.view = TAKE(view),
		.content_type = "application/efi",
		.transfer = 77,
		.no_cache = true};
	return 0;
}

static void source_progress(void *context, uint64_t transfer, uint64_t bytes)
{
	(void)context;
	assert_int_equal(transfer, 77);
	assert_true(bytes <= BIG_BYTES);
}

static void source_ended(void *context, uint64_t transfer, const struct file_outcome *outcome)
{
	struct fixture *f = context;
	assert_int_equal(transfer, 77);
	f->n_ended++;
	f->n_done += outcome->end == FILE_END_DONE;
	f->outcome = *outcome;
}

static int connected(uint16_t port, bool is_slow)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int small = 4096, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (is_slow) /* so that most of the file is still unsent when we leave */
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	(void)connect(fd, (struct sockaddr *)&address, sizeof(address));
	return fd;
}

static void *client(void *context)
{
	struct fixture *f = context;
	int first = f->prelude != NULL ? connected(f->port, false) : -1;
	if (first >= 0)
		(void)send(first, f->prelude, strlen(f->prelude), MSG_NOSIGNAL);

	int fd = connected(f->port, f->stop_after > 0);
	size_t max = f->stop_after > 0 ? f->stop_after : BIG_BYTES + 4096;
	ssize_t got = send(fd, f->request, strlen(f->request), MSG_NOSIGNAL);
	while (f->reply_size < max && got > 0) {
		got = recv(fd, f->reply + f->reply_size, max - f->reply_size, 0);
		f->reply_size += got > 0 ? (size_t)got : 0;
	}
	f->reply[f->reply_size] = 0;
	(void)close(fd);
	if (first >= 0)
		(void)close(first);
	(void)uv_async_send(&f->client_is_done);
	return NULL;
}

static void on_client_done(uv_async_t *async)
{
	struct fixture *f = async->data;
	http_listener_stop(f->listener);
	uv_close((uv_handle_t *)async, NULL);
}

/* Sends the bytes, runs the loop until the client has what it wanted, stops the listener. */
static void exchange(struct fixture *f, const char *request)
{
	pthread_t thread;
	struct error err = ERROR_NULL;
	f->source = (struct file_source){.context = f,
		.open = source_open,
		.progress = source_progress,
		.ended = source_ended};
	struct http_config config = {.address = INADDR_LOOPBACK, .source = &f->source};
	f->request = request;
	f->reply_size = 0;
	f->n_ended = f->n_done = 0;
	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_int_equal(uv_async_init(&f->loop, &f->client_is_done, on_client_done), 0);
	f->client_is_done.data = f;
	assert_int_equal(http_listener_start(&f->loop, &config, &f->listener, &err), 0);
	f->port = http_listener_port(f->listener);
	assert_int_equal(pthread_create(&thread, NULL, client, f), 0);
	assert_int_equal(uv_run(&f->loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(uv_loop_close(&f->loop), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (f == NULL)
		return -1;
	f->reply = malloc(BIG_BYTES + 4096 + 1);
	*state = f;
	return f->reply != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	free(f->reply);
	free(f);
	return 0;
}

#define CLOSE "Host: x\r\nConnection: close\r\n\r\n"

static void answers(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *request, *status, *header, *body;
	} cases[] = {
		{"GET /file.efi HTTP/1.1\r\n" CLOSE, "200", "Content-Length: 10\r\n", "0123456789"},
		{"GET /file.efi HTTP/1.1\r\n" CLOSE, "200", "Content-Type: application/efi\r\n",
			"0123456789"},
		{"GET /file.efi HTTP/1.0\r\n\r\n", "200", "Cache-Control: no-store\r\n",
			"0123456789"},
		{"HEAD /file.efi HTTP/1.1\r\n" CLOSE, "200", "Content-Length: 10\r\n", ""},
		{"GET /mixed.wim HTTP/1.1\r\n" CLOSE, "200", "Content-Length: 14\r\n",
			"head0123456789"},
		{"HEAD /mixed.wim HTTP/1.1\r\n" CLOSE, "200", "Content-Length: 14\r\n", ""},
		{"GET /mixed.wim HTTP/1.1\r\nRange: bytes=2-5\r\n" CLOSE, "206",
			"Content-Range: bytes 2-5/14\r\n", "ad01"},
		{"GET /file.efi HTTP/1.1\r\nRange: bytes=-3\r\n" CLOSE, "206",
			"Content-Range: bytes 7-9/10\r\n", "789"},
		{"GET /file.efi HTTP/1.1\r\nRange: bytes=10-\r\n" CLOSE, "416",
			"Content-Range: bytes */10\r\n", ""},
		{"HEAD /file.efi HTTP/1.1\r\nRange: bytes=0-1\r\n" CLOSE, "200",
			"Content-Length: 10\r\n", ""},
		{"GET /file.efi HTTP/1.1\r\nRange: bytes=0-1\r\nIf-Range: \"x\"\r\n" CLOSE, "200",
			"Content-Length: 10\r\n", "0123456789"},
		{"GET http://host/file.efi HTTP/1.1\r\n" CLOSE, "200", "Content-Length: 10\r\n",
			"0123456789"},
		{"GET /%66ile.efi HTTP/1.1\r\n" CLOSE, "200", "Content-Length: 10\r\n",
			"0123456789"},
		{"GET /absent HTTP/1.1\r\n" CLOSE, "404", "Content-Length: 0\r\n", ""},
		{"HEAD /absent HTTP/1.1\r\n" CLOSE, "404", "Content-Length: 0\r\n", ""},
		{"GET /secret HTTP/1.1\r\n" CLOSE, "403", "Content-Length: 0\r\n", ""},
		{"GET /broken HTTP/1.1\r\n" CLOSE, "500", "Content-Length: 0\r\n", ""},
		{"GET /a/%2e%2e/b HTTP/1.1\r\n" CLOSE, "400", "Content-Length: 0\r\n", ""},
		{"DELETE /file.efi HTTP/1.1\r\n" CLOSE, "405", "Allow: GET, HEAD, POST\r\n", ""},
		{"POST /report?verdict=booted HTTP/1.1\r\nContent-Length: 3\r\n" CLOSE "abc", "200",
			"Content-Length: 0\r\n", ""},
		{"POST /report?verdict=booted HTTP/1.1\r\n" CLOSE, "200", "Content-Length: 0\r\n",
			""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		exchange(f, cases[i].request);
		const char *body = strstr(f->reply, "\r\n\r\n");
		if (strncmp(f->reply, "HTTP/1.", 7) != 0 || body == NULL ||
			strncmp(f->reply + 9, cases[i].status, 3) != 0 ||
			strstr(f->reply, cases[i].header) == NULL ||
			strcmp(body + 4, cases[i].body) != 0)
			fail_msg("%s\n->\n%s", cases[i].request, f->reply);
	}
}

static void the_source_sees_what_came(void **state)
{
	struct fixture *f = *state;
	exchange(f, "POST /report?verdict=booted&words=a%20b HTTP/1.1\r\n" CLOSE);
	assert_string_equal(f->query, "verdict=booted&words=a%20b");
	assert_string_equal(f->path, "/report");
	exchange(f, "GET /a%00b%zz%2 HTTP/1.1\r\n" CLOSE);
	assert_int_equal(f->path_length, 9);
	assert_memory_equal(f->path, "/a\0b%zz%2", 9);
	exchange(f, "HEAD /x HTTP/1.1\r\n" CLOSE);
	assert_true(f->was_head);
	assert_string_equal(f->query, "(none)");
}

static void outcomes(void **state)
{
	struct fixture *f = *state;
	exchange(f, "GET /big HTTP/1.1\r\n" CLOSE);
	assert_int_equal(f->n_ended, 1);
	assert_int_equal(f->outcome.end, FILE_END_DONE);
	assert_int_equal(f->outcome.bytes, BIG_BYTES);
	exchange(f, "HEAD /big HTTP/1.1\r\n" CLOSE);
	assert_int_equal(f->n_ended, 1);
	assert_int_equal(f->outcome.end, FILE_END_PROBE);
	exchange(f, "GET /shrunk HTTP/1.1\r\n" CLOSE);
	assert_int_equal(f->n_ended, 1);
	assert_int_not_equal(f->outcome.end, FILE_END_DONE);
	f->stop_after = 1000;
	exchange(f, "GET /big HTTP/1.1\r\n" CLOSE);
	assert_int_equal(f->n_ended, 1);
	assert_int_equal(f->outcome.end, FILE_END_ABORTED);
	assert_true(f->outcome.bytes < BIG_BYTES);
}

/* Firmware asks for the size first and then for the file; a loader for file after file. */
static void one_connection_is_enough(void **state)
{
	struct fixture *f = *state;
	exchange(f, "HEAD /big HTTP/1.1\r\nHost: x\r\n\r\n"
		    "GET /absent HTTP/1.1\r\nHost: x\r\n\r\n"
		    "POST /report HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
		    "GET /mixed.wim HTTP/1.1\r\nHost: x\r\n\r\n"
		    "GET /big HTTP/1.1\r\nHost: x\r\n\r\n"
		    "GET /file.efi HTTP/1.1\r\n" CLOSE);
	assert_int_equal(f->n_ended, 5);
	assert_int_equal(f->n_done, 4);
	assert_int_equal(f->outcome.end, FILE_END_DONE);
	assert_int_equal(f->outcome.bytes, 10);
	assert_memory_equal(f->reply + f->reply_size - 10, "0123456789", 10);
}

static void assert_composed(const struct fixture *f, size_t offset, size_t length)
{
	const char *body = strstr(f->reply, "\r\n\r\n");
	assert_non_null(body);
	body += 4;
	assert_int_equal(f->reply_size - (size_t)(body - f->reply), length);
	for (size_t i = 0; i < length; i++)
		if ((uint8_t)body[i] != composed_at(offset + i))
			fail_msg("byte %zu of %zu is wrong", i, length);
}

/* An image of hundreds of pieces: each goes by itself, past the library. */
static void composed_files(void **state)
{
	struct fixture *f = *state;
	char length[64];
	(void)snprintf(length, sizeof(length), "Content-Length: %u\r\n", COMPOSED_BYTES);
	exchange(f, "GET /composed HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_memory_equal(f->reply, "HTTP/1.1 200 OK\r\n", 17);
	assert_non_null(strstr(f->reply, length));
	assert_non_null(strstr(f->reply, "Connection: close\r\n"));
	assert_non_null(strstr(f->reply, "Content-Type: application/efi\r\n"));
	assert_composed(f, 0, COMPOSED_BYTES);
	assert_int_equal(f->n_ended, 1);
	assert_int_equal(f->outcome.end, FILE_END_DONE);
	assert_int_equal(f->outcome.bytes, COMPOSED_BYTES);

	exchange(f, "GET /composed HTTP/1.1\r\nRange: bytes=4321-2004320\r\n" CLOSE);
	assert_memory_equal(f->reply, "HTTP/1.1 206 Partial Content\r\n", 30);
	assert_non_null(strstr(f->reply, "Content-Range: bytes 4321-2004320/"));
	assert_composed(f, 4321, 2000000);
	/* Short ones keep their connection. */
	exchange(f, "GET /composed HTTP/1.1\r\nHost: x\r\nRange: bytes=0-999\r\n\r\n"
		    "GET /composed HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(f->n_done, 2);
	exchange(f, "HEAD /composed HTTP/1.1\r\n" CLOSE);
	assert_non_null(strstr(f->reply, length));
	assert_int_equal(f->outcome.end, FILE_END_PROBE);
}

static void composed_files_that_break(void **state)
{
	struct fixture *f = *state;
	/* A file of ours that is shorter than it was. */
	exchange(f, "GET /composed-shrunk HTTP/1.1\r\n" CLOSE);
	assert_true(f->reply_size > 0 && f->reply_size < COMPOSED_BYTES);
	assert_int_equal(f->n_ended, 1);
	assert_int_equal(f->outcome.end, FILE_END_FAILED);
	/* A client that leaves; the listener stops at the same moment. */
	f->stop_after = 1000;
	exchange(f, "GET /composed HTTP/1.1\r\n" CLOSE);
	assert_int_equal(f->n_ended, 1);
	assert_int_equal(f->outcome.end, FILE_END_ABORTED);
	assert_true(f->outcome.bytes < COMPOSED_BYTES);
}

static void bad_requests_do_no_harm(void **state)
{
	struct fixture *f = *state;
	static char huge[LIMIT_HTTP_HEADER_BYTES * 2] = "GET /";
	memset(huge + 5, 'a', sizeof(huge) - 6);
	const char *const requests[] = {
		"\r\n\r\n",
		"GET",
		"GET\r\n\r\n",
		"GET / HTTP/9.9\r\n\r\n",
		"\x16\x03\x01\x02",
		"GET /file.efi HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"GET /file.efi HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n" CLOSE,
		"POST /report HTTP/1.1\r\nContent-Length: 5000\r\n\r\nabc",
		huge,
	};
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		f->prelude = requests[i];
		exchange(f, "GET /file.efi HTTP/1.1\r\n" CLOSE);
		assert_non_null(strstr(f->reply, "0123456789"));
	}
}

int main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers, setup, teardown),
		cmocka_unit_test_setup_teardown(the_source_sees_what_came, setup, teardown),
		cmocka_unit_test_setup_teardown(outcomes, setup, teardown),
		cmocka_unit_test_setup_teardown(one_connection_is_enough, setup, teardown),
		cmocka_unit_test_setup_teardown(composed_files, setup, teardown),
		cmocka_unit_test_setup_teardown(composed_files_that_break, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_requests_do_no_harm, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
