/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `pewter boot show --follow` as a process of its own, while this one is the server and writes
 * events: each must come out by itself, and the last verdict must end it. */
#include "../unit.h"

#include "store/store.h"

#include "../store/scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>

struct follower {
	pid_t pid;
	FILE *out;
};

static void start(struct follower *follower, const char *const *args)
{
	int pipe_fds[2];
	const char *program = getenv("PEWTER");
	assert_non_null(program);
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	follower->pid = fork();
	assert_true(follower->pid >= 0);
	if (follower->pid == 0) {
		char *argv[16] = {strdup(program), strdup("--state"), scratch_directory};
		for (size_t i = 0; args[i] != NULL && i < 12; i++)
			argv[3 + i] = strdup(args[i]);
		(void)dup2(pipe_fds[1], STDOUT_FILENO);
		(void)execv(program, argv);
		_exit(127);
	}
	(void)close(pipe_fds[1]);
	follower->out = fdopen(pipe_fds[0], "r");
	assert_non_null(follower->out);
	/* A lost wake-up would hang here, and the runner's timeout tell. */
}

static void assert_line(struct follower *follower, const char *part)
{
	char line[2048];
	if (fgets(line, sizeof(line), follower->out) == NULL)
		fail_msg("the output ended before \"%s\"", part);
	if (strstr(line, part) == NULL)
		fail_msg("\"%s\" is not in %s", part, line);
}

static void assert_ends(struct follower *follower, int exit_code)
{
	char line[2048];
	int status;
	assert_null(fgets(line, sizeof(line), follower->out));
	assert_int_equal(waitpid(follower->pid, &status, 0), follower->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), exit_code);
	(void)fclose(follower->out);
}

static void add_event(struct store *store, const char *boot, int64_t time_ms, const char *kind,
	const char *details)
{
	struct error err = ERROR_NULL;
	struct boot_event event = {.time_ms = time_ms, .details = (char *)(uintptr_t)details};
	(void)snprintf(event.boot, sizeof(event.boot), "%s", boot);
	(void)snprintf(event.kind, sizeof(event.kind), "%s", kind);
	assert_ok(store_boot_event_add(store, &event, &err));
}

static struct boot_record boot_named(const char *id, int64_t started_ms)
{
	struct boot_record boot = {.client = "lab-1",
		.arch = "uefi-x64",
		.image = "win11",
		.revision = 1,
		.verdict = "running",
		.started_ms = started_ms,
		.last_ms = started_ms};
	(void)snprintf(boot.id, sizeof(boot.id), "%s", id);
	return boot;
}

static void test_people(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store;
	struct follower follower;
	assert_ok(store_open(scratch_make(), STORE_CREATE, &store, &err));
	struct boot_record boot = boot_named("aaaaaaaaaaaa", 1000);
	assert_ok(store_boot_put(store, &boot, &err));
	add_event(store, boot.id, 1000, "discover", "{\"mac\":\"52:54:00:00:00:01\"}");

	start(&follower, (const char *const[]){"boot", "show", "latest", "--follow", NULL});
	assert_line(&follower, "boot aaaaaaaaaaaa of lab-1, uefi-x64, began ");
	assert_line(&follower, "0.000  discover   52:54:00:00:00:01");
	/* One at a time: each comes out before the next goes in. */
	for (int i = 0; i < 200; i++) {
		char details[64], expected[64];
		(void)snprintf(
			details, sizeof(details), "{\"style\":\"final\",\"file\":\"%d\"}", i);
		(void)snprintf(expected, sizeof(expected), "0.%03d  offer      %d\n", i, i);
		add_event(store, boot.id, 1000 + i, "offer", details);
		assert_line(&follower, expected);
	}
	/* Another boot's events are none of ours. */
	struct boot_record other = boot_named("bbbbbbbbbbbb", 2000);
	assert_ok(store_boot_put(store, &other, &err));
	add_event(store, other.id, 2000, "offer", NULL);
	/* As the server does it: all of one moment in one transaction. */
	(void)snprintf(boot.verdict, sizeof(boot.verdict), "booted");
	boot.last_ms = 4000;
	assert_ok(store_begin(store, &err));
	assert_ok(store_boot_put(store, &boot, &err));
	add_event(store, boot.id, 3000, "report", "{\"verdict\":\"booted\"}");
	add_event(store, boot.id, 4000, "verdict", "{\"verdict\":\"booted\"}");
	assert_ok(store_commit(store, &err));
	assert_line(&follower, "2.000  report     booted");
	assert_line(&follower, "3.000  verdict    booted");
	assert_ends(&follower, 0);
	store_close(store);
	scratch_remove();
}

static void test_programs(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store;
	struct follower follower;
	assert_ok(store_open(scratch_make(), STORE_CREATE, &store, &err));

	/* Nothing has booted yet: it waits for the first. */
	start(&follower,
		(const char *const[]){"boot", "show", "latest", "--follow", "--json", NULL});
	struct boot_record boot = boot_named("aaaaaaaaaaaa", 1000);
	assert_ok(store_boot_put(store, &boot, &err));
	assert_line(&follower, "{\"boot\":{\"id\":\"aaaaaaaaaaaa\"");
	add_event(store, boot.id, 1000, "offer", "{\"file\":\"x\",\"kind\":\"trick\"}");
	assert_line(&follower, "{\"event\":{\"time\":\"1970-01-01T00:00:01.000Z\",\"kind\":"
			       "\"offer\",\"file\":\"x\"}}");
	(void)snprintf(boot.verdict, sizeof(boot.verdict), "stalled");
	assert_ok(store_boot_put(store, &boot, &err));
	assert_line(&follower, "\"verdict\":\"stalled\"");
	/* Whoever waits for a boot in a script wants to know that it did not go well. */
	assert_ends(&follower, 3);

	/* One that was refused, and has not asked again since. */
	(void)snprintf(boot.verdict, sizeof(boot.verdict), "refused");
	assert_ok(store_boot_put(store, &boot, &err));
	start(&follower, (const char *const[]){"--json", "boot", "show", boot.id, "-f", NULL});
	assert_line(&follower, "\"verdict\":\"refused\"");
	assert_line(&follower, "\"event\"");
	assert_line(&follower, "\"verdict\":\"refused\"");
	assert_ends(&follower, 3);

	/* A boot that is over is told at once, in one document. */
	start(&follower, (const char *const[]){"--json", "boot", "show", boot.id, NULL});
	char text[4096];
	size_t n = fread(text, 1, sizeof(text) - 1, follower.out);
	text[n] = 0;
	assert_non_null(strstr(text, "\"events\": ["));
	assert_non_null(strstr(text, "\"address\": null"));
	assert_ends(&follower, 0);

	start(&follower, (const char *const[]){"--json", "boot", "show", "nosuchboot22", NULL});
	n = fread(text, 1, sizeof(text) - 1, follower.out);
	text[n] = 0;
	assert_non_null(strstr(text, "\"error\": \"there is no boot \\\"nosuchboot22\\\""));
	assert_ends(&follower, 1);
	store_close(store);
	scratch_remove();
}

static void test_lists(void **state)
{
	(void)state;
	struct error err = ERROR_NULL;
	struct store *store;
	struct follower run;
	struct client_record client = {
		.mac = {0x52, 0x54, 0, 0, 0, 1}, .state = "held", .last_seen_ms = 5};
	assert_ok(store_open(scratch_make(), STORE_CREATE, &store, &err));
	start(&run, (const char *const[]){"boot", "list", NULL});
	assert_line(&run, "BOOT  BEGAN  CLIENT  FIRMWARE  IMAGE  VERDICT  TOOK\n");
	assert_ends(&run, 0);
	struct boot_record boot = boot_named("aaaaaaaaaaaa", 1000);
	boot.last_ms = 13345;
	assert_ok(store_boot_put(store, &boot, &err));
	start(&run, (const char *const[]){"boot", "list", NULL});
	assert_line(&run, "BOOT");
	assert_line(&run, "  lab-1   uefi-x64  win11@1  running  12 s\n");
	assert_ends(&run, 0);

	assert_ok(store_client_put(store, &client, &err));
	start(&run, (const char *const[]){
			    "client", "approve", "52-54-00-00-00-01", "--image", "nothing", NULL});
	assert_ends(&run, 1);
	start(&run, (const char *const[]){
			    "client", "approve", "52-54-00-00-00-01", "--name", "lab-7", NULL});
	assert_line(&run, "52-54-00-00-00-01 is approved\n");
	assert_ends(&run, 0);
	assert_ok(store_client_get(store, "lab-7", &client, &err));
	assert_string_equal(client.state, "approved");
	start(&run, (const char *const[]){"client", "refuse", "lab-7", NULL});
	assert_line(&run, "lab-7 is refused\n");
	assert_ends(&run, 0);
	start(&run, (const char *const[]){"client", "list", NULL});
	assert_line(&run, "MAC                UUID  NAME   STATE    IMAGE  LAST SEEN\n");
	assert_line(&run, "52:54:00:00:00:01        lab-7  refused         ");
	assert_ends(&run, 0);
	start(&run, (const char *const[]){"client", "show", NULL});
	assert_ends(&run, 2);
	store_close(store);
	scratch_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_lists),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
