/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the store to what boot_decide() takes: the images with the loaders that they hold, and what
 * is known of a client; and from the config file the policy. The server and `pewter explain` both
 * ask here, so that they cannot differ.
 */
#pragma once

#include "boot/decide.h"
#include "server/config.h"
#include "store/store.h"

struct catalogue;

/* A copy of the images as they are now; load again when store_change_count() has moved. */
int catalogue_load(
	struct store *store, struct catalogue **ret_catalogue, struct error *err) MUST_CHECK;
struct catalogue *catalogue_free(struct catalogue *catalogue);
DEFINE_FREEP(struct catalogue, catalogue_free);

/* With the revisions that machines may get, and what each drives. */
const struct boot_catalogue *catalogue_images(const struct catalogue *catalogue);
/* The image's record (with its files, to be served), or NULL. */
const struct image_record *catalogue_record(const struct catalogue *catalogue, const char *name);

/* What the config file says, and which of the files that it names are there. */
void catalogue_policy(const struct config *config, struct boot_policy *ret_policy);

/* What the store knows of the machine: its state, its network cards, and the image and revision
 * that its plan names. BOOT_CLIENT_UNKNOWN if nothing. uuid may be NULL. */
int catalogue_client(struct store *store, const uint8_t mac[static 6], const struct guid *uuid,
	struct boot_client *ret_client, struct error *err) MUST_CHECK;
