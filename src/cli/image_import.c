/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter image import: a WIM, an .iso, a folder or an SDI becomes a boot image. */
#include "base/text.h"
#include "cli/commands.h"
#include "cli/image_inbox.h"
#include "cli/image_json.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/words.h"
#include "image/import.h"
#include "store/store.h"
#include "image/name.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void import_result_freep(struct import_result **result)
{
	if (*result != NULL)
		import_result_clear(*result);
	free(*result);
}

static int64_t unix_ms(void)
{
	struct timespec now = {0};
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct image_inbox inbox_of(const struct import_result *result)
{
	return (struct image_inbox){
		.is_known = result->has_inbox,
		.count = {.n = result->n_inbox, .n_nics = result->n_inbox_nics},
	};
}

static json_t *inbox_json(const struct import_result *result)
{
	const struct image_inbox numbers = inbox_of(result);
	json_t *inbox = image_inbox_json(&numbers);
	if (!numbers.is_known)
		return inbox;
	(void)json_object_set_new(
		inbox, "without_binary", json_integer((json_int_t)result->n_inbox_bare));
	(void)json_object_set_new(
		inbox, "skipped", json_integer((json_int_t)result->n_inbox_skipped));
	return inbox;
}

/* Plans of the image that was replaced: they named its revisions. */
struct lost_plans {
	struct plan_record *plans; /* owned */
	size_t n;
};

static void lost_plans_clear(struct lost_plans *lost)
{
	(void)plan_records_free(lost->plans, lost->n);
}

static int print_json(
	const struct cli *cli, const struct import_result *result, const struct lost_plans *lost)
{
	json_t *warnings = json_array();
	for (size_t i = 0; i < result->n_warnings; i++)
		(void)json_array_append_new(
			warnings, json_pack("{s:s}", "text", result->warnings[i]));
	json_t *image = image_to_json(&result->record);
	if (json_object_set_new(image, "inbox", inbox_json(result)) != 0) {
		json_decref(image);
		image = NULL;
	}
	json_t *document = json_pack("{s:o, s:o, s:{s:s, s:i, s:s?}, s:o}", "image", image,
		"warnings", warnings, "source", "kind", result->source_kind, "index",
		(int)result->source_index, "converted",
		result->converted[0] != 0 ? result->converted : NULL, "lost_plans",
		json_plan_clients(lost->plans, lost->n));
	if (document == NULL) {
		struct error err = ERROR_NULL;
		(void)error_set(&err, -1, "out of memory");
		return cli_fail(cli, &err);
	}
	return cli_print_json(cli, document);
}

static void print_words(const struct import_result *result)
{
	const struct image_record *record = &result->record;
	char loaders[512];
	char version[64];
	char size[SIZE_TEXT_BYTES];
	char inbox[IMAGE_INBOX_TEXT_BYTES];
	const struct image_inbox numbers = inbox_of(result);
	image_inbox_format(&numbers, inbox);
	size_format(record->base.size, size);
	image_loaders_text(record, loaders, sizeof(loaders));
	image_version_text(record, version, sizeof(version));
	(void)printf("%s: revision %u, %s, version %s, %s\n", record->name, record->revision,
		record->arch, version, size);
	(void)printf("  loaders: %s\n", loaders);
	if (record->is_sdi)
		(void)printf("  kept as the SDI it is: the volume in it becomes the RAM disk\n");
	else if (strcmp(result->source_kind, "SDI") == 0)
		(void)printf("  the image is the WIM that was inside of the SDI\n");
	(void)printf("  drivers of its own: %s\n", inbox);
	if (result->converted[0] != 0)
		(void)printf(
			"  written anew as a plain LZX WIM: the source is %s\n", result->converted);
}

static int report(
	const struct cli *cli, const struct import_result *result, const struct lost_plans *lost)
{
	int rc = EXIT_DONE;
	if (cli->json)
		rc = print_json(cli, result, lost);
	else
		print_words(result);
	for (size_t i = 0; i < result->n_warnings; i++)
		(void)fprintf(stderr, "pewter %s: %s\n", cli->command, result->warnings[i]);
	if (lost->n > 0)
		tell_lost_plans(cli, lost->plans, lost->n, "`pewter prepare CLIENT` makes it anew");
	return rc == EXIT_DONE && (result->n_warnings > 0 || lost->n > 0) ? EXIT_ATTENTION : rc;
}

static int run(struct cli *cli, struct import_request *request)
{
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(import_result_freep) struct import_result *result = calloc(1, sizeof(*result));
	CLEANUP(lost_plans_clear) struct lost_plans lost = {.plans = NULL};
	struct error err = ERROR_NULL;
	struct progress_phases phases;

	if (result == NULL)
		return cli_fail(cli, &err);
	if (store_open(cli->state, STORE_CREATE, &store, &err) < 0)
		return cli_fail(cli, &err);
	if (request->replace &&
		store_plan_list(store, request->name, &lost.plans, &lost.n, &err) < 0)
		return cli_fail(cli, &err);
	request->progress = progress_phases_begin(&phases, cli);
	int rc = image_import(store, request, result, &err);
	progress_phases_end(&phases);
	if (rc < 0)
		return cli_fail(cli, &err);
	/* All of them went with the old image, or none. */
	struct lost_plans kept = {.plans = NULL};
	rc = lost.n == 0 ? 0 : store_plan_list(store, request->name, &kept.plans, &kept.n, &err);
	if (rc == 0 && kept.n > 0) {
		lost_plans_clear(&lost);
		lost = (struct lost_plans){.plans = NULL};
	}
	lost_plans_clear(&kept);
	if (rc < 0)
		return cli_fail(cli, &err);
	/* What the replaced image alone had. It costs only space if this fails: the next one tries
	   again. */
	size_t n;
	if (request->replace && store_blob_sweep(store, &n, &err) < 0)
		(void)fprintf(stderr, "pewter %s: %s\n", cli->command, err.text);
	return report(cli, result, &lost);
}

int cmd_image_import(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"name", required_argument, NULL, 'n'},
		{"index", required_argument, NULL, 'i'},
		{"arch", required_argument, NULL, 'a'},
		{"boot-files", required_argument, NULL, 'b'},
		{"replace", no_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	struct import_request request = {.state = cli->state, .now_ms = unix_ms()};
	uint64_t index;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'n': request.name = optarg; break;
		case 'i':
			if (!text_parse_u64(optarg, UINT32_MAX, &index) || index == 0)
				return cli_usage(cli,
					"--index %s: images are counted from 1 (`wimlib-imagex "
					"info` lists them)",
					optarg);
			request.index = (uint32_t)index;
			break;
		case 'a':
			if (!image_arch_is_valid(optarg))
				return cli_usage(cli, "--arch is one of amd64, x86, arm64, arm");
			request.arch = optarg;
			break;
		case 'b': request.boot_files = optarg; break;
		case 'r': request.replace = true; break;
		default: return cli_usage(cli, "these are its options:");
		}
	}
	if (optind + 1 != argc)
		return cli_usage(cli, optind == argc
					      ? "name a boot.wim, an .iso, a folder or an SDI"
					      : "name one source");
	if (request.name == NULL)
		return cli_usage(cli, "give the image a name: --name winpe11");
	if (!image_name_is_valid(request.name))
		return cli_usage(cli,
			"--name: letters, digits, '.', '_' and '-', at most %d, not first '.' or "
			"'-'",
			LIMIT_IMAGE_NAME_BYTES);
	request.source = argv[optind];
	return run(cli, &request);
}
