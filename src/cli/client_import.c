/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pewter client import FILE: a report of a machine's devices becomes those of a client. Whose they
 * are, the options say, else the report (its MAC address, UUID, name). A client that is not there
 * yet is added, approved: who imports a machine means it to boot. One that is there keeps its
 * state.
 */
#include "cli/client_change.h"
#include "cli/commands.h"
#include "cli/device_source.h"
#include "cli/device_words.h"

#include "base/address.h"
#include "base/text.h"
#include "cli/words.h"
#include "device/kind.h"
#include "store/devices.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* ---- whose devices ---- */

/* What the options leave open, the report may tell. */
static void add_words_of_report(const struct device_report *report, struct client_words *words)
{
	bool is_named = words->has_mac || words->has_uuid || words->name != NULL;
	if (is_named)
		return;
	if (report->has_uuid) {
		words->has_uuid = true;
		words->uuid = report->uuid;
	}
	if (report->has_mac) {
		words->has_mac = true;
		memcpy(words->mac, report->mac, sizeof(words->mac));
	}
	if (report->machine[0] != 0)
		words->name = report->machine;
}

static bool has_mac(const struct client_record *client)
{
	static const uint8_t none[6] = {0};
	return memcmp(client->mac, none, sizeof(none)) != 0;
}

/* What is not known of the client yet; what is known stays. */
static void fill_gaps(const struct device_report *report, const struct client_record *client,
	struct client_words *words)
{
	if (report->has_mac && !words->has_mac && !has_mac(client)) {
		words->has_mac = true;
		memcpy(words->mac, report->mac, sizeof(words->mac));
	}
	if (report->has_uuid && !words->has_uuid && !client->has_uuid) {
		words->has_uuid = true;
		words->uuid = report->uuid;
	}
}

static int import(struct store *store, const struct device_report *report,
	struct client_words *words, struct client_record *ret_client, struct error *err)
{
	struct client_record client;
	bool is_name_told = words->name != NULL;
	add_words_of_report(report, words);
	if (!words->has_mac && !words->has_uuid && words->name == NULL)
		return error_set(err, -EINVAL,
			"the report does not say whose devices these are: say it with --name, "
			"--mac or --uuid");
	int rc = client_words_find(store, words, &client, err);
	if (rc == -ENOENT)
		client = (struct client_record){0};
	else if (rc < 0)
		return rc;
	/* A name that was given to it before is not replaced by what Windows calls itself. */
	if (!is_name_told && client.name[0] != 0)
		words->name = NULL;
	fill_gaps(report, &client, words);
	rc = client_words_put(store, words, &client, err);
	if (rc == 0)
		rc = store_client_devices_put(store, client.id, &report->devices, err);
	if (rc == 0)
		*ret_client = client;
	return rc;
}

/* ---- what is told of it ---- */

static bool matters(const struct device *device)
{
	return device_is_nic(device) || device_is_storage(device);
}

static size_t count(const struct device_list *list, bool (*wanted)(const struct device *device))
{
	size_t n = 0;
	for (size_t i = 0; i < list->n; i++)
		n += wanted(&list->devices[i]);
	return n;
}

static const char *name_of(const struct client_record *client, char mac[static MAC_TEXT_BYTES])
{
	mac_format(client->mac, mac);
	return client->name[0] != 0 ? client->name : mac;
}

#define NOTES_MAX 3

struct notes {
	char texts[NOTES_MAX][320];
	size_t n;
};

static struct notes take_notes(
	const struct device_report *report, const struct client_record *client)
{
	struct notes notes = {0};
	const size_t size = sizeof(notes.texts[0]);
	if (report->n_ignored > 0)
		(void)snprintf(notes.texts[notes.n++], size,
			"left out, as nothing in them could match a Windows driver: %zu of the "
			"report's entries",
			report->n_ignored);
	if (report->n_without_lists > 0)
		(void)snprintf(notes.texts[notes.n++], size,
			"System.String[] stands in place of the ids (devices: %zu): those that "
			"follow from the instance id are used; for all, export with `... | "
			"Select-Object "
			"Name,PNPDeviceID,ClassGuid,@{n='HardwareID';e={$_.HardwareID "
			"-join ' '}},@{n='CompatibleID';e={$_.CompatibleID -join ' '}} | "
			"Export-Csv`",
			report->n_without_lists);
	if (!has_mac(client))
		(void)snprintf(notes.texts[notes.n++], size,
			"its MAC address is not known: --mac tells it, so that the machine is "
			"recognised when it boots");
	return notes;
}

#define NO_NIC "no network adapter among the devices: nothing can be said about its driver"

static json_t *result_json(const struct client_record *client, const struct device_report *report,
	const struct notes *notes, bool has_nic)
{
	json_t *object = json_client(client);
	json_t *note_list = json_array(), *warnings = json_array();
	int rc = json_object_set_new(object, "devices", devices_json(&report->devices));
	for (size_t i = 0; i < notes->n; i++)
		rc |= json_array_append_new(
			note_list, json_pack("{s:o}", "text", json_text(notes->texts[i])));
	if (!has_nic)
		rc |= json_array_append_new(warnings, json_pack("{s:s}", "text", NO_NIC));
	json_t *document = json_pack("{s:o, s:s, s:I, s:o, s:o}", "client", object, "source",
		device_source_name(report->source), "ignored", (json_int_t)report->n_ignored,
		"notes", note_list, "warnings", warnings);
	if (rc == 0)
		return document;
	json_decref(document);
	return NULL;
}

static int tell(const struct cli *cli, const struct client_record *client,
	const struct device_report *report)
{
	char mac[MAC_TEXT_BYTES];
	size_t n_nics = count(&report->devices, device_is_nic);
	struct notes notes = take_notes(report, client);
	int rc;
	if (cli->json) {
		rc = cli_print_json(cli, result_json(client, report, &notes, n_nics > 0));
	} else {
		(void)printf("%s (%s): %zu device%s (network adapters: %zu, storage controllers: "
			     "%zu), read as %s\n",
			name_of(client, mac), client->state, report->devices.n,
			report->devices.n == 1 ? "" : "s", n_nics,
			count(&report->devices, device_is_storage),
			device_source_name(report->source));
		rc = count(&report->devices, matters) > 0 ? devices_print(&report->devices, matters)
							  : 0;
		rc = rc < 0 ? cli_fail_errno(cli, rc) : EXIT_DONE;
	}
	for (size_t i = 0; i < notes.n && !cli->json; i++)
		(void)fprintf(stderr, "pewter %s: %s\n", cli->command, notes.texts[i]);
	if (n_nics == 0)
		(void)fprintf(stderr, "pewter %s: %s\n", cli->command, NO_NIC);
	return rc == EXIT_DONE && n_nics == 0 ? EXIT_ATTENTION : rc;
}

static int run(struct cli *cli, const char *path, struct client_words *words)
{
	struct error err = ERROR_NULL;
	struct client_record client;
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(device_report_clear) struct device_report report = {0};
	/* The report first: reading standard input may take as long as who writes it. */
	if (device_source_file(path, &report, &err) < 0 ||
		store_open(cli->state, STORE_CREATE, &store, &err) < 0 ||
		store_begin(store, &err) < 0)
		return cli_fail(cli, &err);
	int rc = import(store, &report, words, &client, &err);
	if (rc == 0)
		rc = store_commit(store, &err);
	else
		store_rollback(store);
	return rc < 0 ? cli_fail(cli, &err) : tell(cli, &client, &report);
}

int cmd_client_import(struct cli *cli, int argc, char **argv)
{
	struct client_words words = {0};
	int rc = client_words_parse(cli, argc, argv, &words);
	if (rc != EXIT_DONE)
		return rc;
	if (optind + 1 != argc)
		return cli_usage(cli,
			"name one report of a machine's devices, or - for standard input, as in "
			"`lspci -Dvvnn | pewter client import - --name NAME`");
	return run(cli, argv[optind], &words);
}
