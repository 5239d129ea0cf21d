/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter boot list: the boots, newest first. */
#include "cli/commands.h"

#include "base/text.h"
#include "cli/table.h"
#include "cli/words.h"

#include <getopt.h>
#include <string.h>

#define SHOWN_DEFAULT 50

static int print_json(const struct cli *cli, const struct boot_record *boots, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, json_boot(&boots[i]));
	return cli_print_json(cli, json_pack("{s:o}", "boots", list));
}

static int print_table(const struct cli *cli, const struct boot_record *boots, size_t n)
{
	CLEANUP(table_free)
	struct table table = table_with(7, (const char *const[]){"BOOT", "BEGAN", "CLIENT",
						   "FIRMWARE", "IMAGE", "VERDICT", ">TOOK"});
	for (size_t i = 0; i < n; i++) {
		const struct boot_record *boot = &boots[i];
		char began[LOCAL_TIME_TEXT_BYTES], image[96] = "", took[DURATION_TEXT_BYTES];
		local_time_format(boot->started_ms, began);
		duration_format(boot->last_ms - boot->started_ms, took);
		if (boot->image[0] != 0)
			(void)snprintf(image, sizeof(image), "%s@%u", boot->image, boot->revision);
		table_add(&table, boot->id, began, boot->client, boot->arch, image, boot->verdict,
			took);
	}
	int rc = table_print(&table, stdout);
	if (rc < 0)
		return cli_fail_errno(cli, rc);
	if (n == SHOWN_DEFAULT)
		(void)printf("(the newest %d; --max N shows more)\n", SHOWN_DEFAULT);
	return EXIT_DONE;
}

int cmd_boot_list(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"max", required_argument, NULL, 'm'}, {NULL, 0, NULL, 0}};
	uint64_t max = SHOWN_DEFAULT;
	int c;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'm')
			return cli_usage(cli, "unknown option");
		if (!text_parse_u64(optarg, LIMIT_BOOTS_KEPT, &max) || max == 0)
			return cli_usage(
				cli, "--max takes a number from 1 to %d", LIMIT_BOOTS_KEPT);
	}
	if (optind != argc)
		return cli_usage(cli, "takes no operands");

	struct error err = ERROR_NULL;
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(memory_freep) struct boot_record *boots = NULL;
	size_t n = 0;
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		store_boot_list(store, max, &boots, &n, &err) < 0)
		return cli_fail(cli, &err);
	return cli->json ? print_json(cli, boots, n) : print_table(cli, boots, n);
}
