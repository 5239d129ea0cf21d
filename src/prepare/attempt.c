/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prepare/attempt.h"

#include "adapter/crypto.h"
#include "base/text.h"
#include "store/devices.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void attempt_clear(struct attempt *attempt)
{
	for (size_t i = 0; attempt->tiers != NULL && i < attempt->devices.n; i++)
		tiers_clear(&attempt->tiers[i]);
	free(attempt->tiers);
	free(attempt->matches);
	plan_outcome_clear(&attempt->outcome);
	device_list_clear(&attempt->devices);
	*attempt = (struct attempt){.basis = NULL};
}

static int no_memory(struct error *err)
{
	return error_set(err, -ENOMEM, "out of memory");
}

/* ---- the client ---- */

static const char *name_of(const struct client_record *client, char text[static 18])
{
	const uint8_t *m = client->mac;
	if (client->name[0] != 0)
		return client->name;
	(void)snprintf(
		text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	return text;
}

int attempt_read_client(const struct prepare_request *request, const struct prepare_client *client,
	struct client_record *ret_record, struct device_list *ret_devices, struct error *err)
{
	char text[18];
	int rc = client->id != 0 ? store_client_by_id(request->store, client->id, ret_record, err)
				 : store_client_get(request->store, client->word, ret_record, err);
	if (rc == -ENOENT && client->id == 0)
		return error_set(err, rc,
			"there is no client with the name, MAC address or UUID \"%s\"; tell of it "
			"with `lspci -Dvvnn | pewter client import - --name NAME --mac MAC`; "
			"`pewter client list` shows those there are",
			client->word);
	if (rc == 0)
		rc = store_client_devices_get(request->store, ret_record->id, ret_devices, err);
	if (rc == 0 && ret_devices->n == 0)
		return error_set(err, -ENODATA,
			"no devices of %s are known, so nothing can be prepared; tell them with "
			"`lspci -Dvvnn | pewter client import - --name %s`, or with any report "
			"that pewter(1) names",
			name_of(ret_record, text),
			ret_record->name[0] != 0 ? ret_record->name : "NAME");
	return rc;
}

/* ---- matching ---- */

static int match_device(struct attempt *attempt, size_t at, struct error *err)
{
	const struct device *device = &attempt->devices.devices[at];
	if (!plan_wants(device, attempt->basis->classes))
		return 0;
	int rc = matching_device(attempt->basis->matching, device, &attempt->matches[at], err);
	if (rc == 0)
		rc = tiers_find(attempt->basis->matching, device, attempt->matches[at],
			&attempt->tiers[at], err);
	return rc;
}

static int match_all(struct attempt *attempt, struct error *err)
{
	size_t n = attempt->devices.n;
	attempt->matches = calloc(n + 1, sizeof(*attempt->matches));
	attempt->tiers = calloc(n + 1, sizeof(*attempt->tiers));
	if (attempt->matches == NULL || attempt->tiers == NULL)
		return no_memory(err);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = match_device(attempt, i, err);
	return rc;
}

int attempt_open(struct basis *basis, const struct prepare_client *client,
	struct attempt *ret_attempt, struct error *err)
{
	*ret_attempt = (struct attempt){.basis = basis};
	int rc = attempt_read_client(
		basis->request, client, &ret_attempt->client, &ret_attempt->devices, err);
	if (rc == 0)
		rc = match_all(ret_attempt, err);
	if (rc < 0)
		attempt_clear(ret_attempt);
	return rc;
}

/* ---- planning ---- */

static int ids_of(void *context, const struct driver_package *package, const char *const **ret_ids,
	size_t *ret_n)
{
	struct basis *basis = context;
	return library_ids(basis->library, package->id, ret_ids, ret_n, NULL);
}

int attempt_plan(struct attempt *attempt, struct error *err)
{
	struct basis *basis = attempt->basis;
	const struct plan_input input = {
		.devices = &attempt->devices,
		.matches = attempt->matches,
		.tiers = attempt->tiers,
		.held = basis->held,
		.image = &basis->image,
		.newest = &basis->next,
		.classes = basis->classes,
		.is_own = basis->request->own_revision,
		.ids_of = ids_of,
		.context = basis,
	};
	plan_outcome_clear(&attempt->outcome);
	return plan_make(&input, &attempt->outcome, err);
}

/* ---- the plan's identity ---- */

static int add_text(struct sha256 *hash, const char *text)
{
	return sha256_add(hash, text, strlen(text) + 1);
}

/* Of what it says, not of when it was made: to prepare twice is to prepare once. */
static int identify(struct plan_record *plan, struct error *err)
{
	CLEANUP(sha256_freep) struct sha256 *hash = NULL;
	uint8_t digest[SHA256_BYTES];
	char head[96];
	int rc = sha256_new(&hash);
	(void)snprintf(head, sizeof(head), "%lld %u", (long long)plan->client, plan->revision);
	if (rc == 0)
		rc = add_text(hash, head);
	if (rc == 0)
		rc = add_text(hash, plan->image);
	if (rc == 0)
		rc = add_text(hash, plan->classes);
	for (size_t i = 0; rc == 0 && i < plan->n_devices; i++) {
		rc = add_text(hash, plan->devices[i].hardware_id);
		if (rc == 0)
			rc = add_text(hash, plan->devices[i].by);
		if (rc == 0)
			rc = add_text(hash, plan->devices[i].package);
	}
	if (rc < 0)
		return error_set(err, rc, "%s", strerror(-rc));
	sha256_finish(hash, digest);
	text_hex(digest, (sizeof(plan->id) - 1) / 2, plan->id);
	return 0;
}

int attempt_sign(struct attempt *attempt, uint32_t revision, struct error *err)
{
	struct plan_record *plan = &attempt->outcome.plan;
	char text[18];
	plan->client = attempt->client.id;
	plan->revision = revision;
	plan->made_ms = attempt->basis->request->now_ms;
	(void)text_copy(
		plan->client_name, sizeof(plan->client_name), name_of(&attempt->client, text));
	return identify(plan, err);
}
