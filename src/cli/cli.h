/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every command gets, and the table of commands. One file per command: image_import.c holds
 * cmd_image_import. */
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1, /* refused or failed: one line on stderr says what and what to do */
	EXIT_USAGE = 2,
	EXIT_ATTENTION = 3, /* done, but something needs your eye */
};

/* The global options. */
struct cli {
	const char *program; /* argv[0] */
	const char *state;   /* --state, $PEWTER_STATE or /var/lib/pewter */
	const char *config;  /* --config, or NULL: /etc/pewter/pewter.conf if it is there */
	bool json;           /* --json: one document on stdout */
	const char *command; /* "image import" */
	const char *usage;   /* of this command */
};

/* argv[0] is the last word of the command, the arguments follow: what getopt expects (optind is
   reset to 0). Global options have been taken out already. Returns an enum exit_code. */
typedef int command_function(struct cli *cli, int argc, char **argv);

struct command {
	const char *words;   /* "image import" */
	const char *usage;   /* "SOURCE --name NAME [--index I] [--replace]" */
	const char *summary; /* one line for `pewter help` */
	command_function *run;
};

extern const struct command commands[]; /* ends with words = NULL; commands.c */

/* "pewter image import: TEXT" on stderr; with --json also {"error": TEXT} on stdout. Returns
 * EXIT_FAILED. */
int cli_fail(const struct cli *cli, const struct error *err);
/* The same for a negative errno of printing. */
int cli_fail_errno(const struct cli *cli, int rc);
/* Says what was wrong with the command line and how it should look. Returns EXIT_USAGE. */
int cli_usage(const struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);
/* 0.008, and not the 17 digits of the binary number next to it. */
#define CLI_JSON_FLAGS (JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15))

/* Prints the document on stdout and releases it. Returns EXIT_DONE, or EXIT_FAILED if stdout cannot
 * be written. */
int cli_print_json(const struct cli *cli, json_t *document);
