/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts: what packages and sets of files become inside a WIM. */
#include "store/revisions.h"

#include "adapter/crypto.h"
#include "base/text.h"
#include "store/internal.h"
#include "store/revision_pack.h"

#include <errno.h>
#include <string.h>

#define SELECT_PART                                                                                \
	"SELECT part.id, part.compression, blob.sha256, blob.size, listing FROM part"              \
	" LEFT JOIN blob ON blob.sha256 = part.blob "

void part_record_clear(struct part_record *part)
{
	for (size_t i = 0; i < part->n_files; i++)
		free(part->files[i].path);
	free(part->files);
	*part = (struct part_record){.files = NULL};
}

/* ---- writing ---- */

static int pack(const struct part_record *part, struct buffer *out, struct error *err)
{
	int rc = part_pack_listing(part, out);
	if (rc == -EFBIG)
		return error_set(err, rc,
			"the list of %zu files takes more than %u MB of the store", part->n_files,
			LIMIT_DRIVER_RECORD_BYTES >> 20);
	return rc < 0 ? error_set(err, rc, "out of memory") : 0;
}

int part_id(struct part_record *part)
{
	CLEANUP(buffer_free) struct buffer bytes = buffer_with_max(LIMIT_DRIVER_RECORD_BYTES);
	uint8_t digest[SHA256_BYTES];
	int rc = buffer_printf(
		&bytes, "%s %s ", part->compression, part->blob.size > 0 ? part->blob.sha256 : "-");
	if (rc == 0)
		rc = part_pack_listing(part, &bytes);
	if (rc == 0)
		rc = sha256_of(bytes.bytes, bytes.size, digest);
	if (rc == 0)
		text_hex(digest, sizeof(digest), part->id);
	return rc;
}

/* With is_awaited for a day: no revision names it yet. */
static int keep_blob(
	struct store *store, const struct blob *blob, bool is_awaited, struct error *err)
{
	if (blob->size == 0)
		return 0;
	int rc = blob_claim(store, blob, err);
	return rc == 0 && is_awaited ? blob_record(store, blob, err) : rc;
}

static int insert_part(struct store *store, const struct part_record *part,
	const struct buffer *listing, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO part (id, compression, blob, listing) VALUES (?, ?, ?, ?)"
		" ON CONFLICT (id) DO NOTHING");
	sql_put_text(&query, part->id);
	sql_put_text(&query, part->compression);
	sql_put_text(&query, part->blob.size > 0 ? part->blob.sha256 : NULL);
	sql_put_bytes(&query, listing->bytes, listing->size);
	return sql_execute(&query, err);
}

static int insert_package_part(
	struct store *store, const char *package, const struct part_record *part, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO package_part (package, compression, part) VALUES (?, ?, ?)"
		" ON CONFLICT (package, compression) DO UPDATE SET part = excluded.part");
	sql_put_text(&query, package);
	sql_put_text(&query, part->compression);
	sql_put_text(&query, part->id);
	return sql_execute(&query, err);
}

static int put(struct store *store, const char *package, const struct part_record *part,
	bool is_awaited, struct error *err)
{
	CLEANUP(buffer_free) struct buffer listing = buffer_with_max(LIMIT_DRIVER_RECORD_BYTES);
	struct sql_scope scope;
	int rc = pack(part, &listing, err);
	if (rc == 0)
		rc = sql_enter(store->sql, SQL_ATOMIC, &scope, err);
	if (rc < 0)
		return rc;
	rc = keep_blob(store, &part->blob, is_awaited, err);
	if (rc == 0)
		rc = insert_part(store, part, &listing, err);
	if (rc == 0)
		rc = insert_package_part(store, package, part, err);
	return sql_leave(store->sql, &scope, rc, err);
}

int store_part_put(
	struct store *store, const char *package, const struct part_record *part, struct error *err)
{
	return put(store, package, part, true, err);
}

int store_part_put_ahead(
	struct store *store, const char *package, const struct part_record *part, struct error *err)
{
	return put(store, package, part, false, err);
}

/* ---- reading ---- */

/* The columns of SELECT_PART; 1 as sql_step() gives it. */
static int read_part(
	struct store *store, struct sql_query *query, struct part_record *part, struct error *err)
{
	size_t n;
	int rc = sql_step(query, err);
	if (rc <= 0)
		return rc;
	sql_get_text(query, part->id, sizeof(part->id));
	sql_get_text(query, part->compression, sizeof(part->compression));
	sql_get_text(query, part->blob.sha256, sizeof(part->blob.sha256));
	part->blob.size = sql_get_u64(query);
	const void *listing = sql_get_bytes_in_place(query, &n);
	rc = part_unpack_listing(listing, n, part);
	if (rc == -ENOMEM)
		return error_set(err, rc, "out of memory");
	if (rc < 0)
		return error_set(err, rc,
			"%s: the record of part %.12s is damaged; `pewter check` says which "
			"images it is in",
			store->database, part->id);
	return 1;
}

int store_part_get(struct store *store, const char *package, const char *compression,
	struct part_record *ret_part, struct error *err)
{
	struct part_record part = {.files = NULL};
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		SELECT_PART "JOIN package_part ON package_part.part = part.id"
			    " WHERE package_part.package = ? AND package_part.compression = ?");
	sql_put_text(&query, package);
	sql_put_text(&query, compression);
	int rc = read_part(store, &query, &part, err);
	if (rc <= 0) {
		part_record_clear(&part);
		return rc < 0 ? rc
			      : error_set(err, -ENOENT, "no part has been made of %.12s yet",
					package);
	}
	*ret_part = part;
	return 0;
}

int store_part_by_id(
	struct store *store, const char *id, struct part_record *ret_part, struct error *err)
{
	struct part_record part = {.files = NULL};
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, SELECT_PART "WHERE part.id = ?");
	sql_put_text(&query, id);
	int rc = read_part(store, &query, &part, err);
	if (rc <= 0) {
		part_record_clear(&part);
		return rc < 0 ? rc : error_set(err, -ENOENT, "there is no part %.12s", id);
	}
	*ret_part = part;
	return 0;
}
