/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter client approve C, pewter client refuse C: what becomes of a machine that waits. */
#include "cli/commands.h"

#include "base/text.h"
#include "cli/words.h"

#include <getopt.h>
#include <stdio.h>

struct change {
	const char *state;
	const char *name, *image; /* NULL: as they are */
};

static int change_client(struct store *store, const char *word, const struct change *change,
	struct client_record *ret_client, struct error *err)
{
	struct client_record client;
	struct image_record image;
	/* Between reading and writing the server may note that it has seen the machine. */
	int rc = store_begin(store, err);
	if (rc < 0)
		return rc;
	rc = store_client_get(store, word, &client, err);
	if (rc == 0 && change->image != NULL && change->image[0] != 0) {
		rc = store_image_get(store, change->image, &image, err);
		if (rc == 0)
			image_record_clear(&image);
	}
	if (rc == 0) {
		(void)text_copy(client.state, sizeof(client.state), change->state);
		if (change->name != NULL)
			(void)text_copy(client.name, sizeof(client.name), change->name);
		if (change->image != NULL)
			(void)text_copy(client.image, sizeof(client.image), change->image);
		rc = store_client_put(store, &client, err);
	}
	if (rc < 0) {
		store_rollback(store);
		return rc;
	}
	rc = store_commit(store, err);
	if (rc == 0)
		*ret_client = client;
	return rc;
}

static int decide(struct cli *cli, const char *word, const struct change *change)
{
	struct error err = ERROR_NULL;
	struct client_record client;
	CLEANUP(store_closep) struct store *store = NULL;
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		change_client(store, word, change, &client, &err) < 0)
		return cli_fail(cli, &err);
	if (cli->json)
		return cli_print_json(cli, json_pack("{s:o}", "client", json_client(&client)));
	(void)printf("%s is %s\n", word, client.state);
	return EXIT_DONE;
}

int cmd_client_approve(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"name", required_argument, NULL, 'n'},
		{"image", required_argument, NULL, 'i'},
		{NULL, 0, NULL, 0},
	};
	struct change change = {.state = "approved"};
	int c;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'n': change.name = optarg; break;
		case 'i': change.image = optarg; break;
		default: return cli_usage(cli, "unknown option");
		}
	}
	if (optind + 1 != argc)
		return cli_usage(cli, "takes one machine: its name, MAC address or UUID");
	char fits[LIMIT_IMAGE_NAME_BYTES + 1];
	if (change.name != NULL && !text_copy(fits, sizeof(fits), change.name))
		return cli_usage(cli, "--name takes at most %d bytes", LIMIT_IMAGE_NAME_BYTES);
	return decide(cli, argv[optind], &change);
}

int cmd_client_refuse(struct cli *cli, int argc, char **argv)
{
	if (argc != 2)
		return cli_usage(cli, "takes one machine: its name, MAC address or UUID");
	return decide(cli, argv[1], &(struct change){.state = "refused"});
}
