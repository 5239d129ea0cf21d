/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/words.h"

#include "base/moment.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t cli_now_ms(void)
{
	struct timespec now = {0};
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

json_t *json_text(const char *text)
{
	char printable[512];
	json_t *value = json_string(text);
	if (value == NULL) {
		text_copy_printable(printable, sizeof(printable), text, strlen(text));
		value = json_string(printable);
	}
	return value;
}

json_t *json_time(int64_t unix_ms)
{
	char text[MOMENT_TEXT_BYTES];
	moment_format(unix_ms, text);
	return json_string(text);
}

json_t *json_mac(const uint8_t mac[static 6])
{
	static const uint8_t zeros[6];
	char text[MAC_TEXT_BYTES];
	if (memcmp(mac, zeros, sizeof(zeros)) == 0)
		return json_null();
	mac_format(mac, text);
	return json_string(text);
}

void client_mac_format(const struct client_record *client, char text[static MAC_TEXT_BYTES])
{
	static const uint8_t zeros[6];
	mac_format(client->mac, text);
	if (memcmp(client->mac, zeros, sizeof(zeros)) == 0)
		text[0] = 0;
}

json_t *json_ipv4(uint32_t address)
{
	char text[IPV4_TEXT_BYTES];
	ipv4_format(address, text);
	return address != 0 ? json_string(text) : json_null();
}

json_t *json_uuid(bool has_uuid, const struct guid *uuid)
{
	char text[GUID_TEXT_BYTES];
	if (!has_uuid)
		return json_null();
	guid_format(uuid, text);
	return json_string(text);
}

json_t *json_client(const struct client_record *client)
{
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", (json_int_t)client->id,
		"mac", json_mac(client->mac), "uuid", json_uuid(client->has_uuid, &client->uuid),
		"state", json_text(client->state), "name", json_text(client->name), "image",
		json_text(client->image), "first_seen", json_time(client->first_seen_ms),
		"last_seen", json_time(client->last_seen_ms));
}

json_t *json_boot(const struct boot_record *boot)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "id",
		json_text(boot->id), "client", json_text(boot->client), "mac", json_mac(boot->mac),
		"uuid", json_uuid(boot->has_uuid, &boot->uuid), "address", json_ipv4(boot->address),
		"arch", json_text(boot->arch), "image", json_text(boot->image), "revision",
		(json_int_t)boot->revision, "verdict", json_text(boot->verdict), "started",
		json_time(boot->started_ms), "last", json_time(boot->last_ms));
}

json_t *json_event(const struct boot_event *event)
{
	json_t *object = json_pack(
		"{s:o, s:o}", "time", json_time(event->time_ms), "kind", json_text(event->kind));
	json_t *details = event->details != NULL ? json_loads(event->details, 0, NULL) : NULL;
	/* Only what is missing: details never replace time and kind. */
	if (object != NULL && json_is_object(details) &&
		json_object_update_missing(object, details) < 0) {
		json_decref(object);
		object = NULL;
	}
	json_decref(details);
	return object;
}

void local_time_format(int64_t unix_ms, char text[static LOCAL_TIME_TEXT_BYTES])
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm local;
	if (localtime_r(&seconds, &local) == NULL ||
		strftime(text, LOCAL_TIME_TEXT_BYTES, "%Y-%m-%d %H:%M:%S", &local) == 0)
		text[0] = 0;
}

int json_print_line(json_t *document)
{
	if (document == NULL)
		return -ENOMEM;
	int rc = json_dumpf(document, stdout, JSON_COMPACT | CLI_JSON_FLAGS);
	json_decref(document);
	return rc == 0 && putchar('\n') != EOF && fflush(stdout) == 0 ? 0 : -EIO;
}

json_t *json_plan(const struct plan_record *plan)
{
	return json_pack("{s:o, s:s}", "client", json_text(plan->client_name), "plan", plan->id);
}

json_t *json_plan_clients(const struct plan_record *plans, size_t n)
{
	json_t *clients = json_array();
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(clients, json_plan(&plans[i]));
	return clients;
}

json_t *json_revision_names(const struct revision_name *names, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(
			list, json_pack("{s:s, s:I}", "image", names[i].image, "revision",
				      (json_int_t)names[i].revision));
	return list;
}

void print_gone_revisions(const struct revision_name *names, size_t n, bool dry_run)
{
	for (size_t i = 0; i < n; i++)
		(void)printf("%s@%u %s: it was made for one machine alone, and none %s it any "
			     "more\n",
			names[i].image, names[i].revision,
			dry_run ? "would be removed" : "is removed",
			dry_run ? "would boot" : "boots");
}

void tell_lost_plans(
	const struct cli *cli, const struct plan_record *plans, size_t n, const char *remedy)
{
	(void)fprintf(stderr, "pewter %s: what was prepared for ", cli->command);
	for (size_t i = 0; i < n && i < 5; i++)
		(void)fprintf(stderr, "%s%s", i > 0 ? ", " : "", plans[i].client_name);
	if (n > 5)
		(void)fprintf(stderr, " and %zu others", n - 5);
	(void)fprintf(stderr, " is gone with it; %s\n", remedy);
}
