/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Revisions that were made for one client alone, and that it does not boot any more. */
#include "store/own_revisions.h"

#include "store/internal.h"

#include <errno.h>
#include <string.h>

/* Who makes one names it in a plan within moments. Whoever was killed between the two leaves it. */
#define NOBODYS_MS (INT64_C(24) * 60 * 60 * 1000)
/* A boot that has been silent for so long asks for nothing more. */
#define BOOT_MS    (INT64_C(60) * 60 * 1000)

static void read_name(struct sql_query *query, void *item)
{
	struct revision_name *name = item;
	sql_get_text(query, name->image, sizeof(name->image));
	name->revision = (uint32_t)sql_get_u64(query);
}

/* Those that nothing needs once the client boots what plan says: no plan, and no machine that is on
 * its way to load it. before: the plan that names one until now. older_ms: of the others those that
 * were made before. */
static int list_unneeded(struct store *store, const struct plan_record *before,
	const struct plan_record *plan, int64_t older_ms, struct revision_name **ret_names,
	size_t *ret_n, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"SELECT r.image, r.revision FROM image_revision r WHERE r.is_own <> 0"
		" AND ((r.image = ? AND r.revision = ?) OR r.created_ms < ?)"
		" AND NOT (r.image = ? AND r.revision = ?)"
		" AND NOT EXISTS (SELECT 1 FROM plan"
		"  WHERE plan.image = r.image AND plan.revision = r.revision AND plan.client <> ?)"
		" AND NOT EXISTS (SELECT 1 FROM boot WHERE boot.image = r.image"
		"  AND boot.revision = r.revision AND boot.verdict = 'running'"
		"  AND boot.last_ms > ?)"
		" ORDER BY r.image, r.revision");
	void *items = NULL;
	sql_put_text(&query, before->image);
	sql_put_i64(&query, before->revision);
	sql_put_i64(&query, older_ms);
	sql_put_text(&query, plan->image);
	sql_put_i64(&query, plan->revision);
	sql_put_i64(&query, plan->client);
	sql_put_i64(&query, store_now_ms() - BOOT_MS);
	int rc = sql_collect(&query, read_name, sizeof(**ret_names), &items, ret_n, err);
	if (rc == 0)
		*ret_names = items;
	return rc;
}

static int delete_one(struct store *store, const struct revision_name *name, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(
		store->sql, "DELETE FROM image_revision WHERE image = ? AND revision = ?");
	sql_put_text(&query, name->image);
	sql_put_i64(&query, name->revision);
	return sql_execute(&query, err);
}

static int drop(struct store *store, const struct plan_record *before,
	const struct plan_record *plan, struct revision_name **ret_gone, size_t *ret_n_gone,
	struct error *err)
{
	CLEANUP(memory_freep) struct revision_name *names = NULL;
	size_t n = 0;
	int rc = list_unneeded(store, before, plan, store_now_ms() - NOBODYS_MS, &names, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = delete_one(store, &names[i], err);
	if (rc < 0)
		return rc;
	*ret_gone = TAKE(names);
	*ret_n_gone = n;
	return 0;
}

/* ---- with what they were for ---- */

static int get_before(
	struct store *store, int64_t client, struct plan_record *before, struct error *err)
{
	int rc = store_plan_get(store, client, before, err);
	return rc == -ENOENT ? 0 : rc;
}

static int replace_plan(struct store *store, const struct plan_record *plan,
	struct revision_name **ret_gone, size_t *ret_n_gone, struct error *err)
{
	struct plan_record before = {.devices = NULL};
	int rc = get_before(store, plan->client, &before, err);
	if (rc == 0)
		rc = store_plan_put(store, plan, err);
	if (rc == 0)
		rc = drop(store, &before, plan, ret_gone, ret_n_gone, err);
	plan_record_clear(&before);
	return rc;
}

int store_plan_replace(struct store *store, const struct plan_record *plan,
	struct revision_name **ret_gone, size_t *ret_n_gone, struct error *err)
{
	struct sql_scope scope;
	int rc = sql_enter(store->sql, SQL_DURABLE, &scope, err);
	if (rc < 0)
		return rc;
	rc = replace_plan(store, plan, ret_gone, ret_n_gone, err);
	return sql_leave(store->sql, &scope, rc, err);
}

int store_plan_would_free(struct store *store, const struct plan_record *plan,
	struct revision_name **ret_names, size_t *ret_n, struct error *err)
{
	struct plan_record before = {.devices = NULL};
	bool began;
	int rc = sql_begin_reading(store->sql, &began, err);
	if (rc < 0)
		return rc;
	rc = get_before(store, plan->client, &before, err);
	if (rc == 0)
		rc = list_unneeded(store, &before, plan, 0, ret_names, ret_n, err);
	sql_end_reading(store->sql, began);
	plan_record_clear(&before);
	return rc;
}

static int remove_client(struct store *store, int64_t client, struct revision_name **ret_gone,
	size_t *ret_n_gone, struct error *err)
{
	struct plan_record before = {.devices = NULL};
	const struct plan_record none = {.client = client};
	int rc = get_before(store, client, &before, err);
	if (rc == 0)
		rc = store_client_remove(store, client, err);
	if (rc == 0)
		rc = drop(store, &before, &none, ret_gone, ret_n_gone, err);
	plan_record_clear(&before);
	return rc;
}

int store_client_forget(struct store *store, int64_t client, struct revision_name **ret_gone,
	size_t *ret_n_gone, struct error *err)
{
	struct sql_scope scope;
	int rc = sql_enter(store->sql, SQL_DURABLE, &scope, err);
	if (rc < 0)
		return rc;
	rc = remove_client(store, client, ret_gone, ret_n_gone, err);
	return sql_leave(store->sql, &scope, rc, err);
}
