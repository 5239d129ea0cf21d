/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter media check: what a medium was made of, and whether there is something newer. */
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/words.h"
#include "image/media_check.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

/* What was found out; texts that were not are "". */
struct findings {
	const char *path;
	const struct medium_reading *reading;
	const char *state; /* "fresh", "stale", "unknown" */
	uint32_t newest;
	const char *content; /* "same", "differs", "unknown"; NULL: nobody asked */
	char reason[512], complaint[ERROR_TEXT_BYTES];
};

static int compare(struct cli *cli, struct store *store, struct medium_reading *reading,
	struct findings *findings, struct error *err)
{
	struct progress_phases phases;
	struct medium_content content = {.is_same = false};
	const struct progress_sink *sink = progress_phases_begin(&phases, cli);
	int rc = medium_compare(store, reading, sink, &content, err);
	progress_phases_end(&phases);
	const struct medium_identity *identity = medium_reading_identity(reading);
	findings->content = rc < 0 ? "unknown" : content.is_same ? "same" : "differs";
	if (rc == -ENOENT) {
		(void)snprintf(findings->complaint, sizeof(findings->complaint),
			"its content cannot be compared: the state does not have %s@%u",
			identity->image, identity->revision);
		return 0;
	}
	if (rc == 0 && !content.is_same)
		(void)snprintf(findings->complaint, sizeof(findings->complaint),
			"%s on it is not %s@%u: it is damaged, or was changed", content.path,
			identity->image, identity->revision);
	return rc;
}

static void look_for_holes(const struct medium_reading *reading, struct findings *findings)
{
	const bool is_compared = findings->content != NULL && findings->content[0] != 'u';
	if (findings->complaint[0] == 0 && !is_compared && medium_reading_has_hole(reading))
		(void)snprintf(findings->complaint, sizeof(findings->complaint),
			"parts of it are holes, which read as zeros: a power cut soon after it was "
			"written leaves such, and so do programs that copy zeros as holes; --full "
			"tells whether it is whole");
}

/* A medium tells what it is without any state too. */
static int look(struct cli *cli, struct medium_reading *reading, bool is_full,
	struct findings *findings, struct error *err)
{
	CLEANUP(store_closep) struct store *store = NULL;
	struct medium_verdict verdict = {.newest = 0};
	int rc = store_open(cli->state, STORE_READ, &store, err);
	if (rc == -ENOENT) {
		findings->state = "unknown";
		if (is_full)
			findings->content = "unknown";
		(void)snprintf(findings->reason, sizeof(findings->reason),
			"there is no state at %.200s to compare it with; --state names another",
			cli->state);
		return 0;
	}
	if (rc == 0)
		rc = medium_judge(store, reading, findings->path, &verdict, err);
	if (rc < 0)
		return rc;
	findings->state = verdict.age == MEDIUM_FRESH ? "fresh" : "stale";
	findings->newest = verdict.newest;
	(void)snprintf(findings->reason, sizeof(findings->reason), "%s", verdict.reason);
	return is_full ? compare(cli, store, reading, findings, err) : 0;
}

static int print_json(const struct cli *cli, const struct findings *findings)
{
	const struct medium_identity *identity = medium_reading_identity(findings->reading);
	json_t *warnings = json_array();
	for (int i = 0; i < 2; i++) {
		const char *text = i == 0 ? findings->reason : findings->complaint;
		if (text[0] != 0)
			(void)json_array_append_new(
				warnings, json_pack("{s:o}", "text", json_text(text)));
	}
	json_t *medium = json_pack("{s:o, s:s, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:s?}",
		"path", json_text(findings->path), "kind", medium_reading_kind(findings->reading),
		"image", json_text(identity->image), "revision", (json_int_t)identity->revision,
		"base", json_text(identity->base), "client",
		identity->client[0] != 0 ? json_text(identity->client) : json_null(), "plan",
		identity->plan[0] != 0 ? json_text(identity->plan) : json_null(), "made",
		json_time(identity->made_ms), "pewter", json_text(identity->pewter), "state",
		findings->state, "newest",
		findings->newest != 0 ? json_integer(findings->newest) : json_null(), "content",
		findings->content);
	return cli_print_json(cli, json_pack("{s:o, s:o}", "medium", medium, "warnings", warnings));
}

static void print_words(const struct findings *findings)
{
	const struct medium_identity *identity = medium_reading_identity(findings->reading);
	char made[LOCAL_TIME_TEXT_BYTES];
	local_time_format(identity->made_ms, made);
	(void)printf("%s: %s of %s@%u%s%s, made %s by Pewter %s: %s%s\n", findings->path,
		medium_reading_kind(findings->reading), identity->image, identity->revision,
		identity->client[0] != 0 ? " for " : "", identity->client, made, identity->pewter,
		findings->state,
		findings->content == NULL     ? ""
		: findings->content[0] == 's' ? ", its content is that revision"
					      : "");
}

static int tell(struct cli *cli, const struct findings *findings)
{
	int code = EXIT_DONE;
	if (cli->json)
		code = print_json(cli, findings);
	else
		print_words(findings);
	if (findings->reason[0] != 0)
		(void)fprintf(stderr, "pewter %s: %s\n", cli->command, findings->reason);
	if (findings->complaint[0] != 0)
		(void)fprintf(stderr, "pewter %s: %s\n", cli->command, findings->complaint);
	const bool is_fine = findings->reason[0] == 0 && findings->complaint[0] == 0;
	return code == EXIT_DONE && !is_fine ? EXIT_ATTENTION : code;
}

int cmd_media_check(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"full", no_argument, NULL, 'f'},
		{NULL, 0, NULL, 0},
	};
	CLEANUP(medium_reading_closep) struct medium_reading *reading = NULL;
	struct error err = ERROR_NULL;
	bool is_full = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'f')
			return cli_usage(cli, "these are its options:");
		is_full = true;
	}
	if (optind + 1 != argc)
		return cli_usage(cli, "name one .iso, disk image or drive");
	struct findings findings = {.path = argv[optind]};
	if (medium_reading_open(findings.path, &reading, &err) < 0)
		return cli_fail(cli, &err);
	findings.reading = reading;
	if (look(cli, reading, is_full, &findings, &err) < 0)
		return cli_fail(cli, &err);
	look_for_holes(reading, &findings);
	return tell(cli, &findings);
}
