/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter: global options, then the command whose words match the most of what follows. */
#include "cli/cli.h"

#include "base/text.h"
#include "cli/commands.h"

#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE /* glibc 2.35; Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif

#ifndef PEWTER_VERSION
#error "PEWTER_VERSION comes from meson.build"
#endif

#define STATE_DEFAULT "/var/lib/pewter"

int cli_fail(const struct cli *cli, const struct error *err)
{
	struct error shown = *err; /* names of files and what is in them may be in it */
	if (shown.text[0] == 0)
		(void)error_set(&shown, 0, "failed without saying why (a bug)");
	text_disarm(shown.text, strlen(shown.text));
	if (cli->json) {
		json_t *document = json_pack("{s:s}", "error", shown.text);
		if (document != NULL)
			(void)cli_print_json(cli, document);
	}
	(void)fprintf(stderr, "pewter %s: %s\n", cli->command, shown.text);
	return EXIT_FAILED;
}

int cli_fail_errno(const struct cli *cli, int rc)
{
	struct error err = ERROR_NULL;
	if (rc == -EIO)
		(void)error_set(&err, rc, "cannot write to standard output");
	else
		(void)error_set(&err, rc, "%s", strerror(-rc));
	return cli_fail(cli, &err);
}

int cli_usage(const struct cli *cli, const char *format, ...)
{
	va_list args;
	(void)fprintf(stderr, "pewter %s: ", cli->command);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fprintf(stderr, "\nusage: pewter %s %s\n", cli->command, cli->usage);
	return EXIT_USAGE;
}

int cli_print_json(const struct cli *cli, json_t *document)
{
	int rc = json_dumpf(document, stdout, JSON_INDENT(2) | CLI_JSON_FLAGS);
	json_decref(document);
	if (rc != 0 || putchar('\n') == EOF || fflush(stdout) != 0) {
		(void)fprintf(stderr, "pewter %s: cannot write to standard output\n", cli->command);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

/* The commands, or those that begin with that word. Returns how many. */
static size_t list_commands(const char *word, FILE *out)
{
	size_t n = 0, length = word != NULL ? strlen(word) : 0;
	for (const struct command *c = commands; c->words != NULL; c++) {
		if (word != NULL &&
			(strncmp(c->words, word, length) != 0 || c->words[length] != ' '))
			continue;
		(void)fprintf(out, "  %-17s %s\n", c->words, c->summary);
		n++;
	}
	return n;
}

static const char help_hint[] =
	"\n`pewter COMMAND --help` shows a command's own options; pewter(1) tells all.\n";

static void print_help(FILE *out)
{
	(void)fputs("usage: pewter [--state DIR] [--config FILE] [--json] COMMAND ...\n\n", out);
	(void)list_commands(NULL, out);
	(void)fputs(help_hint, out);
}

/* How many of argv's words the command's words match: all of them, or 0. */
static int words_matched(const char *words, int argc, char **argv)
{
	int n = 0;
	while (*words != 0) {
		size_t length = strcspn(words, " ");
		if (n >= argc || strlen(argv[n]) != length || strncmp(argv[n], words, length) != 0)
			return 0;
		n++;
		words += length;
		words += strspn(words, " ");
	}
	return n;
}

/* What nearly every command that does something asks for. */
#define HEAP_BYTES (600U << 10)

/*
 * A command lives for some milliseconds. Its threads, which ask for little, share one heap; that
 * grows by a MB, not by 132 kB; and its first pages come at once, not by a fault for each. Of a
 * revision's 9 ms that took 0.8.
 */
static void suit_heap_to_command(void)
{
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_TOP_PAD, 1 << 20);
	(void)mallopt(M_MMAP_THRESHOLD, 8 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 64 << 20);
	uint8_t *bytes = malloc(HEAP_BYTES);
	if (bytes == NULL)
		return;
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t before = (page - (uintptr_t)bytes % page) % page;
	/* Where a kernel does not know this (before 5.14), there are faults. */
	(void)madvise(bytes + before, (HEAP_BYTES - before) / page * page, MADV_POPULATE_WRITE);
	free(bytes);
}

static int run_command(struct cli *cli, int argc, char **argv)
{
	const struct command *found = NULL;
	int n_words = 0;
	for (const struct command *c = commands; c->words != NULL; c++) {
		int n = words_matched(c->words, argc, argv);
		if (n > n_words) {
			n_words = n;
			found = c;
		}
	}
	if (found == NULL) {
		bool wants_help = argc > 1 && strcmp(argv[1], "--help") == 0;
		FILE *out = wants_help ? stdout : stderr;
		if (list_commands(argv[0], out) == 0) {
			(void)fprintf(stderr,
				"pewter: there is no command \"%s\"; `pewter help` lists them\n",
				argv[0]);
			return EXIT_USAGE;
		}
		if (wants_help) {
			(void)fputs(help_hint, out);
			return EXIT_DONE;
		}
		if (argc > 1)
			(void)fprintf(out,
				"pewter: there is no command \"%s %s\"; one of these is meant\n",
				argv[0], argv[1]);
		else
			(void)fprintf(out, "pewter %s: one of these is meant\n", argv[0]);
		return EXIT_USAGE;
	}
	cli->command = found->words;
	cli->usage = found->usage;

	/* --json and --state may also stand behind the command: people write them there. */
	int n_kept = 0;
	bool only_operands = false;
	for (int i = n_words; i < argc; i++) {
		if (!only_operands && strcmp(argv[i], "--") == 0)
			only_operands = true;
		if (!only_operands && strcmp(argv[i], "--json") == 0) {
			cli->json = true;
		} else if (!only_operands && strcmp(argv[i], "--help") == 0) {
			(void)printf("usage: pewter %s %s\n\n%s\n", found->words, found->usage,
				found->summary);
			return EXIT_DONE;
		} else if (!only_operands && i + 1 < argc && strcmp(argv[i], "--state") == 0) {
			cli->state = argv[++i];
		} else if (!only_operands && i + 1 < argc && strcmp(argv[i], "--config") == 0) {
			cli->config = argv[++i];
		} else {
			argv[n_words + n_kept++] = argv[i];
		}
	}
	/* getopt wants a program name in front, and begins its messages with it. */
	char name[64];
	(void)snprintf(name, sizeof(name), "pewter %s", found->words);
	argv[n_words - 1] = name;
	argv[n_words + n_kept] = NULL;
	optind = 0;
	if (found->run != cmd_serve)
		suit_heap_to_command();
	int code = found->run(cli, n_kept + 1, argv + n_words - 1);
	/* What was printed may still lie in the buffer of a file on a disk that is full. */
	if ((code == EXIT_DONE || code == EXIT_ATTENTION) &&
		(fflush(stdout) != 0 || ferror(stdout) != 0))
		return cli_fail_errno(cli, -EIO);
	return code;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"state", required_argument, NULL, 's'},
		{"config", required_argument, NULL, 'c'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0},
	};
	struct cli cli = {.program = argv[0], .state = getenv("PEWTER_STATE"), .command = ""};

	int c;
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (c) {
		case 's': cli.state = optarg; break;
		case 'c': cli.config = optarg; break;
		case 'j': cli.json = true; break;
		case 'h': print_help(stdout); return EXIT_DONE;
		case 'v': (void)puts("pewter " PEWTER_VERSION); return EXIT_DONE;
		default: return EXIT_USAGE;
		}
	}
	if (cli.state == NULL || cli.state[0] == 0)
		cli.state = STATE_DEFAULT;
	if (optind == argc) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[optind], "help") == 0) {
		print_help(stdout);
		return EXIT_DONE;
	}
	return run_command(&cli, argc - optind, argv + optind);
}
