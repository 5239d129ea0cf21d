/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter image list: the boot images there are. */
#include "cli/commands.h"
#include "cli/image_json.h"
#include "cli/table.h"
#include "store/revisions.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct images {
	struct image_record *records;
	size_t n;
	struct newest {
		uint64_t size;
		size_t n_packages;
	} * newest; /* of each image's newest revision; owned */
};

static void images_free(struct images *images)
{
	(void)image_records_free(images->records, images->n);
	free(images->newest);
}

static int read_newest(struct store *store, const struct image_record *image,
	struct newest *ret_newest, struct error *err)
{
	struct revision_record *list = NULL;
	size_t n = 0;
	int rc = store_revision_list(store, image->name, &list, &n, err);
	for (size_t i = 0; i < n; i++)
		if (list[i].revision == image->revision)
			*ret_newest = (struct newest){list[i].size, list[i].n_packages};
	(void)revision_records_free(list, n);
	return rc == -ENOENT ? 0 : rc; /* removed this moment */
}

static int read_images(struct store *store, struct images *images, struct error *err)
{
	int rc = store_image_list(store, &images->records, &images->n, err);
	if (rc < 0)
		return rc;
	images->newest = calloc(images->n + 1, sizeof(*images->newest));
	if (images->newest == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; rc == 0 && i < images->n; i++)
		rc = read_newest(store, &images->records[i], &images->newest[i], err);
	return rc;
}

static int print_words(const struct cli *cli, const struct images *images)
{
	CLEANUP(table_free)
	struct table table = table_with(7, (const char *[]){"NAME", ">REVISION", ">PACKAGES",
						   "ARCH", "VERSION", ">SIZE", "LOADERS"});
	struct error err = ERROR_NULL;

	for (size_t i = 0; i < images->n; i++) {
		const struct image_record *record = &images->records[i];
		char revision[12], n_packages[24], size[SIZE_TEXT_BYTES], version[64], loaders[256];
		(void)snprintf(revision, sizeof(revision), "%u", record->revision);
		(void)snprintf(n_packages, sizeof(n_packages), "%zu", images->newest[i].n_packages);
		size_format(images->newest[i].size, size);
		image_version_text(record, version, sizeof(version));
		image_loaders_text(record, loaders, sizeof(loaders));
		table_add(&table, record->name, revision, n_packages, record->arch, version, size,
			loaders);
	}
	int rc = table_print(&table, stdout);
	if (rc < 0) {
		(void)error_set(&err, rc, "%s", strerror(-rc));
		return cli_fail(cli, &err);
	}
	return EXIT_DONE;
}

static json_t *listed_image(const struct image_record *record, const struct newest *newest)
{
	json_t *image = image_to_json(record);
	if (image != NULL &&
		(json_object_set_new(image, "size", json_integer((json_int_t)newest->size)) < 0 ||
			json_object_set_new(image, "n_packages",
				json_integer((json_int_t)newest->n_packages)) < 0)) {
		json_decref(image);
		return NULL;
	}
	return image;
}

static int print_json(const struct cli *cli, const struct images *images)
{
	json_t *list = json_array();
	bool failed = false;
	for (size_t i = 0; i < images->n; i++)
		failed |= json_array_append_new(
				  list, listed_image(&images->records[i], &images->newest[i])) < 0;
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
		read_images(store, &images, &err) < 0)
		return cli_fail(cli, &err);
	if (cli->json)
		return print_json(cli, &images);
	return print_words(cli, &images);
}
