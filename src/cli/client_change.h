/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands that make clients share: `client add` and `client import`. */
#pragma once

#include "cli/cli.h"
#include "store/store.h"

/* A machine as the command line names it. */
struct client_words {
	bool has_mac, has_uuid;
	uint8_t mac[6];
	struct guid uuid;
	const char *name, *image; /* NULL: not said */
};

/* Takes --mac, --uuid, --name and --image; optind is behind them. EXIT_DONE, or what main() is to
 * end with after words about an option that is wrong. */
int client_words_parse(struct cli *cli, int argc, char **argv, struct client_words *words);
/* The client that the words mean: by UUID, by MAC, by name. -ENOENT without words in err. */
int client_words_find(struct store *store, const struct client_words *words,
	struct client_record *ret_client, struct error *err) MUST_CHECK;
/* Writes the words into the record; a new one (id 0) is approved. -EEXIST if another client has the
 * name, -ENOENT if there is no such image. Puts it into the store. */
int client_words_put(struct store *store, const struct client_words *words,
	struct client_record *client, struct error *err) MUST_CHECK;
