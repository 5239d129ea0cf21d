/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter client remove C: forgets a machine, with its devices. */
#include "cli/commands.h"

#include "cli/words.h"

#include <stdio.h>

int cmd_client_remove(struct cli *cli, int argc, char **argv)
{
	if (argc != 2)
		return cli_usage(cli, "takes one machine: its name, MAC address or UUID");
	struct error err = ERROR_NULL;
	struct client_record client;
	CLEANUP(store_closep) struct store *store = NULL;
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		store_client_get(store, argv[1], &client, &err) < 0 ||
		store_client_remove(store, client.id, &err) < 0)
		return cli_fail(cli, &err);
	if (cli->json)
		return cli_print_json(cli, json_pack("{s:o}", "removed", json_client(&client)));
	(void)printf("%s is forgotten\n", argv[1]);
	return EXIT_DONE;
}
