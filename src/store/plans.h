/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans: what `pewter prepare` decided for a client. One for each client, the latest. */
#pragma once

#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plan_device {
	char hardware_id[256];
	char class[33];
	char name[128];
	bool is_covered;
	char by[8];                      /* "package", "image" (its own drivers), "" */
	char package[SHA256_TEXT_BYTES]; /* "" if none of ours */
	char inf[128];                   /* of the driver that serves it; "" for none */
	char reason[512];
};

struct plan_record {
	char id[17];    /* of this plan: 16 hex digits; media carry it */
	int64_t client; /* client_record.id */
	char client_name[LIMIT_IMAGE_NAME_BYTES + 1]; /* as it was then: name, else MAC */
	char image[LIMIT_IMAGE_NAME_BYTES + 1];
	uint32_t revision;
	char classes[64]; /* "Net,SCSIAdapter,HDC" */
	int64_t made_ms;
	uint32_t n_uncovered_nics;
	struct plan_device *devices; /* owned */
	size_t n_devices;
};
void plan_record_clear(struct plan_record *plan);

/* Replaces the client's plan, and makes its image the client's. -ENOENT if client, image or
 * revision have gone meanwhile. */
int store_plan_put(
	struct store *store, const struct plan_record *plan, struct error *err) MUST_CHECK;
/* -ENOENT if it has none. Goes with its client, and with its image. */
int store_plan_get(struct store *store, int64_t client, struct plan_record *ret_plan,
	struct error *err) MUST_CHECK;
/* What booted one revision of an image boots another of its revisions from now on. */
int store_plans_follow(struct store *store, const char *image, uint32_t from, uint32_t to,
	struct error *err) MUST_CHECK;
/* All, without devices; plan_records_free(). image: NULL for all. */
int store_plan_list(struct store *store, const char *image, struct plan_record **ret_plans,
	size_t *ret_n, struct error *err) MUST_CHECK;
struct plan_record *plan_records_free(struct plan_record *plans, size_t n);
