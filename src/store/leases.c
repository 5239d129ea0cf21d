/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DHCP leases (RFC 2131 2.1). */
#include "store/store.h"

#include "store/internal.h"

#include <assert.h>
#include <errno.h>

int store_lease_put(struct store *store, const struct lease_record *lease, struct error *err)
{
	assert(lease->client_id_size <= sizeof(lease->client_id));
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO lease (address, client_id, mac, expires_ms, state)"
		" VALUES (?, ?, ?, ?, ?) ON CONFLICT (address) DO UPDATE SET"
		" client_id = excluded.client_id, mac = excluded.mac,"
		" expires_ms = excluded.expires_ms, state = excluded.state");
	sql_put_i64(&query, lease->address);
	sql_put_bytes(&query, lease->client_id, lease->client_id_size);
	sql_put_bytes(&query, lease->mac, sizeof(lease->mac));
	sql_put_i64(&query, lease->expires_ms);
	sql_put_text(&query, lease->state);
	return sql_execute(&query, err);
}

int store_lease_remove(struct store *store, uint32_t address, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, "DELETE FROM lease WHERE address = ?");
	sql_put_i64(&query, address);
	return sql_execute(&query, err);
}

static void read_record(struct sql_query *query, void *item)
{
	struct lease_record *lease = item;
	*lease = (struct lease_record){.address = (uint32_t)sql_get_u64(query)};
	lease->client_id_size = sql_get_bytes(query, lease->client_id, sizeof(lease->client_id));
	(void)sql_get_bytes(query, lease->mac, sizeof(lease->mac));
	lease->expires_ms = sql_get_i64(query);
	sql_get_text(query, lease->state, sizeof(lease->state));
}

int store_lease_list(
	struct store *store, struct lease_record **ret_leases, size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"SELECT address, client_id, mac, expires_ms, state FROM lease ORDER BY address");
	void *items;
	int rc = sql_collect(&query, read_record, sizeof(struct lease_record), &items, ret_n, err);
	if (rc == 0)
		*ret_leases = items;
	return rc;
}
