/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boots and their timelines. */
#include "store/store.h"

#include "store/internal.h"

#include <errno.h>
#include <string.h>

#define SELECT_BOOT                                                                                \
	"SELECT id, client, mac, uuid, address, arch, image, revision, verdict, started_ms,"       \
	" last_ms FROM boot "

void boot_event_clear(struct boot_event *event)
{
	free(event->details);
	*event = (struct boot_event){.details = NULL};
}

struct boot_event *boot_events_free(struct boot_event *events, size_t n)
{
	for (size_t i = 0; i < n; i++)
		boot_event_clear(&events[i]);
	free(events);
	return NULL;
}

/* ---- boots ---- */

/* Strangers can begin boots, so their number has an end. */
static int forget_oldest(struct store *store, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"DELETE FROM boot WHERE (SELECT count(*) FROM boot) > ? AND id ="
		" (SELECT id FROM boot ORDER BY started_ms LIMIT 1)");
	sql_put_i64(&query, LIMIT_BOOTS_KEPT);
	return sql_execute(&query, err);
}

static int put_record(struct store *store, const struct boot_record *record, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO boot (id, client, mac, uuid, address, arch, image, revision, verdict,"
		" started_ms, last_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
		"ON CONFLICT (id) DO UPDATE SET client = excluded.client, mac = excluded.mac,"
		" uuid = excluded.uuid, address = excluded.address, arch = excluded.arch,"
		" image = excluded.image, revision = excluded.revision,"
		" verdict = excluded.verdict, started_ms = excluded.started_ms,"
		" last_ms = excluded.last_ms");
	sql_put_text(&query, record->id);
	sql_put_text(&query, record->client);
	sql_put_bytes(&query, record->mac, sizeof(record->mac));
	sql_put_bytes(
		&query, record->has_uuid ? record->uuid.bytes : NULL, sizeof(record->uuid.bytes));
	sql_put_i64(&query, record->address);
	sql_put_text(&query, record->arch);
	sql_put_text(&query, record->image);
	sql_put_i64(&query, record->revision);
	sql_put_text(&query, record->verdict);
	sql_put_i64(&query, record->started_ms);
	sql_put_i64(&query, record->last_ms);
	return sql_execute(&query, err);
}

int store_boot_put(struct store *store, const struct boot_record *record, struct error *err)
{
	struct sql_scope scope;
	int rc = sql_enter(store->sql, SQL_ATOMIC, &scope, err);
	if (rc < 0)
		return rc;
	rc = put_record(store, record, err);
	if (rc == 0)
		rc = forget_oldest(store, err);
	return sql_leave(store->sql, &scope, rc, err);
}

static void read_record(struct sql_query *query, void *item)
{
	struct boot_record *record = item;
	*record = (struct boot_record){.revision = 0};
	sql_get_text(query, record->id, sizeof(record->id));
	sql_get_text(query, record->client, sizeof(record->client));
	(void)sql_get_bytes(query, record->mac, sizeof(record->mac));
	record->has_uuid = sql_get_bytes(query, record->uuid.bytes, sizeof(record->uuid.bytes)) ==
			   sizeof(record->uuid.bytes);
	record->address = (uint32_t)sql_get_u64(query);
	sql_get_text(query, record->arch, sizeof(record->arch));
	sql_get_text(query, record->image, sizeof(record->image));
	record->revision = (uint32_t)sql_get_u64(query);
	sql_get_text(query, record->verdict, sizeof(record->verdict));
	record->started_ms = sql_get_i64(query);
	record->last_ms = sql_get_i64(query);
}

int store_boot_get(
	struct store *store, const char *id, struct boot_record *ret_record, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, SELECT_BOOT "WHERE id = ?");
	sql_put_text(&query, id);
	int rc = sql_step(&query, err);
	if (rc == 0)
		return error_set(err, -ENOENT,
			"there is no boot \"%s\"; `pewter boot list` shows those there are", id);
	if (rc < 0)
		return rc;
	read_record(&query, ret_record);
	return 0;
}

int store_boot_list(struct store *store, size_t max, struct boot_record **ret_records,
	size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, SELECT_BOOT "ORDER BY started_ms DESC, id LIMIT ?");
	void *items;
	sql_put_i64(&query, max > INT64_MAX ? INT64_MAX : (int64_t)max);
	int rc = sql_collect(&query, read_record, sizeof(struct boot_record), &items, ret_n, err);
	if (rc == 0)
		*ret_records = items;
	return rc;
}

int store_boot_list_of(struct store *store, const uint8_t mac[static 6], const struct guid *uuid,
	struct boot_record **ret_records, size_t *ret_n, struct error *err)
{
	static const uint8_t unknown[6];
	/* A machine has few: to find those by the indices of mac and uuid, and to sort them, is
	 * far less than walking along that of started_ms, which + keeps it from. */
	CLEANUP(sql_done)
	struct sql_query query = sql_query(
		store->sql, SELECT_BOOT "WHERE mac = ? OR uuid = ? ORDER BY +started_ms DESC, id");
	sql_put_bytes(&query, memcmp(mac, unknown, sizeof(unknown)) != 0 ? mac : NULL, 6);
	sql_put_bytes(&query, uuid != NULL ? uuid->bytes : NULL, sizeof(uuid->bytes));
	void *items;
	int rc = sql_collect(&query, read_record, sizeof(struct boot_record), &items, ret_n, err);
	if (rc == 0)
		*ret_records = items;
	return rc;
}

/* ---- events ---- */

/* A client that asks for files without end fills its own timeline only so far. What goes is what
 * tells least: progress, then files that were not there, then the oldest. */
static int make_room(struct store *store, const char *boot, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"DELETE FROM boot_event WHERE"
		" (SELECT count(*) FROM boot_event WHERE boot = ?1) >= ?2 AND number ="
		" (SELECT number FROM boot_event WHERE boot = ?1"
		"  ORDER BY kind = 'progress' DESC, kind = 'absent' DESC, number LIMIT 1)");
	sql_put_text(&query, boot);
	sql_put_i64(&query, LIMIT_BOOT_EVENTS);
	return sql_execute(&query, err);
}

static int insert_event(struct store *store, const struct boot_event *event, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO boot_event (boot, time_ms, kind, details) VALUES (?, ?, ?, ?)");
	sql_put_text(&query, event->boot);
	sql_put_i64(&query, event->time_ms);
	sql_put_text(&query, event->kind);
	sql_put_text(&query, event->details);
	return sql_execute(&query, err);
}

int store_boot_event_add(struct store *store, const struct boot_event *event, struct error *err)
{
	struct sql_scope scope;
	int rc = sql_enter(store->sql, SQL_ATOMIC, &scope, err);
	if (rc < 0)
		return rc;
	rc = make_room(store, event->boot, err);
	if (rc == 0)
		rc = insert_event(store, event, err);
	if (rc == -ENOENT)
		(void)error_set(err, rc, "there is no boot \"%s\"", event->boot);
	return sql_leave(store->sql, &scope, rc, err);
}

int store_boot_events(struct store *store, const char *boot, int64_t after,
	struct boot_event **ret_events, size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, "SELECT number, boot, time_ms, kind, details FROM boot_event"
				      " WHERE boot = ? AND number > ? ORDER BY number");
	struct boot_event *events = NULL;
	size_t n = 0;
	int rc;
	sql_put_text(&query, boot);
	sql_put_i64(&query, after);
	while ((rc = sql_step(&query, err)) > 0) {
		struct boot_event *grown = sql_grow(events, n, sizeof(*events));
		if (grown != NULL) {
			events = grown;
			events[n] = (struct boot_event){.number = sql_get_i64(&query)};
			sql_get_text(&query, events[n].boot, sizeof(events[n].boot));
			events[n].time_ms = sql_get_i64(&query);
			sql_get_text(&query, events[n].kind, sizeof(events[n].kind));
			rc = sql_get_new_text(&query, &events[n++].details);
		}
		if (grown == NULL || rc < 0) {
			rc = error_set(err, -ENOMEM, "out of memory");
			break;
		}
	}
	if (rc < 0) {
		boot_events_free(events, n);
		return rc;
	}
	*ret_events = events;
	*ret_n = n;
	return 0;
}
