/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices of clients in the store. */
#include "store/devices.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "store/internal.h"

#include <errno.h>
#include <string.h>

#define IDS_TEXT_MAX ((size_t)LIMIT_DEVICE_IDS * (LIMIT_HARDWARE_ID_BYTES + 1))

/* An id holds no control character, so a list of them is a text of lines. */

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

static void read_owner(struct sql_query *query, void *item)
{
	int64_t *client = item;
	*client = sql_get_i64(query);
}

int store_client_devices_owners(
	struct store *store, int64_t **ret_clients, size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, "SELECT DISTINCT client FROM client_device ORDER BY client");
	void *items;
	int rc = sql_collect(&query, read_owner, sizeof(int64_t), &items, ret_n, err);
	if (rc == 0)
		*ret_clients = items;
	return rc;
}
