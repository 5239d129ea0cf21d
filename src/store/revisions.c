/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Revisions: removing, who uses what. revision_add.c adds them, revision_read.c reads them. */
#include "store/revisions.h"

#include "store/internal.h"
#include "store/revision_pack.h"

#include <errno.h>
#include <string.h>

void nic_set_clear(struct nic_set *set)
{
	free(set->ids);
	*set = (struct nic_set){.ids = NULL};
}

void revision_record_clear(struct revision_record *record)
{
	free(record->blobs);
	free(record->pieces);
	free(record->packages);
	free(record->files);
	nic_set_clear(&record->nics);
	*record = (struct revision_record){.blobs = NULL};
}

struct revision_record *revision_records_free(struct revision_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		revision_record_clear(&records[i]);
	free(records);
	return NULL;
}

/* ---- removing ---- */

static int check_unused(
	struct store *store, const char *image, uint32_t revision, struct error *err)
{
	char client[LIMIT_IMAGE_NAME_BYTES + 1];
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"SELECT client_name FROM plan WHERE image = ? AND revision = ?"
		" ORDER BY client_name LIMIT 1");
	sql_put_text(&query, image);
	sql_put_i64(&query, revision);
	int rc = sql_step(&query, err);
	if (rc <= 0)
		return rc;
	sql_get_text(&query, client, sizeof(client));
	return error_set(err, -EBUSY,
		"%s@%u is what the plan of client %s names; `pewter prepare` makes it a newer one, "
		"then try again",
		image, revision, client);
}

static int check_not_newest(
	struct store *store, const char *image, uint32_t revision, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, "SELECT 1 FROM image WHERE name = ? AND revision = ?");
	sql_put_text(&query, image);
	sql_put_i64(&query, revision);
	int rc = sql_step(&query, err);
	return rc <= 0 ? rc
		       : error_set(err, -EBUSY,
				 "%s@%u is the newest revision, and what machines boot; `pewter "
				 "image remove %s` removes all of the image",
				 image, revision, image);
}

static int delete_revision(
	struct store *store, const char *image, uint32_t revision, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(
		store->sql, "DELETE FROM image_revision WHERE image = ? AND revision = ?");
	sql_put_text(&query, image);
	sql_put_i64(&query, revision);
	int rc = sql_execute(&query, err);
	if (rc == 0 && sql_n_changed(store->sql) == 0)
		return revision_unknown(image, revision, err);
	return rc;
}

int store_revision_remove(
	struct store *store, const char *image, uint32_t revision, struct error *err)
{
	struct sql_scope scope;
	int rc = sql_enter(store->sql, SQL_DURABLE, &scope, err);
	if (rc < 0)
		return rc;
	rc = check_not_newest(store, image, revision, err);
	if (rc == 0)
		rc = check_unused(store, image, revision, err);
	if (rc == 0)
		rc = delete_revision(store, image, revision, err);
	return sql_leave(store->sql, &scope, rc, err);
}

int revision_unknown(const char *image, uint32_t revision, struct error *err)
{
	return error_set(err, -ENOENT,
		"there is no %s@%u; `pewter image show %s` tells the revisions there are", image,
		revision, image);
}

/* ---- network cards of the base ---- */

int store_image_inbox_nics_put(
	struct store *store, const char *image, const struct nic_set *nics, struct error *err)
{
	CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(LIMIT_DRIVER_RECORD_BYTES);
	int rc = buffer_add_text(&bytes, ""); /* none is not the same as not asked */
	if (rc == 0)
		rc = nics_pack(nics, &bytes);
	if (rc < 0)
		return error_set(
			err, rc, "the network cards of image \"%s\": %s", image, strerror(-rc));
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, "UPDATE image SET inbox_nics = ? WHERE name = ?");
	sql_put_bytes(&query, bytes.bytes, bytes.size);
	sql_put_text(&query, image);
	rc = sql_execute(&query, err);
	if (rc == 0 && sql_n_changed(store->sql) == 0)
		return error_set(err, -ENOENT, "image \"%s\" has been removed meanwhile", image);
	return rc;
}
