/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pewter client show C: all that is known of one machine, and what was planned for it. C: its name,
 * MAC address or UUID. */
#include "cli/commands.h"

#include "base/address.h"
#include "cli/device_words.h"
#include "cli/plan_words.h"
#include "cli/words.h"
#include "store/devices.h"

#include <errno.h>
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

struct shown {
	struct client_record client;
	struct device_list devices;
	struct plan_record plan;
	bool has_plan;
};

static void shown_clear(struct shown *shown)
{
	device_list_clear(&shown->devices);
	plan_record_clear(&shown->plan);
}

static json_t *show_json(const struct shown *shown)
{
	json_t *object = json_client(&shown->client);
	int rc = json_object_set_new(object, "devices", devices_json(&shown->devices));
	rc |= json_object_set_new(
		object, "plan", shown->has_plan ? plan_json(&shown->plan) : json_null());
	if (rc < 0) {
		json_decref(object);
		return NULL;
	}
	return json_pack("{s:o}", "client", object);
}

static int print_plan(const struct shown *shown)
{
	const struct plan_record *plan = &shown->plan;
	char made[LOCAL_TIME_TEXT_BYTES];
	if (!shown->has_plan) {
		(void)puts("plan        none; `pewter prepare` makes one");
		return 0;
	}
	local_time_format(plan->made_ms, made);
	(void)printf("plan        %s@%u, made %s for devices of class %s\n\n", plan->image,
		plan->revision, made, plan->classes);
	return plan_print(plan);
}

static int print_all(const struct shown *shown)
{
	print_words(&shown->client);
	if (shown->devices.n == 0) {
		(void)puts("devices     unknown; `pewter client import` tells them");
		return 0;
	}
	int rc = print_plan(shown);
	(void)putchar('\n');
	return rc < 0 ? rc : devices_print(&shown->devices, every);
}

static int read_plan(struct store *store, struct shown *shown, struct error *err)
{
	int rc = store_plan_get(store, shown->client.id, &shown->plan, err);
	shown->has_plan = rc == 0;
	return rc == -ENOENT ? 0 : rc;
}

int cmd_client_show(struct cli *cli, int argc, char **argv)
{
	if (argc != 2)
		return cli_usage(cli, "takes one machine: its name, MAC address or UUID");
	struct error err = ERROR_NULL;
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(shown_clear) struct shown shown = {.has_plan = false};
	if (store_open(cli->state, STORE_READ, &store, &err) < 0 ||
		store_client_get(store, argv[1], &shown.client, &err) < 0 ||
		store_client_devices_get(store, shown.client.id, &shown.devices, &err) < 0 ||
		read_plan(store, &shown, &err) < 0)
		return cli_fail(cli, &err);
	if (cli->json)
		return cli_print_json(cli, show_json(&shown));
	int rc = print_all(&shown);
	return rc < 0 ? cli_fail_errno(cli, rc) : EXIT_DONE;
}
