/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices of machines, in memory and in the store. */
#include "store/devices.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"
#include "store/internal.h"

#include <errno.h>
#include <string.h>

#define IDS_TEXT_MAX ((size_t)LIMIT_DEVICE_IDS * (LIMIT_HARDWARE_ID_BYTES + 1))

/* ---- in memory ---- */

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

/* ---- in the store: an id holds no control character, so a list of them is a text of lines ---- */

static int join_ids(char *const *ids, size_t n, struct buffer *out)
{
	int rc = buffer_add_text(out, "");
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = buffer_printf(out, "%s\n", ids[i]);
	return rc;
}

static int split_ids(
	char *text, struct device *device, int add(struct device *device, const char *id))
{
	int rc = 0;
	for (char *line = text, *end; rc == 0 && (end = strchr(line, '\n')) != NULL;
		line = end + 1) {
		*end = 0;
		rc = add(device, line);
	}
	return rc;
}

static int insert_device(struct store *store, int64_t client, size_t number,
	const struct device *device, struct error *err)
{
	CLEANUP(buffer_free) struct buffer hardware = buffer_with_max(IDS_TEXT_MAX);
	CLEANUP(buffer_free) struct buffer compatible = buffer_with_max(IDS_TEXT_MAX);
	int rc = join_ids(device->hardware_ids, device->n_hardware_ids, &hardware);
	if (rc == 0)
		rc = join_ids(device->compatible_ids, device->n_compatible_ids, &compatible);
	if (rc < 0)
		return error_set(err, rc, "device %zu: %s", number, strerror(-rc));
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO client_device (client, number, class, name, location, hardware_ids,"
		" compatible_ids) VALUES (?, ?, ?, ?, ?, ?, ?)");
	sql_put_i64(&query, client);
	sql_put_u64(&query, number);
	sql_put_text(&query, device->class);
	sql_put_text(&query, device->name);
	sql_put_text(&query, device->location);
	sql_put_text(&query, (const char *)hardware.bytes);
	sql_put_text(&query, (const char *)compatible.bytes);
	return sql_execute(&query, err);
}

static int check_client(struct store *store, int64_t client, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, "SELECT id FROM client WHERE id = ?");
	sql_put_i64(&query, client);
	int rc = sql_step(&query, err);
	if (rc == 0)
		return error_set(err, -ENOENT, "the client has been removed meanwhile");
	return rc < 0 ? rc : 0;
}

static int replace_devices(
	struct store *store, int64_t client, const struct device_list *devices, struct error *err)
{
	int rc = check_client(store, client, err);
	if (rc < 0)
		return rc;
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, "DELETE FROM client_device WHERE client = ?");
	sql_put_i64(&query, client);
	rc = sql_execute(&query, err);
	for (size_t i = 0; rc == 0 && i < devices->n; i++)
		rc = insert_device(store, client, i, &devices->devices[i], err);
	return rc;
}

int store_client_devices_put(
	struct store *store, int64_t client, const struct device_list *devices, struct error *err)
{
	struct sql_scope scope;
	int rc = sql_enter(store->sql, SQL_ATOMIC, &scope, err);
	if (rc < 0)
		return rc;
	rc = replace_devices(store, client, devices, err);
	return sql_leave(store->sql, &scope, rc, err);
}

static int read_device(struct sql_query *query, struct device *device)
{
	CLEANUP(memory_freep) char *hardware = NULL;
	CLEANUP(memory_freep) char *compatible = NULL;
	sql_get_text(query, device->class, sizeof(device->class));
	sql_get_text(query, device->name, sizeof(device->name));
	sql_get_text(query, device->location, sizeof(device->location));
	int rc = sql_get_new_text(query, &hardware);
	if (rc == 0)
		rc = sql_get_new_text(query, &compatible);
	if (rc == 0)
		rc = split_ids(hardware, device, device_add_hardware_id);
	if (rc == 0)
		rc = split_ids(compatible, device, device_add_compatible_id);
	return rc;
}

int store_client_devices_get(
	struct store *store, int64_t client, struct device_list *ret_devices, struct error *err)
{
	CLEANUP(device_list_clear) struct device_list list = {0};
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"SELECT class, name, location, hardware_ids, compatible_ids FROM client_device"
		" WHERE client = ? ORDER BY number");
	sql_put_i64(&query, client);
	int rc;
	while ((rc = sql_step(&query, err)) > 0) {
		struct device *device = device_list_add(&list);
		rc = device == NULL ? -ENOMEM : read_device(&query, device);
		if (rc < 0)
			return error_set(
				err, rc, "device %zu of the client: %s", list.n, strerror(-rc));
	}
	if (rc < 0)
		return rc;
	*ret_devices = list;
	list = (struct device_list){0};
	return 0;
}
