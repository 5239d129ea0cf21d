/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/catalogue.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct catalogue {
	struct image_record *records;
	size_t n_records;
	struct boot_image *images; /* the same, in the same order */
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

int catalogue_load(struct store *store, struct catalogue **ret_catalogue, struct error *err)
{
	CLEANUP(catalogue_freep) struct catalogue *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	int rc = store_image_list(store, &c->records, &c->n_records, err);
	if (rc < 0)
		return rc;
	c->images = calloc(c->n_records > 0 ? c->n_records : 1, sizeof(*c->images));
	if (c->images == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < c->n_records; i++) {
		const struct image_record *record = &c->records[i];
		struct boot_image *image = &c->images[i];
		(void)text_copy(image->name, sizeof(image->name), record->name);
		(void)text_copy(image->arch, sizeof(image->arch), record->arch);
		image->revision = record->revision;
		image->loaders = loaders_of(record);
	}
	c->view = (struct boot_catalogue){c->images, c->n_records};
	*ret_catalogue = TAKE(c);
	return 0;
}

struct catalogue *catalogue_free(struct catalogue *catalogue)
{
	if (catalogue == NULL)
		return NULL;
	(void)image_records_free(catalogue->records, catalogue->n_records);
	free(catalogue->images);
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
	}
	if (rc == -ENOENT && err != NULL)
		*err = ERROR_NULL; /* not to be known is no fault */
	*ret_client = client;
	return 0;
}
