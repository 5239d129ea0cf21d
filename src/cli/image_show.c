/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter image show: all that is known of one boot image. */
#include "cli/commands.h"
#include "cli/image_json.h"
#include "cli/table.h"
#include "cli/words.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

static void print_words(const struct image_record *record)
{
	char created[LOCAL_TIME_TEXT_BYTES], size[SIZE_TEXT_BYTES];
	char version[64];
	local_time_format(record->created_ms, created);
	size_format(record->base.size, size);
	image_version_text(record, version, sizeof(version));
	(void)printf("name         %s\n", record->name);
	(void)printf("description  %s\n", record->description);
	(void)printf("revision     %u\n", record->revision);
	(void)printf("arch         %s\n", record->arch);
	(void)printf("version      %s\n", version);
	(void)printf("source       %s\n", record->source);
	(void)printf("imported     %s\n", created);
	(void)printf("base         %s (SHA-256 %s)\n", size, record->base.sha256);
	for (size_t i = 0; i < record->n_files; i++) {
		size_format(record->files[i].blob.size, size);
		(void)printf("%s%-24s %10s\n", i == 0 ? "boot files   " : "             ",
			record->files[i].name, size);
	}
}

int cmd_image_show(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(image_record_clear) struct image_record record = {0};
	struct error err = ERROR_NULL;

	if (getopt(argc, argv, "") != -1 || optind + 1 != argc)
		return cli_usage(cli, "name one image; `pewter image list` lists them");
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		store_image_get(store, argv[optind], &record, &err) < 0)
		return cli_fail(cli, &err);
	if (!cli->json) {
		print_words(&record);
		return EXIT_DONE;
	}
	json_t *document = json_pack("{s:o}", "image", image_to_json(&record));
	if (document == NULL) {
		(void)error_set(&err, -ENOMEM, "out of memory");
		return cli_fail(cli, &err);
	}
	return cli_print_json(cli, document);
}
