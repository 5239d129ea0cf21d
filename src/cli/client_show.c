/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter client show C: all that is known of one machine. C: its name, MAC address or UUID. */
#include "cli/commands.h"

#include "base/address.h"
#include "cli/words.h"

#include <stdio.h>

static void print_words(const struct client_record *client)
{
	char mac[MAC_TEXT_BYTES], uuid[GUID_TEXT_BYTES] = "unknown";
	char first[LOCAL_TIME_TEXT_BYTES], last[LOCAL_TIME_TEXT_BYTES];
	mac_format(client->mac, mac);
	if (client->has_uuid)
		guid_format(&client->uuid, uuid);
	local_time_format(client->first_seen_ms, first);
	local_time_format(client->last_seen_ms, last);
	(void)printf(
		"MAC         %s\nUUID        %s\nname        %s\nstate       %s\nimage       %s\n"
		"first seen  %s\nlast seen   %s\n",
		mac, uuid, client->name[0] != 0 ? client->name : "none", client->state,
		client->image[0] != 0 ? client->image : "the default", first, last);
}

int cmd_client_show(struct cli *cli, int argc, char **argv)
{
	if (argc != 2)
		return cli_usage(cli, "takes one machine: its name, MAC address or UUID");
	struct error err = ERROR_NULL;
	struct client_record client;
	CLEANUP(store_closep) struct store *store = NULL;
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		store_client_get(store, argv[1], &client, &err) < 0)
		return cli_fail(cli, &err);
	if (cli->json)
		return cli_print_json(cli, json_pack("{s:o}", "client", json_client(&client)));
	print_words(&client);
	return EXIT_DONE;
}
