/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter image show: all that is known of one boot image, and what a revision of it holds. */
#include "cli/commands.h"
#include "cli/image_inbox.h"
#include "cli/image_json.h"
#include "cli/revision_overview.h"
#include "cli/revision_word.h"
#include "cli/table.h"
#include "cli/words.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

static void print_image(const struct image_record *record, const struct image_inbox *inbox,
	const struct revision_record *shown)
{
	char created[LOCAL_TIME_TEXT_BYTES], size[SIZE_TEXT_BYTES];
	char version[64], drivers[IMAGE_INBOX_TEXT_BYTES];
	local_time_format(record->created_ms, created);
	image_version_text(record, version, sizeof(version));
	(void)printf("name         %s\n", record->name);
	(void)printf("description  %s\n", record->description);
	size_format(shown->size, size);
	(void)printf("revision     %u%s, %s\n", shown->revision,
		shown->revision == record->revision ? ""
		: shown->is_own                     ? ", of one client alone"
						    : ", not the newest",
		size);
	(void)printf("arch         %s\n", record->arch);
	(void)printf("version      %s\n", version);
	(void)printf("source       %s\n", record->source);
	(void)printf("imported     %s\n", created);
	size_format(record->base.size, size);
	(void)printf("base         %s%s (SHA-256 %s)\n", record->is_sdi ? "an SDI of " : "", size,
		record->base.sha256);
	if (record->is_sdi) {
		size_format(record->ramdisk_length, size);
		(void)printf("RAM disk     the volume in it, %s at offset %llu\n", size,
			(unsigned long long)record->ramdisk_offset);
	}
	image_inbox_format(inbox, drivers);
	(void)printf("own drivers  %s\n", drivers);
	for (size_t i = 0; i < record->n_files; i++) {
		size_format(record->files[i].blob.size, size);
		(void)printf("%s%-24s %10s\n", i == 0 ? "boot files   " : "             ",
			record->files[i].name, size);
	}
}

static int print_json(const struct cli *cli, const struct image_record *record,
	const struct image_inbox *inbox, const struct revision_overview *overview)
{
	struct error err = ERROR_NULL;
	json_t *image = image_to_json(record);
	(void)json_object_set_new(image, "inbox", image_inbox_json(inbox));
	int rc = image == NULL ? -ENOMEM : revision_overview_json(overview, image);
	json_t *document = rc < 0 ? NULL : json_pack("{s:O}", "image", image);
	json_decref(image);
	if (document == NULL) {
		(void)error_set(&err, -ENOMEM, "out of memory");
		return cli_fail(cli, &err);
	}
	return cli_print_json(cli, document);
}

int cmd_image_show(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(image_record_clear) struct image_record record = {0};
	CLEANUP(revision_overview_clear) struct revision_overview overview = {0};
	struct revision_word word;
	struct image_inbox inbox;
	struct error err = ERROR_NULL;

	if (getopt(argc, argv, "") != -1 || optind + 1 != argc)
		return cli_usage(cli, "name one image; `pewter image list` lists them");
	if (!revision_word_parse(argv[optind], &word, &err))
		return cli_usage(cli, "%s", err.text);
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		store_image_get(store, word.image, &record, &err) < 0 ||
		image_inbox_get(store, &record, &inbox, &err) < 0 ||
		revision_overview_load(store, word.image, word.revision, &overview, &err) < 0)
		return cli_fail(cli, &err);
	if (cli->json)
		return print_json(cli, &record, &inbox, &overview);
	print_image(&record, &inbox, &overview.shown);
	int rc = revision_overview_print(&overview);
	return rc < 0 ? cli_fail_errno(cli, rc) : EXIT_DONE;
}
