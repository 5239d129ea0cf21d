/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Driver packages: packed outside the transaction, and written as a record, its ids and its files.
 */
#include "store/driver_records.h"
#include "store/drivers.h"
#include "store/internal.h"

#include <errno.h>

static int is_known(struct store *store, const char *id, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query =
		sql_query(store->sql, "SELECT 1 FROM driver_package WHERE id = ? AND " OF_DATABASE);
	sql_put_text(&query, id);
	return sql_step(&query, err);
}

int store_driver_has(struct store *store, const char *id, bool *ret_has, struct error *err)
{
	int rc = is_known(store, id, err);
	if (rc < 0)
		return rc;
	*ret_has = rc > 0;
	return 0;
}

static size_t version_bytes(const struct driver_package *package, uint8_t bytes[static 8])
{
	struct writer writer = writer_over(bytes, 8);
	writer_be64(&writer, package->version);
	return package->has_version ? 8 : 0;
}

static int add_record(struct store *store, const struct driver_package *package, int64_t number,
	const struct packed_package *packed, struct error *err)
{
	uint8_t version[8];
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO driver_package (number, id, inf, class, class_guid, provider, date, "
		"version,"
		" archs, signature, signer, signed_ms, source, added_ms, size, n_ids,"
		" is_incomplete, content, models, base)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	sql_put_i64(&query, number);
	sql_put_text(&query, package->id);
	sql_put_text(&query, package->inf);
	sql_put_text(&query, package->class);
	sql_put_bytes(&query, package->class_guid.bytes, sizeof(package->class_guid.bytes));
	sql_put_text(&query, package->provider);
	sql_put_u64(&query, package->date);
	sql_put_bytes(&query, version, version_bytes(package, version));
	sql_put_text(&query, package->archs);
	sql_put_text(&query, driver_record_signature(package->signature));
	sql_put_text(&query, package->signer);
	sql_put_i64(&query, package->signed_ms);
	sql_put_text(&query, package->source);
	sql_put_i64(&query, package->added_ms != 0 ? package->added_ms : store_now_ms());
	sql_put_u64(&query, package->size);
	sql_put_u64(&query, packed->n_ids);
	sql_put_i64(&query, package->n_missing > 0);
	sql_put_bytes(&query, packed->content.bytes, packed->content.size);
	sql_put_bytes(&query, packed->models.bytes, packed->models.size);
	sql_put_text(&query, package->base);
	return sql_execute(&query, err);
}

static int add_id(struct store *store, int64_t row, const struct packed_package *packed, size_t i,
	struct error *err)
{
	const struct packed_lines *lines = &packed->ids[i];
	CLEANUP(sql_done)
	struct sql_query query = sql_query(
		store->sql, "INSERT INTO driver_id (id, package, lines) VALUES (?, ?, ?)");
	sql_put_text(&query, lines->id);
	sql_put_i64(&query, row);
	sql_put_bytes(&query, packed->lines.bytes + lines->begin, lines->end - lines->begin);
	return sql_execute(&query, err);
}

static int add_file(
	struct store *store, int64_t row, const struct driver_file *file, struct error *err)
{
	int rc = blob_claim(store, &file->blob, err);
	if (rc < 0)
		return rc;
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO driver_file (package, path, kind, blob, arch, subsystem_major,"
		" subsystem_minor, is_listed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
	sql_put_i64(&query, row);
	sql_put_text(&query, file->path);
	sql_put_text(&query, driver_record_file_kind(file->kind));
	sql_put_text(&query, file->blob.sha256);
	sql_put_text(&query, file->arch);
	sql_put_i64(&query, file->subsystem_major);
	sql_put_i64(&query, file->subsystem_minor);
	sql_put_i64(&query, file->is_listed);
	rc = sql_execute(&query, err);
	/* Not to be taken for the -EEXIST of a package that is there already. */
	if (rc == -EEXIST)
		return error_set(err, -EINVAL, "a package names the file %s twice", file->path);
	return rc;
}

static int add_packed(struct store *store, const struct driver_package *package, int64_t number,
	const struct packed_package *packed, struct error *err)
{
	int rc = add_record(store, package, number, packed, err);
	/* Sorted, so that neighbours go into the same page while it is at hand. */
	for (size_t i = 0; rc == 0 && i < packed->n_ids; i++)
		rc = add_id(store, number, packed, i, err);
	for (size_t i = 0; rc == 0 && i < package->n_files; i++)
		rc = add_file(store, number, &package->files[i], err);
	return rc;
}

static int pack(
	const struct driver_package *package, struct packed_package *packed, struct error *err)
{
	int rc = driver_pack(package, packed);
	if (rc == -EFBIG)
		return error_set(err, rc,
			"%s: its sections and models take more than %u MB of the store",
			package->inf, LIMIT_DRIVER_RECORD_BYTES >> 20);
	return rc < 0 ? error_set(err, rc, "out of memory") : 0;
}

int driver_insert(struct store *store, const struct driver_package *package, int64_t number,
	struct error *err)
{
	CLEANUP(packed_package_clear) struct packed_package packed = {.n_ids = 0};
	int rc = pack(package, &packed, err);
	return rc == 0 ? add_packed(store, package, number, &packed, err) : rc;
}

/* SQLite's own choice would be above the highest there is, which may be below zero. */
static int next_number(struct store *store, int64_t *ret_number, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(
		store->sql, "SELECT max(0, coalesce(max(number), 0)) + 1 FROM driver_package");
	int rc = sql_step(&query, err);
	if (rc < 0)
		return rc;
	*ret_number = sql_get_i64(&query);
	return 0;
}

int store_driver_add(struct store *store, const struct driver_package *package, struct error *err)
{
	CLEANUP(packed_package_clear) struct packed_package packed = {.n_ids = 0};
	struct sql_scope scope;
	int64_t number;
	/* The long part, before others are kept from writing. */
	int rc = pack(package, &packed, err);
	if (rc == 0)
		rc = sql_enter(store->sql, SQL_DURABLE, &scope, err);
	if (rc < 0)
		return rc;
	rc = is_known(store, package->id, err);
	if (rc > 0)
		rc = -EEXIST;
	if (rc == 0)
		rc = next_number(store, &number, err);
	if (rc == 0)
		rc = add_packed(store, package, number, &packed, err);
	return sql_leave(store->sql, &scope, rc, err);
}
