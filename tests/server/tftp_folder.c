/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Serves one folder by Pewter's TFTP server, for tests and benches: names are looked up in lower
 * case below the folder, symbolic links lead nowhere else. Prints "ready PORT" when it serves and
 * one line for each transfer that ended; SIGTERM or SIGINT stops it.
 */
#include "base/log.h"
#include "base/path.h"
#include "base/text.h"
#include "base/limits.h"
#include "base/address.h"
#include "server/tftp.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct folder {
	int fd;
	uint64_t n_opened;
	struct tftp_server *server;
	uv_signal_t signals[2];
};

static int folder_open(
	void *context, const struct file_request *request, struct file_answer *ret_answer)
{
	struct folder *folder = context;
	char path[LIMIT_PATH_BYTES];
	struct stat status;
	CLEANUP(view_unrefp) struct view *view = NULL;

	int rc = path_normalize(request->path, request->path_length, path, sizeof(path));
	if (rc < 0)
		return rc;
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
	int fd = (int)syscall(SYS_openat2, folder->fd, path, &how, sizeof(how));
	if (fd < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		(void)close(fd);
		return -ENOENT;
	}
	rc = view_new(&view);
	if (rc < 0) {
		(void)close(fd);
		return rc;
	}
	rc = view_add_file(view, fd, 0, (uint64_t)status.st_size);
	if (rc < 0)
		return rc;
	*ret_answer = (struct file_answer){.view = TAKE(view), .transfer = ++folder->n_opened};
	return 0;
}

static void folder_ended(void *context, uint64_t transfer, const struct file_outcome *outcome)
{
	static const char *const ends[] = {"done", "probe", "aborted", "timeout", "failed"};
	(void)context;
	(void)printf("ended %llu %s bytes=%llu block=%u window=%u variable=%d resent=%llu\n",
		(unsigned long long)transfer, ends[outcome->end],
		(unsigned long long)outcome->bytes, outcome->block_bytes, outcome->window_blocks,
		outcome->variable_window, (unsigned long long)outcome->resent_bytes);
	(void)fflush(stdout);
}

static void on_stopped(void *context)
{
	struct folder *folder = context;
	for (size_t i = 0; i < ARRAY_SIZE(folder->signals); i++)
		uv_close((uv_handle_t *)&folder->signals[i], NULL);
}

static void on_signal(uv_signal_t *signal, int number)
{
	struct folder *folder = signal->data;
	struct tftp_server_counters counters;
	(void)number;
	if (folder->server == NULL)
		return;
	tftp_server_counters(folder->server, &counters);
	(void)printf("counters requests=%llu malformed=%llu repeated=%llu over_limit=%llu "
		     "refused=%llu not_found=%llu transfers=%llu\n",
		(unsigned long long)counters.requests, (unsigned long long)counters.malformed,
		(unsigned long long)counters.repeated, (unsigned long long)counters.over_limit,
		(unsigned long long)counters.refused, (unsigned long long)counters.not_found,
		(unsigned long long)counters.transfers);
	tftp_server_stop(folder->server, on_stopped, folder);
	folder->server = NULL;
}

static int usage(void)
{
	(void)fprintf(stderr,
		"usage: tftp_folder [--address A] [--port P] [--workers N] [--sessions N] "
		"[--sessions-per-client N] [--fragments] [--quiet] FOLDER\n");
	return 2;
}

static unsigned number(const char *text)
{
	uint64_t value = 0;
	if (!text_parse_u64(text, 65535, &value))
		exit(usage());
	return (unsigned)value;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"address", required_argument, NULL, 'a'},
		{"port", required_argument, NULL, 'p'},
		{"workers", required_argument, NULL, 'w'},
		{"sessions", required_argument, NULL, 's'},
		{"sessions-per-client", required_argument, NULL, 'c'},
		{"fragments", no_argument, NULL, 'f'},
		{"quiet", no_argument, NULL, 'q'},
		{0},
	};
	struct tftp_server_config config = {0};
	struct folder folder = {.fd = -1};
	struct error err = ERROR_NULL;
	uv_loop_t loop;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'a':
			if (!ipv4_parse(optarg, &config.address))
				return usage();
			break;
		case 'p': config.port = (uint16_t)number(optarg); break;
		case 'w': config.n_workers = number(optarg); break;
		case 's': config.max_sessions = number(optarg); break;
		case 'c': config.max_sessions_per_client = number(optarg); break;
		case 'f': config.allow_fragments = true; break;
		case 'q': log_set_level(LOG_ERROR); break;
		default: return usage();
		}
	}
	if (optind + 1 != argc)
		return usage();
	folder.fd = open(argv[optind], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder.fd < 0) {
		perror(argv[optind]);
		return 1;
	}
	const struct file_source source = {
		.context = &folder, .open = folder_open, .ended = folder_ended};
	if (uv_loop_init(&loop) < 0)
		return 1;
	if (tftp_server_open(&loop, &config, &source, &folder.server, &err) < 0 ||
		tftp_server_start(folder.server, &err) < 0) {
		(void)fprintf(stderr, "tftp_folder: %s\n", err.text);
		return 1;
	}
	static const int numbers[] = {SIGTERM, SIGINT};
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		(void)uv_signal_init(&loop, &folder.signals[i]);
		folder.signals[i].data = &folder;
		if (uv_signal_start(&folder.signals[i], on_signal, numbers[i]) < 0)
			return 1;
	}
	(void)printf("ready %u\n", tftp_server_port(folder.server));
	(void)fflush(stdout);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&loop);
	(void)close(folder.fd);
	return 0;
}
