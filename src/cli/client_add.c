/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter client add: a machine that is known before it asks for the first time. It is approved: who
 * types its address means it to boot. */
#include "cli/client_change.h"
#include "cli/commands.h"

#include "base/address.h"
#include "cli/words.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

static int add(struct store *store, const struct client_words *words,
	struct client_record *ret_client, struct error *err)
{
	struct client_record client;
	int rc = store_client_find(
		store, words->mac, words->has_uuid ? &words->uuid : NULL, &client, err);
	if (rc == 0)
		return error_set(err, -EEXIST,
			"the machine is there already%s%s, and is %s; `pewter client approve` "
			"changes its state, name and image",
			client.name[0] != 0 ? " as " : "", client.name, client.state);
	if (rc != -ENOENT)
		return rc;
	client = (struct client_record){0};
	rc = client_words_put(store, words, &client, err);
	if (rc == 0)
		*ret_client = client;
	return rc;
}

static int run(struct cli *cli, const struct client_words *words)
{
	struct error err = ERROR_NULL;
	struct client_record client;
	CLEANUP(store_closep) struct store *store = NULL;
	if (store_open(cli->state, STORE_CREATE, &store, &err) < 0 || store_begin(store, &err) < 0)
		return cli_fail(cli, &err);
	int rc = add(store, words, &client, &err);
	if (rc == 0)
		rc = store_commit(store, &err);
	else
		store_rollback(store);
	if (rc < 0)
		return cli_fail(cli, &err);
	if (cli->json)
		return cli_print_json(cli, json_pack("{s:o}", "client", json_client(&client)));
	char mac[MAC_TEXT_BYTES];
	mac_format(client.mac, mac);
	(void)printf("%s is approved\n", client.name[0] != 0 ? client.name : mac);
	return EXIT_DONE;
}

int cmd_client_add(struct cli *cli, int argc, char **argv)
{
	struct client_words words = {0};
	int rc = client_words_parse(cli, argc, argv, &words);
	if (rc != EXIT_DONE)
		return rc;
	if (optind != argc)
		return cli_usage(cli, "takes options only");
	if (!words.has_mac)
		return cli_usage(cli, "--mac: by its MAC address a machine is known when it boots");
	return run(cli, &words);
}
