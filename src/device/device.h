/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices of a machine: what reports of it are read into, and what drivers are matched against.
 */
#pragma once

#include "base/cleanup.h"

#include <stddef.h>

struct device {
	/* Upper case, most specific first, as Windows orders them; owned. */
	char **hardware_ids;
	size_t n_hardware_ids;
	char **compatible_ids;
	size_t n_compatible_ids;
	char class[33];    /* "Net", "SCSIAdapter", "HDC"; "" while unknown */
	char name[128];    /* for people; "" while unknown */
	char location[64]; /* "0000:00:1f.6", or the instance id; "" while unknown */
};

struct device_list {
	struct device *devices; /* owned */
	size_t n;
};

void device_clear(struct device *device);
void device_list_clear(struct device_list *list);
/* An empty device at the end of the list, or NULL without memory or past LIMIT_DEVICES. */
struct device *device_list_add(struct device_list *list);
/* Appends a copy of an id, brought to upper case; one that is there already (in either list) is
 * left out. -EINVAL for what Windows allows in no id (blanks, commas, control characters, anything
 * but ASCII), -E2BIG past LIMIT_DEVICE_IDS, -ENAMETOOLONG past LIMIT_HARDWARE_ID_BYTES. */
int device_add_hardware_id(struct device *device, const char *id) MUST_CHECK;
int device_add_compatible_id(struct device *device, const char *id) MUST_CHECK;
