/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter client list: the machines that were held, approved or refused. */
#include "cli/commands.h"

#include "base/address.h"
#include "cli/table.h"
#include "cli/words.h"

static int print_table(const struct cli *cli, const struct client_record *clients, size_t n)
{
	CLEANUP(table_free)
	struct table table = table_with(
		6, (const char *const[]){"MAC", "UUID", "NAME", "STATE", "IMAGE", "LAST SEEN"});
	for (size_t i = 0; i < n; i++) {
		const struct client_record *client = &clients[i];
		char mac[MAC_TEXT_BYTES], uuid[GUID_TEXT_BYTES] = "", seen[LOCAL_TIME_TEXT_BYTES];
		client_mac_format(client, mac);
		if (client->has_uuid)
			guid_format(&client->uuid, uuid);
		local_time_format(client->last_seen_ms, seen);
		table_add(&table, mac, uuid, client->name, client->state, client->image, seen);
	}
	int rc = table_print(&table, stdout);
	return rc < 0 ? cli_fail_errno(cli, rc) : EXIT_DONE;
}

int cmd_client_list(struct cli *cli, int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		return cli_usage(cli, "takes no operands");
	struct error err = ERROR_NULL;
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(memory_freep) struct client_record *clients = NULL;
	size_t n = 0;
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		store_client_list(store, &clients, &n, &err) < 0)
		return cli_fail(cli, &err);
	if (!cli->json)
		return print_table(cli, clients, n);
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, json_client(&clients[i]));
	return cli_print_json(cli, json_pack("{s:o}", "clients", list));
}
