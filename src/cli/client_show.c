/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter client show C: all that is known of one machine. C: its name, MAC address or UUID. */
#include "cli/commands.h"

#include "base/address.h"
#include "cli/device_words.h"
#include "cli/words.h"
#include "store/devices.h"

#include <stdio.h>

static void print_words(const struct client_record *client)
{
	char mac[MAC_TEXT_BYTES], uuid[GUID_TEXT_BYTES] = "unknown";
	char first[LOCAL_TIME_TEXT_BYTES], last[LOCAL_TIME_TEXT_BYTES];
	client_mac_format(client, mac);
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

static bool every(const struct device *device)
{
	(void)device;
	return true;
}

static json_t *show_json(const struct client_record *client, const struct device_list *devices)
{
	json_t *object = json_client(client);
	if (json_object_set_new(object, "devices", devices_json(devices)) < 0) {
		json_decref(object);
		return NULL;
	}
	return json_pack("{s:o}", "client", object);
}

int cmd_client_show(struct cli *cli, int argc, char **argv)
{
	if (argc != 2)
		return cli_usage(cli, "takes one machine: its name, MAC address or UUID");
	struct error err = ERROR_NULL;
	struct client_record client;
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(device_list_clear) struct device_list devices = {0};
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		store_client_get(store, argv[1], &client, &err) < 0 ||
		store_client_devices_get(store, client.id, &devices, &err) < 0)
		return cli_fail(cli, &err);
	if (cli->json)
		return cli_print_json(cli, show_json(&client, &devices));
	print_words(&client);
	if (devices.n == 0) {
		(void)puts("devices     unknown; `pewter client import` tells them");
		return EXIT_DONE;
	}
	(void)putchar('\n');
	int rc = devices_print(&devices, every);
	return rc < 0 ? cli_fail_errno(cli, rc) : EXIT_DONE;
}
