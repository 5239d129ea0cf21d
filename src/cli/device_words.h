/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices of a machine as a table and as JSON, for the client commands. */
#pragma once

#include "cli/cli.h"
#include "device/device.h"

/* DEVICE of docs/json.md; NULL without memory. */
json_t *device_json(const struct device *device);
json_t *devices_json(const struct device_list *devices);
/* Those that wanted says; -ENOMEM, or -EIO if stdout cannot be written. */
int devices_print(
	const struct device_list *devices, bool (*wanted)(const struct device *device)) MUST_CHECK;
