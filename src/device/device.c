/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices and their ids. */
#include "device/device.h"

#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static void free_ids(char **ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(ids[i]);
	free(ids);
}

void device_clear(struct device *device)
{
	free_ids(device->hardware_ids, device->n_hardware_ids);
	free_ids(device->compatible_ids, device->n_compatible_ids);
	*device = (struct device){0};
}

void device_list_clear(struct device_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		device_clear(&list->devices[i]);
	free(list->devices);
	*list = (struct device_list){0};
}

/* Arrays double: there is room for one more unless n is 0 or a power of two. */
static void *make_room(void *items, size_t n, size_t item_size)
{
	if ((n & (n - 1)) != 0)
		return items;
	return reallocarray(items, n == 0 ? 1 : 2 * n, item_size);
}

struct device *device_list_add(struct device_list *list)
{
	if (list->n >= LIMIT_DEVICES)
		return NULL;
	struct device *devices = make_room(list->devices, list->n, sizeof(*devices));
	if (devices == NULL)
		return NULL;
	list->devices = devices;
	devices[list->n] = (struct device){0};
	return &devices[list->n++];
}

static bool has_id(char *const *ids, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (text_equal_nocase(ids[i], id))
			return true;
	return false;
}

static int check_id(const char *id)
{
	size_t length = 0;
	/* "A character with a value less than or equal to 0x20, greater than 0x7F, or a comma" is
	 * what Windows stops for: Device Identification Strings. */
	for (; id[length] != 0; length++)
		if (id[length] <= 0x20 || id[length] >= 0x7f || id[length] == ',')
			return -EINVAL;
	if (length == 0)
		return -EINVAL;
	return length > LIMIT_HARDWARE_ID_BYTES ? -ENAMETOOLONG : 0;
}

static int add_id(const struct device *device, char ***ids, size_t *n, const char *id)
{
	int rc = check_id(id);
	if (rc < 0)
		return rc;
	if (has_id(device->hardware_ids, device->n_hardware_ids, id) ||
		has_id(device->compatible_ids, device->n_compatible_ids, id))
		return 0;
	if (*n >= LIMIT_DEVICE_IDS)
		return -E2BIG;
	char **grown = make_room(*ids, *n, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	*ids = grown;
	char *copy = strdup(id);
	if (copy == NULL)
		return -ENOMEM;
	for (char *c = copy; *c != 0; c++)
		*c = text_upper(*c);
	grown[(*n)++] = copy;
	return 0;
}

int device_add_hardware_id(struct device *device, const char *id)
{
	return add_id(device, &device->hardware_ids, &device->n_hardware_ids, id);
}

int device_add_compatible_id(struct device *device, const char *id)
{
	return add_id(device, &device->compatible_ids, &device->n_compatible_ids, id);
}
