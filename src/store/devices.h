/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices of clients, as records. */
#pragma once

#include "base/error.h"
#include "device/device.h"

#include <stdint.h>

struct store;

/* Replaces the client's devices by these. -ENOENT if there is no such client. */
int store_client_devices_put(struct store *store, int64_t client, const struct device_list *devices,
	struct error *err) MUST_CHECK;
/* In the order in which they were put. */
int store_client_devices_get(struct store *store, int64_t client, struct device_list *ret_devices,
	struct error *err) MUST_CHECK;
/* The clients of which devices are known, by their ids, ascending; free() releases them. */
int store_client_devices_owners(
	struct store *store, int64_t **ret_clients, size_t *ret_n, struct error *err) MUST_CHECK;
