/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pewter boot show ID [--follow]: one boot's timeline. Following waits for the store's own news
 * (each commit wakes it), so an event is on the screen as soon as it is in the store.
 */
#include "cli/commands.h"

#include "cli/progress.h"
#include "cli/timeline.h"
#include "cli/words.h"
#include "cli/wrap.h"
#include "server/boot_rules.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_BYTES_MAX (16U << 20)

struct show {
	struct cli *cli;
	struct store *store;
	struct boot_record boot;
	int64_t last_number; /* of the last event told */
	struct timeline timeline;
	struct progress bar;
	const struct timeline_file *bar_file; /* what the bar stands for, NULL: no bar */
	bool is_final;
};

static int64_t now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t over_ms(const struct boot_record *boot)
{
	enum boot_verdict verdict;
	/* A word of a newer server: not ours to wait for. */
	return boot_verdict_parse(boot->verdict, &verdict)
		       ? boot_rules_over_ms(verdict, boot->last_ms)
		       : boot->last_ms;
}

/* ---- which one ---- */

static int newest(struct store *store, struct boot_record *ret_boot, struct error *err)
{
	CLEANUP(memory_freep) struct boot_record *list = NULL;
	size_t n = 0;
	int rc = store_boot_list(store, 1, &list, &n, err);
	if (rc < 0)
		return rc;
	if (n == 0)
		return error_set(err, -ENOENT, "no machine has asked to boot yet");
	*ret_boot = list[0];
	return 0;
}

/* Or for that time; INT64_MAX is never. */
static int wait_for_news(int watch_fd, int64_t until_ms, struct error *err)
{
	struct pollfd wait = {.fd = watch_fd, .events = POLLIN};
	int timeout_ms = -1;
	if (until_ms != INT64_MAX) {
		int64_t left_ms = until_ms - now_ms();
		timeout_ms = left_ms < 0 ? 0 : left_ms > INT_MAX ? INT_MAX : (int)left_ms;
	}
	while (poll(&wait, 1, timeout_ms) < 0) {
		if (errno != EINTR)
			return error_set(err, -errno, "cannot wait: %s", strerror(errno));
	}
	store_watch_drain(watch_fd);
	return 0;
}

/* "latest": the newest, which --follow waits for if there is none; "next": the first that begins
 * from now on. */
static int choose(struct show *show, const char *word, int watch_fd, struct error *err)
{
	struct boot_record known = {.id = ""};
	bool is_next = strcmp(word, "next") == 0;
	if (!is_next && strcmp(word, "latest") != 0)
		return store_boot_get(show->store, word, &show->boot, err);
	int rc = newest(show->store, &show->boot, err);
	if (watch_fd < 0 || (rc < 0 && rc != -ENOENT) || (rc == 0 && !is_next))
		return rc;
	if (rc == 0)
		known = show->boot;
	do {
		rc = wait_for_news(watch_fd, INT64_MAX, err);
		if (rc == 0)
			rc = newest(show->store, &show->boot, err);
	} while (rc == -ENOENT || (rc == 0 && strcmp(show->boot.id, known.id) == 0));
	return rc;
}

/* ---- for programs ---- */

static int print_document(struct show *show, struct error *err)
{
	struct boot_event *events = NULL;
	size_t n = 0;
	json_t *list = json_array();
	int rc = store_boot_events(show->store, show->boot.id, 0, &events, &n, err);
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, json_event(&events[i]));
	boot_events_free(events, n);
	if (rc < 0) {
		json_decref(list);
		return cli_fail(show->cli, err);
	}
	json_t *boot = json_boot(&show->boot);
	(void)json_object_set_new(boot, "events", list);
	return cli_print_json(show->cli, json_pack("{s:o}", "boot", boot));
}

static int print_lines(const struct boot_event *events, size_t n)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = json_print_line(json_pack("{s:o}", "event", json_event(&events[i])));
	return rc;
}

static int print_record(const struct show *show)
{
	return json_print_line(json_pack("{s:o}", "boot", json_boot(&show->boot)));
}

/* ---- for people ---- */

static int write_out(struct show *show, const struct buffer *out)
{
	/* The bar and the lines may share a terminal. */
	if (out->size > 0 && show->bar_file != NULL) {
		progress_end(&show->bar);
		show->bar_file = NULL;
	}
	int rc = wrap_print((const char *)out->bytes, out->size, terminal_columns(STDOUT_FILENO),
		TIMELINE_TEXT_COLUMN, stdout);
	return rc == 0 && fflush(stdout) == 0 ? 0 : -EIO;
}

static int print_head(struct show *show)
{
	const struct boot_record *boot = &show->boot;
	char began[LOCAL_TIME_TEXT_BYTES];
	local_time_format(boot->started_ms, began);
	return printf("boot %s of %s%s%s, began %s\n", boot->id, boot->client,
		       boot->arch[0] != 0 ? ", " : "", boot->arch, began) < 0
		       ? -EIO
		       : 0;
}

static void show_bar(struct show *show)
{
	const struct timeline_file *file = timeline_active(&show->timeline);
	if (file != show->bar_file && show->bar_file != NULL)
		progress_end(&show->bar);
	if (file != show->bar_file && file != NULL)
		progress_join(
			&show->bar, show->cli, file->word, file->size, now_ms() - file->started_ms);
	show->bar_file = file;
	if (file != NULL)
		progress_update(&show->bar, file->bytes);
}

static int print_events(struct show *show, const struct boot_event *events, size_t n)
{
	struct buffer out = buffer_with_max(OUTPUT_BYTES_MAX);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = timeline_add(&show->timeline, &events[i], &out);
	if (rc == 0 && show->is_final)
		rc = timeline_verdict(&show->timeline, &show->boot, &out);
	if (rc == 0)
		rc = write_out(show, &out);
	buffer_free(&out);
	return rc;
}

/* ---- both ---- */

/* Tells what is new. The record is read before the events: when it has its last verdict, every
 * event that led there is in the store already. */
static int tell_news(struct show *show, struct error *err)
{
	struct boot_event *events = NULL;
	size_t n = 0;
	int rc = store_boot_get(show->store, show->boot.id, &show->boot, err);
	if (rc < 0)
		return rc;
	show->is_final = over_ms(&show->boot) <= now_ms();
	rc = store_boot_events(show->store, show->boot.id, show->last_number, &events, &n, err);
	if (rc < 0)
		return rc;
	rc = show->cli->json ? print_lines(events, n) : print_events(show, events, n);
	if (n > 0)
		show->last_number = events[n - 1].number;
	boot_events_free(events, n);
	if (rc < 0)
		return error_set(err, rc, "cannot write to standard output: %s", strerror(-rc));
	return 0;
}

/* Whoever waits for a boot, a person or a script, wants to know by the exit code how it went. */
static bool has_gone_well(const struct boot_record *boot)
{
	enum boot_verdict verdict;
	return boot_verdict_parse(boot->verdict, &verdict) &&
	       (verdict == BOOT_VERDICT_BOOTED || verdict == BOOT_VERDICT_LOADED);
}

static int follow(struct show *show, int watch_fd, struct error *err)
{
	int rc = show->cli->json ? print_record(show) : print_head(show);
	if (rc < 0)
		return error_set(err, rc, "cannot write to standard output: %s", strerror(-rc));
	rc = tell_news(show, err);
	while (rc == 0 && !show->is_final) {
		if (!show->cli->json)
			show_bar(show);
		rc = wait_for_news(watch_fd, over_ms(&show->boot), err);
		if (rc == 0)
			rc = tell_news(show, err);
	}
	if (show->bar_file != NULL)
		progress_end(&show->bar);
	if (rc == 0 && show->cli->json && print_record(show) < 0)
		rc = error_set(err, -EIO, "cannot write to standard output");
	return rc;
}

static int print_once(struct show *show, struct error *err)
{
	if (show->cli->json)
		return print_document(show, err);
	show->timeline.started_ms = show->boot.started_ms;
	if (print_head(show) < 0 || tell_news(show, err) < 0)
		return cli_fail(show->cli, err);
	if (!show->is_final) {
		struct buffer rest = buffer_with_max(OUTPUT_BYTES_MAX);
		int rc = timeline_flush(&show->timeline, &rest);
		if (rc == 0)
			rc = write_out(show, &rest);
		buffer_free(&rest);
		if (rc < 0)
			return cli_fail_errno(show->cli, rc);
		(void)printf("it goes on: `pewter boot show %s --follow`\n", show->boot.id);
	}
	return EXIT_DONE;
}

int cmd_boot_show(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"follow", no_argument, NULL, 'f'}, {NULL, 0, NULL, 0}};
	struct show show = {.cli = cli};
	struct error err = ERROR_NULL;
	bool does_follow = false;
	int watch_fd = -1, c;
	while ((c = getopt_long(argc, argv, "f", options, NULL)) != -1) {
		if (c != 'f')
			return cli_usage(cli, "unknown option");
		does_follow = true;
	}
	if (optind + 1 != argc)
		return cli_usage(cli, "takes the id of one boot, or \"latest\"");
	if (strcmp(argv[optind], "next") == 0 && !does_follow)
		return cli_usage(cli, "\"next\" needs --follow");

	CLEANUP(store_closep) struct store *store = NULL;
	int rc = store_open(cli->state, STORE_READ, &store, &err);
	show.store = store;
	/* Before the first look, so that nothing can come between. */
	if (rc == 0 && does_follow)
		rc = store_watch(store, &watch_fd, &err);
	if (rc == 0)
		rc = choose(&show, argv[optind], watch_fd, &err);
	if (rc == 0 && !does_follow)
		return print_once(&show, &err);
	show.timeline.started_ms = show.boot.started_ms;
	if (rc == 0)
		rc = follow(&show, watch_fd, &err);
	if (watch_fd >= 0)
		(void)close(watch_fd);
	if (rc < 0)
		return cli_fail(cli, &err);
	return has_gone_well(&show.boot) ? EXIT_DONE : EXIT_ATTENTION;
}
