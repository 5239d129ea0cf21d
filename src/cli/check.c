/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter check: is the state whole, and with --repair: make it so. */
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/wrap.h"
#include "image/check.h"
#include "image/remake.h"
#include "store/check.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define DETAIL_COLUMN 2

struct report {
	const struct cli *cli;
	json_t *findings; /* NULL without --json */
	size_t n_faults, n_repaired, n_left;
	bool failed; /* out of memory, or stdout cannot be written */
};

static int print_finding(const struct check_finding *finding)
{
	char line[sizeof(finding->what) + sizeof(finding->remedy) + 4];
	int n = snprintf(line, sizeof(line), "%s: %s\n", finding->what, finding->remedy);
	return wrap_print(line, n > 0 ? (size_t)n : 0, terminal_columns(STDOUT_FILENO),
		DETAIL_COLUMN, stdout);
}

static int on_finding(void *context, const struct check_finding *finding)
{
	struct report *report = context;
	if (finding->is_repaired)
		report->n_repaired++;
	else if (check_kind_is_harmless(finding->kind))
		report->n_left++;
	else
		report->n_faults++;
	if (report->findings == NULL)
		return print_finding(finding);
	return json_array_append_new(report->findings,
		       json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "kind",
			       check_kind_name(finding->kind), "subject", finding->subject, "what",
			       finding->what, "remedy", finding->remedy, "harmless",
			       check_kind_is_harmless(finding->kind), "repaired",
			       finding->is_repaired)) < 0
		       ? -ENOMEM
		       : 0;
}

static void print_totals(
	const struct report *report, const struct check_totals *totals, size_t n_revisions)
{
	char size[SIZE_TEXT_BYTES];
	size_format(totals->n_bytes, size);
	(void)printf("%zu blob%s (%s), %zu revision%s: ", totals->n_blobs,
		totals->n_blobs == 1 ? "" : "s", size, n_revisions, n_revisions == 1 ? "" : "s");
	if (report->n_faults > 0)
		(void)printf("%zu fault%s", report->n_faults, report->n_faults == 1 ? "" : "s");
	else
		(void)printf("whole");
	if (report->n_repaired > 0)
		(void)printf(", %zu repaired", report->n_repaired);
	if (report->n_left > 0)
		(void)printf(", %zu left over from imports that broke off", report->n_left);
	(void)puts("");
}

static int print_json(const struct cli *cli, struct report *report,
	const struct check_totals *totals, size_t n_revisions)
{
	return cli_print_json(
		cli, json_pack("{s:{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:o}}", "check", "whole",
			     report->n_faults == 0, "blobs", (json_int_t)totals->n_blobs, "bytes",
			     (json_int_t)totals->n_bytes, "pending", (json_int_t)totals->n_pending,
			     "revisions", (json_int_t)n_revisions, "faults",
			     (json_int_t)report->n_faults, "repaired",
			     (json_int_t)report->n_repaired, "findings", report->findings));
}

int cmd_check(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"repair", no_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
	CLEANUP(store_closep) struct store *store = NULL;
	struct report report = {.cli = cli};
	struct check_request request = {.sink = on_finding, .context = &report};
	struct check_totals totals = {0};
	struct error err = ERROR_NULL;
	size_t n_revisions = 0;

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c != 'r')
			return cli_usage(cli, "check knows --repair only");
		request.repair = true;
	}
	if (optind != argc)
		return cli_usage(cli, "check takes no operands: it looks at the whole state");
	if (store_open(cli->state, STORE_READ, &store, &err) < 0)
		return cli_fail(cli, &err);
	if (cli->json && (report.findings = json_array()) == NULL) {
		(void)error_set(&err, -ENOMEM, "out of memory");
		return cli_fail(cli, &err);
	}
	struct remake remake = {.store = store, .state = cli->state};
	request.remake = image_remake_blob;
	request.remake_context = &remake;
	request.now_ms = (int64_t)time(NULL) * 1000;
	struct progress_phases phases;
	request.progress = progress_phases_begin(&phases, cli);
	int rc = store_check(store, &request, &totals, &err);
	if (rc == 0)
		rc = image_check(store, &request, &n_revisions, &err);
	progress_phases_end(&phases);
	if (rc < 0) {
		json_decref(report.findings);
		return cli_fail(cli, &err);
	}
	if (cli->json)
		rc = print_json(cli, &report, &totals, n_revisions);
	else
		print_totals(&report, &totals, n_revisions);
	if (rc != EXIT_DONE)
		return rc;
	return report.n_faults > 0 ? EXIT_FAILED : EXIT_DONE;
}
