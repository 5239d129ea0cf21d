/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `pewter prepare` decided, one plan for each client. */
#include "store/plans.h"

#include "store/internal.h"

#include <errno.h>

void plan_record_clear(struct plan_record *plan)
{
	free(plan->devices);
	*plan = (struct plan_record){.devices = NULL};
}

struct plan_record *plan_records_free(struct plan_record *plans, size_t n)
{
	for (size_t i = 0; i < n; i++)
		plan_record_clear(&plans[i]);
	free(plans);
	return NULL;
}

/* ---- writing ---- */

static int check_revision(struct store *store, const struct plan_record *plan, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(
		store->sql, "SELECT 1 FROM image_revision WHERE image = ? AND revision = ?");
	sql_put_text(&query, plan->image);
	sql_put_i64(&query, plan->revision);
	int rc = sql_step(&query, err);
	return rc < 0 ? rc : rc > 0 ? 0 : revision_unknown(plan->image, plan->revision, err);
}

static int set_image(struct store *store, const struct plan_record *plan, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, "UPDATE client SET image = ? WHERE id = ?");
	sql_put_text(&query, plan->image);
	sql_put_i64(&query, plan->client);
	int rc = sql_execute(&query, err);
	if (rc == 0 && sql_n_changed(store->sql) == 0)
		return error_set(
			err, -ENOENT, "client %s has been removed meanwhile", plan->client_name);
	return rc;
}

static int delete_plan(struct store *store, int64_t client, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, "DELETE FROM plan WHERE client = ?");
	sql_put_i64(&query, client);
	return sql_execute(&query, err);
}

static int insert_plan(struct store *store, const struct plan_record *plan, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO plan (client, id, client_name, image, revision, classes, made_ms,"
		" n_uncovered_nics) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
	sql_put_i64(&query, plan->client);
	sql_put_text(&query, plan->id);
	sql_put_text(&query, plan->client_name);
	sql_put_text(&query, plan->image);
	sql_put_i64(&query, plan->revision);
	sql_put_text(&query, plan->classes);
	sql_put_i64(&query, plan->made_ms != 0 ? plan->made_ms : store_now_ms());
	sql_put_i64(&query, plan->n_uncovered_nics);
	return sql_execute(&query, err);
}

static int insert_device(struct store *store, int64_t client, size_t number,
	const struct plan_device *device, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO plan_device (client, number, hardware_id, class, name, is_covered, by,"
		" package, inf, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	sql_put_i64(&query, client);
	sql_put_u64(&query, number);
	sql_put_text(&query, device->hardware_id);
	sql_put_text(&query, device->class);
	sql_put_text(&query, device->name);
	sql_put_i64(&query, device->is_covered);
	sql_put_text(&query, device->by);
	sql_put_text(&query, device->package);
	sql_put_text(&query, device->inf);
	sql_put_text(&query, device->reason);
	return sql_execute(&query, err);
}

int store_plan_put(struct store *store, const struct plan_record *plan, struct error *err)
{
	struct sql_scope scope;
	int rc = sql_enter(store->sql, SQL_DURABLE, &scope, err);
	if (rc < 0)
		return rc;
	rc = check_revision(store, plan, err);
	if (rc == 0)
		rc = set_image(store, plan, err);
	if (rc == 0)
		rc = delete_plan(store, plan->client, err);
	if (rc == 0)
		rc = insert_plan(store, plan, err);
	for (size_t i = 0; rc == 0 && i < plan->n_devices; i++)
		rc = insert_device(store, plan->client, i, &plan->devices[i], err);
	return sql_leave(store->sql, &scope, rc, err);
}

/* ---- reading ---- */

#define SELECT_PLAN                                                                                \
	"SELECT id, client, client_name, image, revision, classes, made_ms, n_uncovered_nics"      \
	" FROM plan "

static void read_plan(struct sql_query *query, void *item)
{
	struct plan_record *plan = item;
	*plan = (struct plan_record){.devices = NULL};
	sql_get_text(query, plan->id, sizeof(plan->id));
	plan->client = sql_get_i64(query);
	sql_get_text(query, plan->client_name, sizeof(plan->client_name));
	sql_get_text(query, plan->image, sizeof(plan->image));
	plan->revision = (uint32_t)sql_get_u64(query);
	sql_get_text(query, plan->classes, sizeof(plan->classes));
	plan->made_ms = sql_get_i64(query);
	plan->n_uncovered_nics = (uint32_t)sql_get_u64(query);
}

static void read_device(struct sql_query *query, void *item)
{
	struct plan_device *device = item;
	sql_get_text(query, device->hardware_id, sizeof(device->hardware_id));
	sql_get_text(query, device->class, sizeof(device->class));
	sql_get_text(query, device->name, sizeof(device->name));
	device->is_covered = sql_get_i64(query) != 0;
	sql_get_text(query, device->by, sizeof(device->by));
	sql_get_text(query, device->package, sizeof(device->package));
	sql_get_text(query, device->inf, sizeof(device->inf));
	sql_get_text(query, device->reason, sizeof(device->reason));
}

static int get_plan(
	struct store *store, int64_t client, struct plan_record *plan, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, SELECT_PLAN "WHERE client = ?");
	sql_put_i64(&query, client);
	int rc = sql_step(&query, err);
	if (rc == 0)
		return error_set(err, -ENOENT,
			"nothing has been prepared for this client; `pewter prepare` does it");
	if (rc < 0)
		return rc;
	read_plan(&query, plan);

	CLEANUP(sql_done)
	struct sql_query devices = sql_query(store->sql,
		"SELECT hardware_id, class, name, is_covered, by, package, inf, reason"
		" FROM plan_device WHERE client = ? ORDER BY number");
	void *items = NULL;
	sql_put_i64(&devices, client);
	rc = sql_collect(
		&devices, read_device, sizeof(struct plan_device), &items, &plan->n_devices, err);
	plan->devices = items;
	return rc;
}

int store_plan_get(
	struct store *store, int64_t client, struct plan_record *ret_plan, struct error *err)
{
	struct plan_record plan = {.devices = NULL};
	bool began;
	int rc = sql_begin_reading(store->sql, &began, err);
	if (rc < 0)
		return rc;
	rc = get_plan(store, client, &plan, err);
	sql_end_reading(store->sql, began);
	if (rc < 0)
		plan_record_clear(&plan);
	else
		*ret_plan = plan;
	return rc;
}

int store_plan_list(struct store *store, const char *image, struct plan_record **ret_plans,
	size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		SELECT_PLAN "WHERE ? IS NULL OR image = ? ORDER BY client_name, client");
	void *plans = NULL;
	sql_put_text(&query, image);
	sql_put_text(&query, image);
	int rc = sql_collect(&query, read_plan, sizeof(struct plan_record), &plans, ret_n, err);
	if (rc == 0)
		*ret_plans = plans;
	return rc;
}

int store_plans_follow(
	struct store *store, const char *image, uint32_t from, uint32_t to, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(
		store->sql, "UPDATE plan SET revision = ? WHERE image = ? AND revision = ?");
	sql_put_i64(&query, to);
	sql_put_text(&query, image);
	sql_put_i64(&query, from);
	return sql_execute(&query, err);
}
