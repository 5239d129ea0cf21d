/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter client remove C: forgets a machine, with its devices and the revision that is its own. */
#include "cli/commands.h"

#include "cli/words.h"
#include "store/own_revisions.h"

#include <stdio.h>

int cmd_client_remove(struct cli *cli, int argc, char **argv)
{
	if (argc != 2)
		return cli_usage(cli, "takes one machine: its name, MAC address or UUID");
	struct error err = ERROR_NULL;
	struct client_record client;
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(memory_freep) struct revision_name *gone = NULL;
	size_t n_gone = 0, n_blobs;
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		store_client_get(store, argv[1], &client, &err) < 0 ||
		store_client_forget(store, client.id, &gone, &n_gone, &err) < 0 ||
		(n_gone > 0 && store_blob_sweep(store, &n_blobs, &err) < 0))
		return cli_fail(cli, &err);
	if (cli->json)
		return cli_print_json(
			cli, json_pack("{s:o, s:o}", "removed", json_client(&client),
				     "removed_revisions", json_revision_names(gone, n_gone)));
	(void)printf("%s is forgotten\n", argv[1]);
	print_gone_revisions(gone, n_gone, false);
	return EXIT_DONE;
}
