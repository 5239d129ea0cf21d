/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter image remove: the record, and the files that no other image shares. */
#include "cli/commands.h"
#include "store/store.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

int cmd_image_remove(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_closep) struct store *store = NULL;
	struct error err = ERROR_NULL;
	size_t n = 0;

	if (getopt(argc, argv, "") != -1 || optind + 1 != argc)
		return cli_usage(cli, "name one image; `pewter image list` lists them");
	const char *name = argv[optind];
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		store_image_remove(store, name, &err) < 0 || store_blob_sweep(store, &n, &err) < 0)
		return cli_fail(cli, &err);
	if (!cli->json) {
		(void)printf("%s is removed, with %zu file%s\n", name, n, n == 1 ? "" : "s");
		return EXIT_DONE;
	}
	json_t *document =
		json_pack("{s:{s:s, s:I}}", "removed", "name", name, "blobs", (json_int_t)n);
	if (document == NULL) {
		(void)error_set(&err, -ENOMEM, "out of memory");
		return cli_fail(cli, &err);
	}
	return cli_print_json(cli, document);
}
