/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands that make clients share: `client add` and `client import`. */
#pragma once

#include "cli/cli.h"
#include "store/store.h"

#include <getopt.h>

/* A machine as the command line names it. */
struct client_words {
	bool has_mac, has_uuid;
	uint8_t mac[6];
	struct guid uuid;
	const char *name, *image; /* NULL: not said */
};

extern const struct option client_word_options[]; /* for getopt_long */

/* Takes one of these options; NULL, or what is wrong with it. */
const char *client_words_take(int c, struct client_words *words);
/* The client that the words mean: by UUID, by MAC, by name. -ENOENT without words in err. */
int client_words_find(struct store *store, const struct client_words *words,
	struct client_record *ret_client, struct error *err) MUST_CHECK;
/* Writes the words into the record; a new one (id 0) is approved. -EEXIST if another client has the
 * name, -ENOENT if there is no such image. Puts it into the store. */
int client_words_put(struct store *store, const struct client_words *words,
	struct client_record *client, struct error *err) MUST_CHECK;
