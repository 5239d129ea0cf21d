/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Machines: by UUID and MAC. */
#include "store/store.h"

#include "base/address.h"
#include "store/internal.h"

#include <errno.h>
#include <string.h>

#define SELECT_CLIENT                                                                              \
	"SELECT id, mac, uuid, state, name, image, first_seen_ms, last_seen_ms FROM client "

static void read_record(struct sql_query *query, void *item)
{
	struct client_record *record = item;
	*record = (struct client_record){.id = sql_get_i64(query)};
	(void)sql_get_bytes(query, record->mac, sizeof(record->mac));
	record->has_uuid = sql_get_bytes(query, record->uuid.bytes, sizeof(record->uuid.bytes)) ==
			   sizeof(record->uuid.bytes);
	sql_get_text(query, record->state, sizeof(record->state));
	sql_get_text(query, record->name, sizeof(record->name));
	sql_get_text(query, record->image, sizeof(record->image));
	record->first_seen_ms = sql_get_i64(query);
	record->last_seen_ms = sql_get_i64(query);
}

/* In the order mac, uuid, state, name, image, first_seen_ms, last_seen_ms. */
static void put_record(struct sql_query *query, const struct client_record *record)
{
	sql_put_bytes(query, record->mac, sizeof(record->mac));
	sql_put_bytes(
		query, record->has_uuid ? record->uuid.bytes : NULL, sizeof(record->uuid.bytes));
	sql_put_text(query, record->state);
	sql_put_text(query, record->name);
	sql_put_text(query, record->image);
	sql_put_i64(query, record->first_seen_ms);
	sql_put_i64(query, record->last_seen_ms);
}

/* -ENOENT without words if there is none. */
static int read_one(struct sql_query *query, struct client_record *ret_record, struct error *err)
{
	int rc = sql_step(query, err);
	if (rc > 0)
		read_record(query, ret_record);
	return rc > 0 ? 0 : rc == 0 ? -ENOENT : rc;
}

static int find_by_uuid(struct store *store, const uint8_t mac[static 6], const struct guid *uuid,
	struct client_record *ret_record, struct error *err)
{
	/* Where several share a UUID, the MAC tells them apart. */
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		SELECT_CLIENT "WHERE uuid = ? ORDER BY mac = ? DESC, last_seen_ms DESC LIMIT 1");
	sql_put_bytes(&query, uuid->bytes, sizeof(uuid->bytes));
	sql_put_bytes(&query, mac, 6);
	return read_one(&query, ret_record, err);
}

static int find_by_mac(struct store *store, const uint8_t mac[static 6],
	struct client_record *ret_record, struct error *err)
{
	/* A client without a known MAC address is nobody's who comes without one. */
	static const uint8_t unknown[6];
	if (memcmp(mac, unknown, sizeof(unknown)) == 0)
		return -ENOENT;
	CLEANUP(sql_done)
	struct sql_query query = sql_query(
		store->sql, SELECT_CLIENT "WHERE mac = ? ORDER BY last_seen_ms DESC LIMIT 1");
	sql_put_bytes(&query, mac, 6);
	return read_one(&query, ret_record, err);
}

static int find_by_name(
	struct store *store, const char *name, struct client_record *ret_record, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(
		store->sql, SELECT_CLIENT "WHERE name = ? ORDER BY last_seen_ms DESC LIMIT 1");
	sql_put_text(&query, name);
	return read_one(&query, ret_record, err);
}

int store_client_find(struct store *store, const uint8_t mac[static 6], const struct guid *uuid,
	struct client_record *ret_record, struct error *err)
{
	int rc = uuid != NULL ? find_by_uuid(store, mac, uuid, ret_record, err) : -ENOENT;
	if (rc == -ENOENT)
		rc = find_by_mac(store, mac, ret_record, err);
	if (rc == -ENOENT) {
		char text[MAC_TEXT_BYTES];
		mac_format(mac, text);
		return error_set(err, rc, "there is no client with the MAC address %s", text);
	}
	return rc;
}

int store_client_get(
	struct store *store, const char *word, struct client_record *ret_record, struct error *err)
{
	uint8_t mac[6];
	struct guid uuid;
	int rc = *word != 0 ? find_by_name(store, word, ret_record, err) : -ENOENT;
	if (rc == -ENOENT && guid_parse(word, &uuid))
		rc = find_by_uuid(store, (const uint8_t[6]){0}, &uuid, ret_record, err);
	else if (rc == -ENOENT && mac_parse(word, mac))
		rc = find_by_mac(store, mac, ret_record, err);
	if (rc == -ENOENT)
		return error_set(err, rc,
			"there is no client with the name, MAC address or UUID \"%s\"; "
			"`pewter client list` shows those there are",
			word);
	return rc;
}

int store_client_by_id(
	struct store *store, int64_t id, struct client_record *ret_record, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, SELECT_CLIENT "WHERE id = ?");
	sql_put_i64(&query, id);
	int rc = read_one(&query, ret_record, err);
	return rc == -ENOENT ? error_set(err, rc, "the client has been removed meanwhile") : rc;
}

/* Strangers with made-up addresses could fill the disk otherwise. */
static int make_room(struct store *store, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"DELETE FROM client WHERE (SELECT count(*) FROM client) >= ? AND id ="
		" (SELECT id FROM client WHERE state = 'held' AND name = ''"
		"  ORDER BY last_seen_ms LIMIT 1)");
	sql_put_i64(&query, LIMIT_CLIENTS);
	return sql_execute(&query, err);
}

static int insert(
	struct store *store, const struct client_record *record, int64_t *ret_id, struct error *err)
{
	int rc = make_room(store, err);
	if (rc < 0)
		return rc;
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO client (mac, uuid, state, name, image, first_seen_ms, last_seen_ms)"
		" VALUES (?, ?, ?, ?, ?, ?, ?)");
	put_record(&query, record);
	rc = sql_execute(&query, err);
	if (rc == 0)
		*ret_id = sql_last_id(store->sql);
	return rc;
}

static int update(struct store *store, const struct client_record *record, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"UPDATE client SET mac = ?, uuid = ?, state = ?, name = ?, image = ?,"
		" first_seen_ms = ?, last_seen_ms = ? WHERE id = ?");
	put_record(&query, record);
	sql_put_i64(&query, record->id);
	int rc = sql_execute(&query, err);
	if (rc == 0 && sql_n_changed(store->sql) == 0)
		return error_set(err, -ENOENT, "the client has been removed meanwhile");
	return rc;
}

/* Only that: a name or an approval may be written by a command at the same time. */
int store_client_seen(struct store *store, int64_t id, int64_t now_ms, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, "UPDATE client SET last_seen_ms = ? WHERE id = ?");
	sql_put_i64(&query, now_ms);
	sql_put_i64(&query, id);
	return sql_execute(&query, err);
}

int store_client_put(struct store *store, struct client_record *record, struct error *err)
{
	if (record->id != 0)
		return update(store, record, err);
	struct sql_scope scope;
	int64_t id = 0;
	int rc = sql_enter(store->sql, SQL_ATOMIC, &scope, err);
	if (rc < 0)
		return rc;
	rc = insert(store, record, &id, err);
	rc = sql_leave(store->sql, &scope, rc, err);
	if (rc == 0)
		record->id = id;
	return rc;
}

int store_client_list(
	struct store *store, struct client_record **ret_records, size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, SELECT_CLIENT "ORDER BY last_seen_ms DESC, id DESC");
	void *items;
	int rc = sql_collect(&query, read_record, sizeof(struct client_record), &items, ret_n, err);
	if (rc == 0)
		*ret_records = items;
	return rc;
}

int store_client_remove(struct store *store, int64_t id, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, "DELETE FROM client WHERE id = ?");
	sql_put_i64(&query, id);
	int rc = sql_execute(&query, err);
	if (rc == 0 && sql_n_changed(store->sql) == 0)
		return error_set(err, -ENOENT, "the client has been removed already");
	return rc;
}
