/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/prepare_several.h"

#include "base/text.h"
#include "cli/prepare_machine.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/words.h"
#include "store/devices.h"

#include <errno.h>
#include <string.h>

struct fleet {
	const struct cli *cli;
	struct prepare_request request;
	struct machine *machines; /* owned, in the order in which they have their turns */
	size_t n;
	size_t n_skipped;
	char skipped[256]; /* the first of them */
};

static void fleet_clear(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->n; i++)
		machine_clear(&fleet->machines[i]);
	free(fleet->machines);
}

static int no_memory(struct error *err)
{
	return error_set(err, -ENOMEM, "out of memory");
}

/* ---- which machines ---- */

static bool has_machine(const struct fleet *fleet, const char *name, int64_t id)
{
	for (size_t i = 0; i < fleet->n; i++)
		if (id != 0 ? fleet->machines[i].id == id
			    : strcmp(fleet->machines[i].name, name) == 0)
			return true;
	return false;
}

/* Two names may be of one machine. One that is nobody's fails when its turn comes. */
static int list_named(
	struct fleet *fleet, const char *const *names, size_t n_names, struct error *err)
{
	fleet->machines = calloc(n_names, sizeof(*fleet->machines));
	if (fleet->machines == NULL)
		return no_memory(err);
	for (size_t i = 0; i < n_names; i++) {
		struct client_record client = {.id = 0};
		int rc = store_client_get(fleet->request.store, names[i], &client, err);
		if (rc < 0 && rc != -ENOENT)
			return rc;
		if (has_machine(fleet, names[i], client.id))
			continue;
		struct machine *machine = &fleet->machines[fleet->n++];
		machine->id = client.id;
		(void)text_copy(machine->name, sizeof(machine->name), names[i]);
	}
	return 0;
}

static void name_client(const struct client_record *client, char *name, size_t size)
{
	char text[GUID_TEXT_BYTES > MAC_TEXT_BYTES ? GUID_TEXT_BYTES : MAC_TEXT_BYTES];
	client_mac_format(client, text);
	if (text[0] == 0 && client->has_uuid)
		guid_format(&client->uuid, text);
	(void)text_copy(name, size, client->name[0] != 0 ? client->name : text);
}

static int compare_ids(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;
	return (*left > *right) - (*left < *right);
}

/* ws2 before ws10. */
static int compare_machines(const void *a, const void *b)
{
	const struct machine *left = a, *right = b;
	int order = strverscmp(left->name, right->name);
	return order != 0 ? order : compare_ids(&left->id, &right->id);
}

static int list_all(struct fleet *fleet, struct error *err)
{
	CLEANUP(memory_freep) struct client_record *clients = NULL;
	CLEANUP(memory_freep) int64_t *known = NULL;
	size_t n = 0, n_known = 0;
	int rc = store_client_list(fleet->request.store, &clients, &n, err);
	if (rc == 0)
		rc = store_client_devices_owners(fleet->request.store, &known, &n_known, err);
	if (rc < 0)
		return rc;
	fleet->machines = calloc(n + 1, sizeof(*fleet->machines));
	if (fleet->machines == NULL)
		return no_memory(err);
	for (size_t i = 0; i < n; i++) {
		const struct client_record *client = &clients[i];
		if (bsearch(&client->id, known, n_known, sizeof(*known), compare_ids) == NULL) {
			if (fleet->n_skipped++ == 0)
				name_client(client, fleet->skipped, sizeof(fleet->skipped));
			continue;
		}
		struct machine *machine = &fleet->machines[fleet->n++];
		machine->id = client->id;
		name_client(client, machine->name, sizeof(machine->name));
	}
	qsort(fleet->machines, fleet->n, sizeof(*fleet->machines), compare_machines);
	if (fleet->n > 0)
		return 0;
	return error_set(err, -ENODATA,
		"there is no machine whose devices are known, so nothing can be prepared; tell "
		"them with `lspci -Dvvnn | pewter client import - --name NAME --mac MAC`, or with "
		"any report that pewter(1) names");
}

/* ---- preparing ---- */

static int take(void *context, size_t number, int rc, struct prepare_result *result,
	const struct error *err)
{
	struct fleet *fleet = context;
	struct machine *machine = &fleet->machines[number];
	return rc < 0 ? machine_fail(machine, err)
		      : machine_take(machine, &fleet->request, result, fleet->cli->json);
}

static int prepare_all(struct fleet *fleet, struct error *err)
{
	CLEANUP(memory_freep)
	struct prepare_client *clients = calloc(fleet->n + 1, sizeof(*clients));
	struct progress_phases phases;
	if (clients == NULL)
		return no_memory(err);
	for (size_t i = 0; i < fleet->n; i++)
		clients[i] = (struct prepare_client){
			.word = fleet->machines[i].name, .id = fleet->machines[i].id};
	fleet->request.progress = progress_phases_begin(&phases, fleet->cli);
	progress_phases_count(&phases, PREPARE_MATCHING, "machines");
	int rc = prepare_several(&fleet->request, clients, fleet->n, take, fleet, err);
	progress_phases_end(&phases);
	return rc;
}

/* ---- telling ---- */

static size_t count(const struct fleet *fleet, int state)
{
	size_t n = 0;
	for (size_t i = 0; i < fleet->n; i++)
		n += fleet->machines[i].state == (typeof(fleet->machines[i].state))state;
	return n;
}

static int print_table(const struct fleet *fleet)
{
	CLEANUP(table_free)
	struct table table = table_with(3, (const char *const[]){"NAME", "BOOTS", "WHAT CHANGED"});
	for (size_t i = 0; i < fleet->n; i++) {
		const struct machine *machine = &fleet->machines[i];
		char boots[LIMIT_IMAGE_NAME_BYTES + 16] = "", change[MACHINE_CHANGE_BYTES];
		if (machine->state != MACHINE_FAILED)
			(void)snprintf(
				boots, sizeof(boots), "%s@%u", machine->image, machine->revision);
		machine_change(machine, change);
		table_add(&table, machine->name, boots, change);
	}
	return table_print(&table, stdout);
}

static void print_totals(const struct fleet *fleet)
{
	size_t n_made = 0, n_gone = 0;
	for (size_t i = 0; i < fleet->n; i++) {
		n_made += fleet->machines[i].made_revision;
		n_gone += fleet->machines[i].n_gone;
	}
	(void)printf("%zu machine%s: %zu as before, %zu changed, %zu need%s an eye, %zu failed%s\n",
		fleet->n, fleet->n == 1 ? "" : "s", count(fleet, MACHINE_AS_BEFORE),
		count(fleet, MACHINE_CHANGED), count(fleet, MACHINE_EYE),
		count(fleet, MACHINE_EYE) == 1 ? "s" : "", count(fleet, MACHINE_FAILED),
		fleet->request.dry_run ? "; nothing was changed (--dry-run)" : "");
	if (fleet->n_skipped > 0)
		(void)printf("%zu skipped, no devices of %s known; tell them with `lspci -Dvvnn | "
			     "pewter client import - --name %s`\n",
			fleet->n_skipped, fleet->n_skipped == 1 ? "it are" : "them are",
			fleet->skipped);
	if (n_gone > 0)
		(void)printf("%zu revision%s%s removed: made for one machine alone, and none %s "
			     "%s any more\n",
			n_gone, n_gone == 1 ? "" : "s",
			fleet->request.dry_run ? " would be"
			: n_gone == 1          ? " is"
					       : " are",
			fleet->request.dry_run ? "would boot" : "boots",
			n_gone == 1 ? "it" : "them");
	if (n_made > 0 && !fleet->request.dry_run)
		(void)printf("media made before are stale now where a revision is new: `pewter "
			     "media check FILE` tells, `pewter media iso` makes a new one\n");
}

/* Of an image one speaks for all that are prepared for it. */
static bool is_spokesman(const struct fleet *fleet, const struct machine *machine)
{
	for (const struct machine *other = fleet->machines; other < machine; other++)
		if (other->warns_of_image && strcmp(other->image, machine->image) == 0)
			return false;
	return true;
}

static void tell_warnings(const struct fleet *fleet, const struct machine *machine)
{
	size_t n = json_array_size(machine->warnings);
	for (size_t i = 0; i < n; i++) {
		json_t *warning = json_array_get(machine->warnings, i);
		const char *text = json_string_value(json_object_get(warning, "text"));
		if (!machine->warns_of_image || i + 1 < n)
			machine_tell(fleet->cli, machine, text);
		else if (is_spokesman(fleet, machine))
			(void)fprintf(stderr, "pewter %s: %s\n", fleet->cli->command, text);
	}
}

static void tell_all(const struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->n; i++) {
		const struct machine *machine = &fleet->machines[i];
		if (machine->state == MACHINE_FAILED)
			machine_tell(fleet->cli, machine, machine->error);
		else
			tell_warnings(fleet, machine);
	}
}

static int print_json(const struct fleet *fleet)
{
	json_t *plans = json_array(), *failed = json_array();
	for (size_t i = 0; i < fleet->n; i++) {
		const struct machine *machine = &fleet->machines[i];
		if (machine->state != MACHINE_FAILED)
			(void)json_array_append(plans, machine->document);
		else
			(void)json_array_append_new(
				failed, json_pack("{s:o, s:o}", "client", json_text(machine->name),
						"error", json_text(machine->error)));
	}
	return cli_print_json(fleet->cli, json_pack("{s:o, s:o, s:I}", "plans", plans, "failed",
						  failed, "skipped", (json_int_t)fleet->n_skipped));
}

static int report(const struct fleet *fleet)
{
	int rc = fleet->cli->json ? 0 : print_table(fleet);
	if (rc < 0)
		return cli_fail_errno(fleet->cli, rc);
	if (!fleet->cli->json)
		print_totals(fleet);
	(void)fflush(stdout);
	tell_all(fleet);
	rc = fleet->cli->json ? print_json(fleet) : EXIT_DONE;
	if (rc != EXIT_DONE || count(fleet, MACHINE_FAILED) > 0)
		return EXIT_FAILED;
	return count(fleet, MACHINE_EYE) > 0 ? EXIT_ATTENTION : EXIT_DONE;
}

int prepare_fleet(struct cli *cli, const struct prepare_request *request, const char *const *names,
	size_t n_names)
{
	struct error err = ERROR_NULL;
	CLEANUP(fleet_clear) struct fleet fleet = {.cli = cli, .request = *request};
	int rc = n_names > 0 ? list_named(&fleet, names, n_names, &err) : list_all(&fleet, &err);
	if (rc == 0)
		rc = prepare_all(&fleet, &err);
	return rc < 0 ? cli_fail(cli, &err) : report(&fleet);
}
