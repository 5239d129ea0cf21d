/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/catalogue.h"

#include "base/text.h"
#include "device/kind.h"
#include "device/pci.h"
#include "store/devices.h"
#include "store/plans.h"
#include "store/revisions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct catalogue {
	struct image_record *records;
	size_t n_records;
	struct boot_image *images;       /* the same, in the same order */
	struct boot_revision *revisions; /* of all images, by image */
	struct boot_nic **nics;          /* what images and revisions point to */
	size_t n_nics;
	struct boot_catalogue view;
};

static const struct image_file *find_file(const struct image_record *record, const char *name)
{
	for (size_t i = 0; i < record->n_files; i++) {
		if (text_equal_nocase(record->files[i].name, name))
			return &record->files[i];
	}
	return NULL;
}

static uint32_t loaders_of(const struct image_record *record)
{
	uint32_t loaders = 0;
	for (int i = BOOT_LOADER_BOOTMGFW_X64; i <= BOOT_LOADER_PXEBOOT; i++) {
		if (find_file(record, boot_loader_name((enum boot_loader)i)) != NULL)
			loaders |= UINT32_C(1) << i;
	}
	/* pxeboot.n12 does nothing but to fetch bootmgr.exe. */
	if (find_file(record, "bootmgr.exe") == NULL)
		loaders &= ~(UINT32_C(1) << BOOT_LOADER_PXEBOOT);
	return loaders;
}

/* ---- what drives which network card ---- */

/* One list of cards, kept in the catalogue. */
static int keep_nics(struct catalogue *c, const struct nic_set *set, struct boot_nics *ret_nics)
{
	struct boot_nic *ids = calloc(set->n > 0 ? set->n : 1, sizeof(*ids));
	if (ids == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < set->n; i++)
		ids[i] = (struct boot_nic){
			set->ids[i].vendor, set->ids[i].device, set->ids[i].any_board};
	c->nics[c->n_nics++] = ids;
	*ret_nics = (struct boot_nics){ids, set->n};
	return 0;
}

static int load_inbox(
	struct store *store, struct catalogue *c, struct boot_image *image, struct error *err)
{
	CLEANUP(nic_set_clear) struct nic_set set = {.ids = NULL};
	struct error why = ERROR_NULL;
	int rc = store_image_inbox_nics_get(store, image->name, &set, &why);
	if (rc == -ENODATA)
		return 0;
	if (rc == 0)
		rc = keep_nics(c, &set, &image->inbox);
	else if (err != NULL)
		*err = why;
	image->knows_inbox = rc == 0;
	return rc;
}

static int add_image(struct store *store, struct catalogue *c, const struct image_record *record,
	struct error *err)
{
	struct boot_image *image = &c->images[c->view.n_images++];
	(void)text_copy(image->name, sizeof(image->name), record->name);
	(void)text_copy(image->arch, sizeof(image->arch), record->arch);
	image->revision = record->revision;
	image->loaders = loaders_of(record);
	image->is_sdi = record->is_sdi;
	return load_inbox(store, c, image, err);
}

/* Those of one image stand together. */
static int add_revision(
	struct catalogue *c, const struct revision_nics *one, struct boot_revision *revision)
{
	struct boot_image *image = c->images;
	const struct boot_image *end = c->images + c->view.n_images;
	while (image < end && strcmp(image->name, one->image) != 0)
		image++;
	if (image == end)
		return 0; /* it came after the images were read: the next look finds it */
	if (image->n_revisions++ == 0)
		image->revisions = revision;
	revision->revision = one->revision;
	return keep_nics(c, &one->nics, &revision->nics);
}

static int fill(struct store *store, struct catalogue *c, const struct revision_nics *list,
	size_t n, struct error *err)
{
	c->images = calloc(c->n_records + 1, sizeof(*c->images));
	c->revisions = calloc(n + 1, sizeof(*c->revisions));
	c->nics = calloc(c->n_records + n + 1, sizeof(*c->nics));
	c->view.images = c->images;
	if (c->images == NULL || c->revisions == NULL || c->nics == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < c->n_records; i++)
		rc = add_image(store, c, &c->records[i], err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = add_revision(c, &list[i], &c->revisions[i]);
	return rc == -ENOMEM ? error_set(err, rc, "out of memory") : rc;
}

/* ---- all of it ---- */

int catalogue_load(struct store *store, struct catalogue **ret_catalogue, struct error *err)
{
	struct revision_nics *list = NULL;
	size_t n = 0;
	CLEANUP(catalogue_freep) struct catalogue *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	int rc = store_image_list(store, &c->records, &c->n_records, err);
	if (rc == 0)
		rc = store_revision_nics_list(store, &list, &n, err);
	if (rc == 0)
		rc = fill(store, c, list, n, err);
	revision_nics_free(list, n);
	if (rc < 0)
		return rc;
	*ret_catalogue = TAKE(c);
	return 0;
}

struct catalogue *catalogue_free(struct catalogue *catalogue)
{
	if (catalogue == NULL)
		return NULL;
	for (size_t i = 0; i < catalogue->n_nics; i++)
		free(catalogue->nics[i]);
	free(catalogue->nics);
	free(catalogue->revisions);
	free(catalogue->images);
	(void)image_records_free(catalogue->records, catalogue->n_records);
	free(catalogue);
	return NULL;
}

const struct boot_catalogue *catalogue_images(const struct catalogue *catalogue)
{
	return &catalogue->view;
}

const struct image_record *catalogue_record(const struct catalogue *catalogue, const char *name)
{
	for (size_t i = 0; i < catalogue->n_records; i++) {
		if (text_equal_nocase(catalogue->records[i].name, name))
			return &catalogue->records[i];
	}
	return NULL;
}

static bool is_there(const char *path)
{
	return path[0] != 0 && access(path, R_OK) == 0;
}

void catalogue_policy(const struct config *config, struct boot_policy *ret_policy)
{
	*ret_policy = (struct boot_policy){
		.unknown = config->unknown,
		.uncovered = config->uncovered,
		.chain_ipxe_rom = config->chain_ipxe,
		.has_undionly = is_there(config->undionly),
		.has_ipxe_x64 = is_there(config->ipxe_x64),
		.has_wimboot = is_there(config->wimboot),
		.has_script = is_there(config->script),
	};
	(void)text_copy(ret_policy->image, sizeof(ret_policy->image), config->image);
}

static int parse_state(const char *text, enum boot_client_state *ret_state)
{
	static const struct {
		const char *text;
		enum boot_client_state state;
	} states[] = {
		{"approved", BOOT_CLIENT_APPROVED},
		{"held", BOOT_CLIENT_HELD},
		{"refused", BOOT_CLIENT_REFUSED},
	};
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		if (strcmp(states[i].text, text) == 0) {
			*ret_state = states[i].state;
			return 0;
		}
	}
	return -EINVAL;
}

/* ---- a machine's cards and its plan ---- */

static const struct plan_device *find_planned(
	const struct plan_record *plan, const struct device *device)
{
	for (size_t i = 0; i < plan->n_devices; i++) {
		const char *id = plan->devices[i].hardware_id;
		for (size_t j = 0; j < device->n_hardware_ids; j++) {
			if (text_equal_nocase(device->hardware_ids[j], id))
				return &plan->devices[i];
		}
	}
	return NULL;
}

static enum boot_driver_source source_of(const struct plan_device *device)
{
	for (int i = BOOT_DRIVER_PACKAGE; i <= BOOT_DRIVER_IMAGE; i++) {
		if (strcmp(boot_driver_source_name((enum boot_driver_source)i), device->by) == 0)
			return (enum boot_driver_source)i;
	}
	return BOOT_DRIVER_NONE;
}

static bool is_same_card(const struct boot_card *a, const struct boot_card *b)
{
	return strcmp(a->id, b->id) == 0 && a->is_planned == b->is_planned &&
	       a->is_covered == b->is_covered;
}

static void add_card(
	struct boot_client *client, const struct device *device, const struct plan_record *plan)
{
	struct pci_function function;
	struct boot_card card = {.is_pci = pci_parse_id(device_best_id(device), &function)};
	const struct plan_device *planned = plan != NULL ? find_planned(plan, device) : NULL;
	(void)text_copy(card.id, sizeof(card.id), device_best_id(device));
	if (card.is_pci) {
		card.vendor = function.vendor;
		card.device = function.device;
	}
	if (planned != NULL) {
		card.is_planned = true;
		card.is_covered = planned->is_covered;
		card.by = source_of(planned);
	}
	/* Four ports are one card. */
	for (size_t i = 0; i < client->n_cards; i++) {
		if (is_same_card(&client->cards[i], &card))
			return;
	}
	if (client->n_cards < BOOT_CARDS_MAX)
		client->cards[client->n_cards++] = card;
}

/* Its image and revision by its plan, unless another image has been chosen since. */
static bool follow_plan(struct boot_client *client, const struct plan_record *plan)
{
	if (client->image[0] != 0 && !text_equal_nocase(client->image, plan->image)) {
		(void)text_copy(
			client->old_plan_image, sizeof(client->old_plan_image), plan->image);
		return false;
	}
	(void)text_copy(client->image, sizeof(client->image), plan->image);
	client->revision = plan->revision;
	return true;
}

static int add_what_is_planned(
	struct store *store, int64_t id, struct boot_client *client, struct error *err)
{
	CLEANUP(plan_record_clear) struct plan_record plan = {.devices = NULL};
	CLEANUP(device_list_clear) struct device_list devices = {.devices = NULL};
	struct error why = ERROR_NULL;
	int rc = store_plan_get(store, id, &plan, &why);
	bool counts = rc == 0 && follow_plan(client, &plan);
	if (rc == 0 || rc == -ENOENT)
		rc = store_client_devices_get(store, id, &devices, &why);
	for (size_t i = 0; rc == 0 && i < devices.n; i++) {
		const struct device *device = &devices.devices[i];
		/* Windows PE has no network over Wi-Fi, whatever drives it. */
		if (device_is_nic(device) && !device_is_wireless(device))
			add_card(client, device, counts ? &plan : NULL);
	}
	if (rc < 0 && err != NULL)
		*err = why;
	return rc;
}

int catalogue_client(struct store *store, const uint8_t mac[static 6], const struct guid *uuid,
	struct boot_client *ret_client, struct error *err)
{
	struct boot_client client = {.state = BOOT_CLIENT_UNKNOWN};
	struct client_record record;
	int rc = store_client_find(store, mac, uuid, &record, err);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (rc == 0) {
		if (parse_state(record.state, &client.state) < 0)
			return error_set(err, -EINVAL,
				"the store gives client %s the state \"%s\", which "
				"is none",
				record.name, record.state);
		(void)text_copy(client.name, sizeof(client.name), record.name);
		(void)text_copy(client.image, sizeof(client.image), record.image);
		rc = add_what_is_planned(store, record.id, &client, err);
		if (rc < 0)
			return rc;
	}
	if (rc == -ENOENT && err != NULL)
		*err = ERROR_NULL; /* not to be known is no fault */
	*ret_client = client;
	return 0;
}
