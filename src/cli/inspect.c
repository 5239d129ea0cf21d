/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter inspect: what a file is, and the main facts about it. */
#include "cli/inspect.h"

#include "adapter/file.h"
#include "cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* In the order in which they are asked. */
static const struct {
	inspect_test *is;
	inspect_facts *facts;
} kinds[] = {
	{inspect_is_wim, inspect_wim},
	{inspect_is_sdi, inspect_sdi},
	{inspect_is_bcd, inspect_bcd},
	{inspect_is_pe, inspect_pe},
	{inspect_is_catalog, inspect_catalog},
};

static int show_facts(const struct cli *cli, const struct inspected *file, inspect_facts *facts_of)
{
	struct error err = ERROR_NULL;
	json_t *facts = facts_of(file, &err);
	if (facts == NULL) {
		(void)error_prefix(&err, -EINVAL, "%s", file->path);
		return cli_fail(cli, &err);
	}
	if (cli->json)
		return cli_print_json(cli, facts);
	int rc = inspect_print(facts);
	json_decref(facts);
	return rc < 0 ? cli_fail_errno(cli, rc) : EXIT_DONE;
}

static int look(struct inspected *file, struct error *err)
{
	file->fd = open(file->path, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0)
		return error_set(err, -errno, "%s: %s", file->path, strerror(errno));
	int rc = file_size(file->fd, &file->size);
	if (rc == 0) {
		file->n_head =
			file->size < sizeof(file->head) ? (size_t)file->size : sizeof(file->head);
		rc = file_read_at(file->fd, 0, file->head, file->n_head);
	}
	if (rc < 0)
		return error_set(err, rc, "%s: %s", file->path, strerror(-rc));
	return 0;
}

static void inspected_clear(struct inspected *file)
{
	file_closep(&file->fd);
}

int cmd_inspect(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {{"lines", no_argument, NULL, 'l'}, {0}};
	CLEANUP(inspected_clear) struct inspected file = {.fd = -1};
	struct error err = ERROR_NULL;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option != 'l')
			return cli_usage(cli, "no such option");
		file.with_lines = true;
	}
	if (optind + 1 != argc)
		return cli_usage(cli, "name one file");
	file.path = argv[optind];
	if (look(&file, &err) < 0)
		return cli_fail(cli, &err);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].is(&file))
			return show_facts(cli, &file, kinds[i].facts);
	return inspect_inf(cli, &file);
}
