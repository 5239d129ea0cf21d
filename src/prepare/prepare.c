/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prepare/prepare.h"

#include "adapter/crypto.h"
#include "base/text.h"
#include "image/layer.h"
#include "prepare/attempt.h"
#include "prepare/choose_image.h"
#include "store/devices.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Somebody else's revision each time: not before the hundredth command at once. */
#define ATTEMPTS 20

void prepare_result_clear(struct prepare_result *result)
{
	plan_outcome_clear(&result->outcome);
	free(result->added);
	free(result->gone);
	*result = (struct prepare_result){.added = NULL};
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

static int read_client(const struct prepare_request *request, struct client_record *ret_client,
	struct device_list *ret_devices, struct error *err)
{
	char text[18];
	int rc = request->client_id != 0
			 ? store_client_by_id(request->store, request->client_id, ret_client, err)
			 : store_client_get(request->store, request->client, ret_client, err);
	if (rc == -ENOENT && request->client_id == 0)
		return error_set(err, rc,
			"there is no client with the name, MAC address or UUID \"%s\"; tell of it "
			"with `lspci -Dvvnn | pewter client import - --name NAME --mac MAC`; "
			"`pewter client list` shows those there are",
			request->client);
	if (rc == 0)
		rc = store_client_devices_get(request->store, ret_client->id, ret_devices, err);
	if (rc == 0 && ret_devices->n == 0)
		return error_set(err, -ENODATA,
			"no devices of %s are known, so nothing can be prepared; tell them with "
			"`lspci -Dvvnn | pewter client import - --name %s`, or with any report "
			"that pewter(1) names",
			name_of(ret_client, text),
			ret_client->name[0] != 0 ? ret_client->name : "NAME");
	return rc;
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

static int sign(const struct attempt *attempt, uint32_t revision, struct plan_record *plan,
	struct error *err)
{
	char text[18];
	plan->client = attempt->client->id;
	plan->revision = revision;
	plan->made_ms = attempt->request->now_ms;
	(void)text_copy(
		plan->client_name, sizeof(plan->client_name), name_of(attempt->client, text));
	return identify(plan, err);
}

/* ---- the revision ---- */

static const struct revision_package *find_package(
	const struct revision_record *revision, const char *id)
{
	for (size_t i = 0; i < revision->n_packages; i++)
		if (strcmp(revision->packages[i].id, id) == 0)
			return &revision->packages[i];
	return NULL;
}

static bool holds_just(const struct revision_record *revision, const struct plan_outcome *outcome)
{
	if (revision->n_packages != outcome->n_packages)
		return false;
	for (size_t i = 0; i < outcome->n_packages; i++)
		if (find_package(revision, outcome->packages[i].id) == NULL)
			return false;
	return true;
}

/* The revision that was made for this client alone, if it is what is needed again: 0 if not. */
static int find_own(const struct attempt *attempt, const struct plan_record *before,
	const struct plan_outcome *outcome, uint32_t *ret_revision, struct error *err)
{
	CLEANUP(revision_record_clear) struct revision_record own = {.blobs = NULL};
	*ret_revision = 0;
	if (!attempt->request->own_revision || strcmp(before->image, attempt->image->name) != 0)
		return 0;
	int rc = store_revision_get(
		attempt->request->store, before->image, before->revision, &own, err);
	if (rc == 0 && own.is_own && holds_just(&own, outcome))
		*ret_revision = own.revision;
	return rc == -ENOENT ? 0 : rc;
}

static int list_added(struct prepare_result *result, struct error *err)
{
	const struct plan_outcome *outcome = &result->outcome;
	result->added = calloc(outcome->n_packages + 1, sizeof(*result->added));
	if (result->added == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < outcome->n_packages; i++)
		if (outcome->packages[i].number == 0)
			result->added[result->n_added++] = outcome->packages[i];
	return 0;
}

static void take_numbers(
	struct revision_package *packages, size_t n, const struct revision_record *revision)
{
	for (size_t i = 0; i < n; i++) {
		const struct revision_package *made = find_package(revision, packages[i].id);
		if (made != NULL)
			packages[i] = *made;
	}
}

static int make_revision(struct attempt *attempt, struct prepare_result *result, struct error *err)
{
	struct plan_outcome *outcome = &result->outcome;
	CLEANUP(nic_set_clear) struct nic_set nics = {.ids = NULL};
	CLEANUP(revision_record_clear) struct revision_record made = {.blobs = NULL};
	char why[sizeof(made.why)];
	(void)snprintf(why, sizeof(why), "prepare %.64s%s", outcome->plan.client_name,
		attempt->request->own_revision ? " --own" : "");
	int rc = attempt_nics(attempt, outcome, &nics, err);
	if (rc < 0)
		return rc;
	const struct layer_request layer = {
		.store = attempt->request->store,
		.image = attempt->image,
		.before = &attempt->newest,
		.is_own = attempt->request->own_revision,
		.packages = outcome->packages,
		.n_packages = outcome->n_packages,
		.files = attempt->newest.files,
		.n_files = attempt->newest.n_files,
		.nics = nics,
		.plan = &outcome->plan,
		.why = why,
		.now_ms = attempt->request->now_ms,
		.progress = attempt->request->progress,
	};
	rc = layer_make(&layer, &made, err);
	if (rc < 0)
		return rc;
	take_numbers(outcome->packages, outcome->n_packages, &made);
	take_numbers(result->added, result->n_added, &made);
	return 0;
}

/* ---- one attempt ---- */

static void clear_plan(struct plan_record *plan)
{
	plan_record_clear(plan);
}

/* What the client alone has booted until now goes with its plan. */
static int keep_plan(struct store *store, struct prepare_result *result, struct error *err)
{
	size_t n_blobs;
	int rc = store_plan_replace(
		store, &result->outcome.plan, &result->gone, &result->n_gone, err);
	return rc == 0 && result->n_gone > 0 ? store_blob_sweep(store, &n_blobs, err) : rc;
}

static int carry_out(struct attempt *attempt, struct prepare_result *result, struct error *err)
{
	const struct prepare_request *request = attempt->request;
	struct plan_record *plan = &result->outcome.plan;
	CLEANUP(clear_plan) struct plan_record before = {.devices = NULL};
	uint32_t own;
	int rc = store_plan_get(request->store, attempt->client->id, &before, err);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	result->had_plan = rc == 0;
	result->revision_before = strcmp(before.image, attempt->image->name) == 0
					  ? before.revision
					  : attempt->newest.revision;
	rc = find_own(attempt, &before, &result->outcome, &own, err);
	if (rc < 0)
		return rc;
	result->made_revision = result->outcome.needs_revision && own == 0;
	rc = sign(attempt,
		result->made_revision ? attempt->image->last_revision + 1
		: own != 0            ? own
				      : attempt->newest.revision,
		plan, err);
	result->changed_plan = strcmp(before.id, plan->id) != 0;
	if (rc == 0 && result->made_revision)
		rc = list_added(result, err);
	if (rc < 0 || request->dry_run)
		return rc;
	if (result->made_revision)
		rc = make_revision(attempt, result, err);
	return rc == 0 ? keep_plan(request->store, result, err) : rc;
}

static int try_once(
	const struct prepare_request *request, struct prepare_result *result, struct error *err)
{
	struct client_record client;
	struct image_record image = {.files = NULL};
	struct device_list devices = {0};
	struct nic_set inbox = {.ids = NULL};
	int rc = read_client(request, &client, &devices, err);
	if (rc == 0)
		rc = choose_image(request, &client, &image, result->why_image, err);
	if (rc == 0 && image.is_sdi)
		rc = error_set(err, -EOPNOTSUPP,
			"%s is an SDI image: it carries no layers, so no drivers can be put into "
			"it; import a boot.wim, and prepare with --image",
			image.name);
	if (rc == 0) {
		struct attempt attempt;
		result->knows_inbox =
			store_image_inbox_nics_get(request->store, image.name, &inbox, NULL) == 0;
		rc = attempt_open(request, &client, &devices, &image, &attempt, err);
		if (rc == 0) {
			rc = attempt_plan(&attempt, &result->outcome, err);
			if (rc == 0)
				rc = carry_out(&attempt, result, err);
			attempt_clear(&attempt);
		}
	}
	nic_set_clear(&inbox);
	image_record_clear(&image);
	device_list_clear(&devices);
	return rc;
}

int prepare(
	const struct prepare_request *request, struct prepare_result *ret_result, struct error *err)
{
	CLEANUP(prepare_result_clear) struct prepare_result result = {.added = NULL};
	int rc = -ESTALE;
	for (int i = 0; i < ATTEMPTS && rc == -ESTALE; i++) {
		prepare_result_clear(&result);
		rc = try_once(request, &result, err);
	}
	if (rc < 0)
		return rc;
	*ret_result = result;
	result = (struct prepare_result){.added = NULL};
	return 0;
}
