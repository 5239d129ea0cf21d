/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot images and their boot files. */
#include "store/store.h"

#include "store/internal.h"

#include <errno.h>
#include <string.h>

void image_record_clear(struct image_record *record)
{
	free(record->files);
	*record = (struct image_record){.files = NULL};
}

struct image_record *image_records_free(struct image_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		image_record_clear(&records[i]);
	free(records);
	return NULL;
}

int image_unknown(const char *image, struct error *err)
{
	return error_set(err, -ENOENT,
		"there is no image \"%s\"; `pewter image list` shows those there are", image);
}

/* ---- writing ---- */

static int add_file(
	struct store *store, const char *image, const struct image_file *file, struct error *err)
{
	int rc = blob_claim(store, &file->blob, err);
	if (rc < 0)
		return rc;
	CLEANUP(sql_done)
	struct sql_query query = sql_query(
		store->sql, "INSERT INTO image_file (image, name, blob) VALUES (?, ?, ?)");
	sql_put_text(&query, image);
	sql_put_text(&query, file->name);
	sql_put_text(&query, file->blob.sha256);
	return sql_execute(&query, err);
}

/* "": none. */
static const char *outline_of(const struct image_record *record)
{
	return record->outline.size > 0 ? record->outline.sha256 : NULL;
}

static int add_record(struct store *store, const struct image_record *record, struct error *err)
{
	int64_t created_ms = record->created_ms != 0 ? record->created_ms : store_now_ms();
	int rc = blob_claim(store, &record->base, err);
	if (rc == 0 && record->outline.size > 0)
		rc = blob_claim(store, &record->outline, err);
	if (rc < 0)
		return rc;
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"INSERT INTO image (name, arch, version, winpe, description, source, boot_index,"
		" base, outline, revision, last_revision, created_ms, format, ramdisk_offset,"
		" ramdisk_length) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1, ?, ?, ?, ?)");
	sql_put_text(&query, record->name);
	sql_put_text(&query, record->arch);
	sql_put_text(&query, record->version);
	sql_put_text(&query, record->winpe);
	sql_put_text(&query, record->description);
	sql_put_text(&query, record->source);
	sql_put_i64(&query, record->boot_index);
	sql_put_text(&query, record->base.sha256);
	sql_put_text(&query, outline_of(record));
	sql_put_i64(&query, created_ms);
	sql_put_text(&query, record->is_sdi ? "sdi" : "wim");
	sql_put_u64(&query, record->ramdisk_offset);
	sql_put_u64(&query, record->ramdisk_length);
	rc = sql_execute(&query, err);
	if (rc == -EEXIST)
		return error_set(err, rc,
			"there is an image \"%s\" already; choose another name, or --replace it",
			record->name);
	return rc == 0 ? revision_add_first(store, record, created_ms, err) : rc;
}

/* What a second import of the same base found: the record is told anew, and revisions, plans and
 * media made of it stay what they are. 1 if there was such an image, 0 if not. */
static int renew_record(struct store *store, const struct image_record *record, struct error *err)
{
	if (record->outline.size > 0) {
		int rc = blob_claim(store, &record->outline, err);
		if (rc < 0)
			return rc;
	}
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"UPDATE image SET arch = ?, version = ?, winpe = ?, description = ?, source = ?,"
		" outline = ?"
		" WHERE name = ? AND base = ? AND boot_index = ? AND format = ?"
		" AND ramdisk_offset = ? AND ramdisk_length = ?");
	sql_put_text(&query, record->arch);
	sql_put_text(&query, record->version);
	sql_put_text(&query, record->winpe);
	sql_put_text(&query, record->description);
	sql_put_text(&query, record->source);
	sql_put_text(&query, outline_of(record));
	sql_put_text(&query, record->name);
	sql_put_text(&query, record->base.sha256);
	sql_put_i64(&query, record->boot_index);
	sql_put_text(&query, record->is_sdi ? "sdi" : "wim");
	sql_put_u64(&query, record->ramdisk_offset);
	sql_put_u64(&query, record->ramdisk_length);
	int rc = sql_execute(&query, err);
	if (rc < 0 || sql_n_changed(store->sql) == 0)
		return rc;
	CLEANUP(sql_done)
	struct sql_query files = sql_query(store->sql, "DELETE FROM image_file WHERE image = ?");
	sql_put_text(&files, record->name);
	rc = sql_execute(&files, err);
	return rc < 0 ? rc : 1;
}

static int delete_image(struct store *store, const char *name, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, "DELETE FROM image WHERE name = ?");
	sql_put_text(&query, name);
	return sql_execute(&query, err);
}

int store_image_add(
	struct store *store, const struct image_record *record, bool replace, struct error *err)
{
	struct sql_scope scope;
	int rc = sql_enter(store->sql, SQL_DURABLE, &scope, err);
	if (rc < 0)
		return rc;
	int is_renewed = replace ? renew_record(store, record, err) : 0;
	if (is_renewed < 0)
		rc = is_renewed;
	if (rc == 0 && replace && !is_renewed)
		rc = delete_image(store, record->name, err);
	if (rc == 0 && !is_renewed)
		rc = add_record(store, record, err);
	for (size_t i = 0; rc == 0 && i < record->n_files; i++)
		rc = add_file(store, record->name, &record->files[i], err);
	if (rc == 0 && replace)
		rc = inbox_remove_unused(store, err);
	return sql_leave(store->sql, &scope, rc, err);
}

int store_image_remove(struct store *store, const char *name, struct error *err)
{
	struct sql_scope scope;
	int rc = sql_enter(store->sql, SQL_DURABLE, &scope, err);
	if (rc < 0)
		return rc;
	rc = delete_image(store, name, err);
	if (rc == 0 && sql_n_changed(store->sql) == 0)
		rc = image_unknown(name, err);
	if (rc == 0)
		rc = inbox_remove_unused(store, err);
	return sql_leave(store->sql, &scope, rc, err);
}

/* ---- reading ---- */

static void read_record(struct sql_query *query, struct image_record *record)
{
	char format[8];
	sql_get_text(query, record->name, sizeof(record->name));
	sql_get_text(query, record->arch, sizeof(record->arch));
	sql_get_text(query, record->version, sizeof(record->version));
	sql_get_text(query, record->winpe, sizeof(record->winpe));
	sql_get_text(query, record->description, sizeof(record->description));
	sql_get_text(query, record->source, sizeof(record->source));
	record->boot_index = (uint32_t)sql_get_u64(query);
	sql_get_text(query, record->base.sha256, sizeof(record->base.sha256));
	record->base.size = sql_get_u64(query);
	record->revision = (uint32_t)sql_get_u64(query);
	record->last_revision = (uint32_t)sql_get_u64(query);
	record->created_ms = sql_get_i64(query);
	sql_get_text(query, format, sizeof(format));
	record->is_sdi = strcmp(format, "sdi") == 0;
	record->ramdisk_offset = sql_get_u64(query);
	record->ramdisk_length = sql_get_u64(query);
	sql_get_text(query, record->outline.sha256, sizeof(record->outline.sha256));
	record->outline.size = sql_get_u64(query);
}

static int read_files(struct store *store, struct image_record *record, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql,
		"SELECT image_file.name, blob.sha256, blob.size FROM image_file"
		" JOIN blob ON blob.sha256 = image_file.blob WHERE image = ?"
		" ORDER BY image_file.name");
	sql_put_text(&query, record->name);
	int rc;
	while ((rc = sql_step(&query, err)) > 0) {
		struct image_file *files = sql_grow(record->files, record->n_files, sizeof(*files));
		if (files == NULL)
			return error_set(err, -ENOMEM, "out of memory");
		record->files = files;
		struct image_file *file = &files[record->n_files++];
		sql_get_text(&query, file->name, sizeof(file->name));
		sql_get_text(&query, file->blob.sha256, sizeof(file->blob.sha256));
		file->blob.size = sql_get_u64(&query);
	}
	return rc;
}

#define SELECT_IMAGE                                                                               \
	"SELECT image.name, arch, version, winpe, description, source, boot_index, base,"          \
	" blob.size, revision, last_revision, created_ms, format, ramdisk_offset,"                 \
	" ramdisk_length, outline, drawn.size FROM image JOIN blob ON blob.sha256 = base"          \
	" LEFT JOIN blob AS drawn ON drawn.sha256 = outline "

static int get_record(
	struct store *store, const char *name, struct image_record *record, struct error *err)
{
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, SELECT_IMAGE "WHERE image.name = ?");
	sql_put_text(&query, name);
	int rc = sql_step(&query, err);
	if (rc == 0)
		return image_unknown(name, err);
	if (rc < 0)
		return rc;
	read_record(&query, record);
	return read_files(store, record, err);
}

int store_image_get(
	struct store *store, const char *name, struct image_record *ret_record, struct error *err)
{
	struct image_record record = {.files = NULL};
	int rc = get_record(store, name, &record, err);
	if (rc < 0)
		image_record_clear(&record);
	else
		*ret_record = record;
	return rc;
}

int store_image_list(
	struct store *store, struct image_record **ret_records, size_t *ret_n, struct error *err)
{
	/* The outer query stays open while each record's files are read, so all is of one
	 * moment. */
	CLEANUP(sql_done)
	struct sql_query query = sql_query(store->sql, SELECT_IMAGE "ORDER BY image.name");
	struct image_record *records = NULL;
	size_t n = 0;
	int rc;
	while ((rc = sql_step(&query, err)) > 0) {
		struct image_record *grown = sql_grow(records, n, sizeof(*records));
		if (grown == NULL) {
			rc = error_set(err, -ENOMEM, "out of memory");
			break;
		}
		records = grown;
		records[n] = (struct image_record){.files = NULL};
		read_record(&query, &records[n]);
		rc = read_files(store, &records[n++], err);
		if (rc < 0)
			break;
	}
	if (rc < 0) {
		image_records_free(records, n);
		return rc;
	}
	*ret_records = records;
	*ret_n = n;
	return 0;
}
