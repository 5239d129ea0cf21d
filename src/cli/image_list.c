/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter image list: the boot images there are. */
#include "cli/commands.h"
#include "cli/image_json.h"
#include "cli/table.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct images {
	struct image_record *records;
	size_t n;
};

static void images_free(struct images *images)
{
	(void)image_records_free(images->records, images->n);
}

static int print_words(const struct cli *cli, const struct images *images)
{
	CLEANUP(table_free)
	struct table table = table_with(
		6, (const char *[]){"NAME", ">REVISION", "ARCH", "VERSION", ">SIZE", "LOADERS"});
	struct error err = ERROR_NULL;

	for (size_t i = 0; i < images->n; i++) {
		const struct image_record *record = &images->records[i];
		char revision[12], size[SIZE_TEXT_BYTES], version[64], loaders[256];
		(void)snprintf(revision, sizeof(revision), "%u", record->revision);
		size_format(record->base.size, size);
		image_version_text(record, version, sizeof(version));
		image_loaders_text(record, loaders, sizeof(loaders));
		table_add(&table, record->name, revision, record->arch, version, size, loaders);
	}
	int rc = table_print(&table, stdout);
	if (rc < 0) {
		(void)error_set(&err, rc, "%s", strerror(-rc));
		return cli_fail(cli, &err);
	}
	return EXIT_DONE;
}

static int print_json(const struct cli *cli, const struct images *images)
{
	json_t *list = json_array();
	bool failed = false;
	for (size_t i = 0; i < images->n; i++)
		failed |= json_array_append_new(list, image_to_json(&images->records[i])) < 0;
	json_t *document = json_pack("{s:o}", "images", list);
	if (failed || document == NULL) {
		struct error err = ERROR_NULL;
		(void)error_set(&err, -ENOMEM, "out of memory");
		json_decref(document);
		return cli_fail(cli, &err);
	}
	return cli_print_json(cli, document);
}

int cmd_image_list(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(images_free) struct images images = {0};
	struct error err = ERROR_NULL;

	if (getopt(argc, argv, "") != -1 || optind != argc)
		return cli_usage(cli, "it takes no arguments");
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		store_image_list(store, &images.records, &images.n, &err) < 0)
		return cli_fail(cli, &err);
	if (cli->json)
		return print_json(cli, &images);
	return print_words(cli, &images);
}
